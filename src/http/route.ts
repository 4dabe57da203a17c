/**
 * What an operation of the API is: one row of data with its method, path, roles, schemas, and the use case it calls.
 * The server, the OpenAPI document and the tests read the same rows, so they cannot tell different stories.
 *
 * A handler is called only with input that passed its schemas and a person who has one of its roles.
 */
import type { Static, TObject, TProperties, TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Person } from "#parley/node/house.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import { closed, ROLES, type Role } from "#parley/protocols/envelope.ts";
import type { EventLog } from "./events.ts";
import type { Visit } from "./visit.ts";

/** `open`: without a token. `active`: any active person. */
export type Access = "open" | "active" | readonly Role[];

/** SPEC 11.1.4: everybody who may act; an auditor, a monitor and a witness only read. */
export const ACTING: readonly Role[] = ROLES.filter(
  (role) => role !== "auditor" && role !== "monitor" && role !== "witness",
);

export type Method = "GET" | "POST" | "DELETE";

/** A value as a handler may give it: readonly through and through. */
export type Shown<T> = T extends readonly (infer E)[]
  ? readonly Shown<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Shown<T[K]> }
    : T;

export interface Surroundings {
  readonly node: ParleyNode;
  /** The browser or program that asks. */
  readonly visit: Visit;
  readonly events: EventLog;
  /** The OpenAPI document of the rows that are served. */
  readonly openapi: Readonly<Record<string, unknown>>;
}

export interface Call<P, Q, B> extends Surroundings {
  /** Of an operation with access `open` there may be none. */
  readonly person: Person;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

/** A request whose parts are not checked yet. */
export interface RawCall extends Surroundings {
  readonly person: Person | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly lastEventId: string | undefined;
}

export type Reply =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "empty" }
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly name: string }
  | { readonly kind: "stream"; readonly stream: ReadableStream<Uint8Array> }
  /** A file of any size, to be saved and never shown. */
  | {
      readonly kind: "download";
      readonly stream: ReadableStream<Uint8Array>;
      readonly name: string;
      readonly sizeBytes: number;
    };

export interface Route {
  readonly method: Method;
  /** Below the prefix, with `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: TObject;
  readonly query: TObject;
  /** `upload`: a stream of any length, which the handler bounds. */
  readonly takes: "nothing" | "json" | "file" | "upload";
  readonly body?: TSchema;
  readonly status: 200 | 201 | 204;
  readonly gives: "json" | "empty" | "file" | "stream";
  readonly answer?: TSchema;
  readonly run: (call: RawCall) => Promise<Reply | Refusal>;
}

interface Row<P extends TProperties, Q extends TProperties> {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
}

type Given<T> = T | Refusal | Promise<T | Refusal>;

/** An operation that answers JSON, and takes JSON if it has a body. */
export function jsonRoute<
  A extends TSchema,
  B extends TSchema,
  P extends TProperties = Record<never, never>,
  Q extends TProperties = Record<never, never>,
>(
  row: Row<P, Q> & {
    readonly body?: B;
    readonly status?: 200 | 201;
    readonly answer: A;
    readonly handle: (
      call: Call<Static<TObject<P>>, Static<TObject<Q>>, Static<B>>,
    ) => Given<Shown<Static<A>>>;
  },
): Route {
  const { handle, body, answer, status = 200 } = row;
  const check = checker<P, Q>(row);
  const bodies = body && lazily(() => Compile(body));
  return {
    ...outlineOf(row, check),
    takes: body === undefined ? "nothing" : "json",
    ...(body !== undefined && { body }),
    status,
    gives: "json",
    answer,
    run: async (raw) => {
      const checked = check.read(raw);
      if (isRefusal(checked)) return checked;
      const value = bodies === undefined ? raw.body : readValue(bodies(), raw.body, "/body");
      if (isRefusal(value)) return value;
      const given = await handle({ ...checked, body: value as Static<B> });
      return isRefusal(given) ? given : { kind: "json", value: given };
    },
  };
}

/** An operation that has nothing to say but that it was done. */
export function emptyRoute<P extends TProperties>(
  row: Row<P, Record<never, never>> & {
    readonly handle: (call: Call<Static<TObject<P>>, unknown, unknown>) => Promise<unknown>;
  },
): Route {
  const check = checker<P, Record<never, never>>(row);
  return {
    ...outlineOf(row, check),
    takes: "nothing",
    status: 204,
    gives: "empty",
    run: async (raw) => {
      const checked = check.read(raw);
      if (isRefusal(checked)) return checked;
      const done = await row.handle({ ...checked, body: undefined });
      return isRefusal(done) ? done : { kind: "empty" };
    },
  };
}

/** An operation that answers with a file to be saved, and takes one if `takes` says so. */
export function fileRoute<P extends TProperties>(
  row: Row<P, Record<never, never>> & {
    readonly takes: "nothing" | "file";
    readonly handle: (
      call: Call<Static<TObject<P>>, unknown, Uint8Array>,
    ) => Given<{ readonly bytes: Uint8Array; readonly name: string }>;
  },
): Route {
  const check = checker<P, Record<never, never>>(row);
  return {
    ...outlineOf(row, check),
    takes: row.takes,
    status: 200,
    gives: "file",
    run: async (raw) => {
      const checked = check.read(raw);
      if (isRefusal(checked)) return checked;
      const body = raw.body instanceof Uint8Array ? raw.body : new Uint8Array(0);
      const given = await row.handle({ ...checked, body });
      return isRefusal(given) ? given : { kind: "file", ...given };
    },
  };
}

/** The stream of events: the only answer that has no end. */
export function streamRoute(
  row: Row<Record<never, never>, Record<never, never>> & {
    readonly handle: (call: RawCall & { readonly person: Person }) => ReadableStream<Uint8Array> | Refusal;
  },
): Route {
  const check = checker<Record<never, never>, Record<never, never>>(row);
  return {
    ...outlineOf(row, check),
    takes: "nothing",
    status: 200,
    gives: "stream",
    run: async (raw) => {
      const checked = check.read(raw);
      if (isRefusal(checked)) return checked;
      const stream = row.handle({ ...raw, person: checked.person });
      return isRefusal(stream) ? stream : { kind: "stream", stream };
    },
  };
}

interface Checker<P extends TProperties, Q extends TProperties> {
  readonly params: TObject;
  readonly query: TObject;
  readonly read: (
    raw: RawCall,
  ) => (Surroundings & { person: Person; params: Static<TObject<P>>; query: Static<TObject<Q>> }) | Refusal;
}

function outlineOf<P extends TProperties, Q extends TProperties>(
  { method, path, summary, access }: Row<P, Q>,
  { params, query }: Checker<P, Q>,
) {
  return { method, path, summary, access, params, query };
}

/** Nobody: what an operation without a token is called as. */
const NOBODY: Person = { officer: 0, roles: [], tokenHash: "", active: false };

function checker<P extends TProperties, Q extends TProperties>(row: Row<P, Q>): Checker<P, Q> {
  const params = closed(row.params ?? {});
  const query = closed(row.query ?? {});
  const paramsOf = lazily(() => Compile(params));
  const queryOf = lazily(() => Compile(query));
  return {
    params,
    query,
    read: ({ node, events, openapi, visit, person = NOBODY, ...raw }) => {
      const readParams = readValue(paramsOf(), textsToValues(params, Object.entries(raw.params)), "/path");
      if (isRefusal(readParams)) return readParams;
      const readQuery = readValue(queryOf(), textsToValues(query, [...raw.query]), "/query");
      if (isRefusal(readQuery)) return readQuery;
      return {
        node,
        events,
        openapi,
        visit,
        person,
        params: readParams as Static<TObject<P>>,
        query: readQuery as Static<TObject<Q>>,
      };
    },
  };
}

/** The value if it fits, or where it first does not (SPEC 11.2.4). */
function readValue(schema: Validator, value: unknown, at: string): unknown {
  if (schema.Check(value)) return value;
  const [first] = schema.Errors(value);
  const place = `${at}${first?.schemaPath.replace(/^#/, "") ?? ""}`;
  return refuse("api-schema", { at: place.slice(0, 256) });
}

const INTEGER = /^(0|[1-9][0-9]{0,15})$/;

/** Texts of an address as the schema has them; what does not convert stays text and fails. Twice is a fault. */
function textsToValues(
  schema: TObject,
  texts: readonly (readonly [string, string])[],
): Readonly<Record<string, unknown>> {
  const values = new Map<string, unknown>();
  for (const [name, text] of texts) {
    const property: object | undefined = schema.properties[name];
    const type = property !== undefined && "type" in property ? property.type : undefined;
    if (values.has(name)) values.set(name, [values.get(name), text]);
    else if (type === "integer" && INTEGER.test(text)) values.set(name, Number(text));
    else if (type === "boolean" && (text === "true" || text === "false")) values.set(name, text === "true");
    else values.set(name, text);
  }
  return Object.fromEntries(values);
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** SPEC 11.1.4. */
export function isAllowed({ access }: Route, person: Person | undefined): boolean {
  if (access === "open") return true;
  if (person === undefined) return false;
  return access === "active" || person.roles.some((role) => access.includes(role));
}
