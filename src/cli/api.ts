/**
 * The node's HTTP API as the command line uses it: one function for each use, every path in one place.
 *
 * An answer of 400 or more becomes an `ApiRefusal` with the code, layer and clause that the node gave. What the node
 * sends is parsed and never believed to be of a shape: readers take members one by one.
 */
import { utf8, utf8ToText } from "#parley/codec/bytes.ts";
import type { RefusalFacts } from "#parley/codec/refusal.ts";
import type { Call } from "./command.ts";
import type { ShownRefusal } from "./output.ts";
import { WHO, type ApiRequest, type ApiResponse, type Who } from "./ports.ts";
import { doorRefusal, showRefusal } from "./shown.ts";
import { UsageFault, type OptionSpec } from "./arguments.ts";

export class ApiRefusal extends Error {
  readonly refusal: ShownRefusal;

  constructor(refusal: ShownRefusal) {
    super(refusal.code);
    this.name = "ApiRefusal";
    this.refusal = refusal;
  }
}

/** Options of every command that asks the node. */
export const NODE_OPTIONS = {
  data: { kind: "value", value: "DIR" },
  as: { kind: "value", value: "WHO", choices: WHO },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const PREFIX = "/api/v1";

export const API = {
  me: `${PREFIX}/me`,
  party: `${PREFIX}/party`,
  parties: `${PREFIX}/parties`,
  pairings: `${PREFIX}/pairings`,
  offers: `${PREFIX}/offers`,
  offer: (channel: string, act: "accept" | "decline") => `${PREFIX}/offers/${part(channel)}/${act}`,
  channels: `${PREFIX}/channels`,
  channel: (channel: string) => `${PREFIX}/channels/${part(channel)}`,
  cases: (channel: string) => `${PREFIX}/channels/${part(channel)}/cases`,
  case: (channel: string, id: string) => `${PREFIX}/channels/${part(channel)}/cases/${part(id)}`,
  board: (channel: string, board: string) => `${PREFIX}/channels/${part(channel)}/boards/${board}`,
  transcript: (channel: string) => `${PREFIX}/channels/${part(channel)}/transcript`,
  outbox: (channel: string) => `${PREFIX}/channels/${part(channel)}/outbox`,
  inbox: `${PREFIX}/inbox`,
  newDraft: (channel: string) => `${PREFIX}/channels/${part(channel)}/drafts`,
  reveals: (channel: string) => `${PREFIX}/channels/${part(channel)}/reveals`,
  drafts: `${PREFIX}/drafts`,
  draft: (id: string) => `${PREFIX}/drafts/${part(id)}`,
  justifications: (id: string) => `${PREFIX}/drafts/${part(id)}/justifications`,
  hold: (id: string) => `${PREFIX}/drafts/${part(id)}/hold`,
  mitigation: (id: string) => `${PREFIX}/drafts/${part(id)}/mitigation`,
  approvals: (id: string) => `${PREFIX}/drafts/${part(id)}/approvals`,
  disclosures: (party: string, asOf?: number) =>
    `${PREFIX}/disclosures?party=${part(party)}${asOf === undefined ? "" : `&as_of=${asOf}`}`,
  balance: (channel: string, asOf?: number) =>
    `${PREFIX}/channels/${part(channel)}/balance${asOf === undefined ? "" : `?as_of=${asOf}`}`,
  retractions: `${PREFIX}/retractions`,
  canaries: `${PREFIX}/canaries`,
  canaryTrace: `${PREFIX}/canaries/trace`,
  sightings: `${PREFIX}/sightings`,
  leaks: `${PREFIX}/leaks`,
  tasks: `${PREFIX}/tasks`,
  taskEnd: (task: string) => `${PREFIX}/tasks/${part(task)}/end`,
  notes: `${PREFIX}/notes`,
  open: `${PREFIX}/open`,
  handovers: `${PREFIX}/handovers`,
} as const;

function part(text: string): string {
  return encodeURIComponent(text);
}

/** A member of any JSON. */
export type Value = unknown;

export function dataDirectory({ args, ports }: Call): string {
  return args.one("data") ?? ports.env("PARLEY_DATA") ?? "parley-data";
}

/** Who speaks: `--as`, else `PARLEY_AS`, else whom the command proposes. */
export function whoOf({ args, ports }: Call, proposed: Who): Who {
  const named = args.one("as") ?? ports.env("PARLEY_AS");
  if (named === undefined) return proposed;
  const who = WHO.find((one) => one === named);
  if (who === undefined)
    throw new UsageFault("option-choice", { option: "PARLEY_AS", value: named, choices: WHO.join(" ") });
  return who;
}

export async function getJson(call: Call, who: Who, path: string): Promise<Value> {
  return toJson(await send(call, { as: who, method: "GET", path }));
}

export async function getBytes(call: Call, who: Who, path: string): Promise<Uint8Array> {
  return (await send(call, { as: who, method: "GET", path })).body;
}

export async function postJson(call: Call, who: Who, path: string, body: unknown): Promise<Value> {
  const request = { as: who, method: "POST", path, contentType: "application/json" } as const;
  return toJson(await send(call, { ...request, body: utf8(JSON.stringify(body)) }));
}

/** For an operation that takes no body: the contract names none (SPEC 11.2.2). */
export async function postNothing(call: Call, who: Who, path: string): Promise<Value> {
  return toJson(await send(call, { as: who, method: "POST", path }));
}

export async function postBytes(call: Call, who: Who, path: string, body: Uint8Array): Promise<Uint8Array> {
  const contentType = "application/octet-stream";
  return (await send(call, { as: who, method: "POST", path, contentType, body })).body;
}

export async function remove(call: Call, who: Who, path: string): Promise<void> {
  await send(call, { as: who, method: "DELETE", path });
}

async function send(call: Call, request: Omit<ApiRequest, "dataDirectory">): Promise<ApiResponse> {
  const response = await call.ports.fetchApi({ ...request, dataDirectory: dataDirectory(call) });
  const refusal = apiRefusalOf(response);
  if (refusal !== undefined) throw refusal;
  return response;
}

/** Undefined for an answer below 400. */
export function apiRefusalOf(response: ApiResponse): ApiRefusal | undefined {
  return response.status < 400 ? undefined : new ApiRefusal(problemOf(response));
}

function problemOf(response: ApiResponse): ShownRefusal {
  const problem = tryJson(response.body);
  const code = textIn(problem, "code");
  if (code === undefined) return doorRefusal("answer-malformed", { status: response.status });
  const facts = factsOf(member(problem, "facts"));
  const own = showRefusal({ code, facts });
  return {
    code,
    layer: textIn(problem, "layer") ?? own.layer,
    clause: textIn(problem, "clause") ?? own.clause,
    facts,
  };
}

function factsOf(value: Value): RefusalFacts {
  return Object.fromEntries(
    entriesOf(value).flatMap(([key, fact]): readonly (readonly [string, string | number])[] =>
      typeof fact === "string" || typeof fact === "number" ? [[key, fact]] : [],
    ),
  );
}

function toJson({ body, status }: ApiResponse): Value {
  if (body.length === 0) return undefined;
  const value = tryJson(body);
  if (value === undefined) throw new ApiRefusal(doorRefusal("answer-malformed", { status }));
  return value;
}

function tryJson(bytes: Uint8Array): Value {
  try {
    return JSON.parse(utf8ToText(bytes) ?? "") as Value;
  } catch {
    return undefined;
  }
}

export function member(value: Value, name: string): Value {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value as Value;
}

export function textIn(value: Value, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === "string" ? found : typeof found === "number" ? String(found) : undefined;
}

export function listIn(value: Value, name: string): readonly Value[] {
  const found = Array.isArray(value) ? (value as readonly Value[]) : member(value, name);
  return Array.isArray(found) ? (found as readonly Value[]) : [];
}

export function entriesOf(value: Value): readonly (readonly [string, Value])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/**
 * The channel named by its id, by a beginning of it, or by a partner's handle (of several the one in force); the only
 * one where none is named.
 */
export async function resolveChannel(call: Call, who: Who, named: string | undefined): Promise<string> {
  if (named !== undefined && CHANNEL_ID.test(named)) return named;
  const channels = listIn(await getJson(call, who, API.channels), "channels");
  const parties = named === undefined ? [] : listIn(await getJson(call, who, API.parties), "parties");
  const partner = parties.find((one) => textIn(one, "handle")?.toLowerCase() === named?.toLowerCase());
  const matching = channels.filter(
    (channel) => named === undefined || isNamed(channel, named, textIn(partner, "party")),
  );
  const inForce = matching.filter((channel) => member(channel, "in_force") === true);
  const chosen = matching.length > 1 ? inForce : matching;
  const id = textIn(chosen[0], "channel");
  if (chosen.length !== 1 || id === undefined)
    throw new ApiRefusal(doorRefusal("channel-ambiguous", { channels: matching.length }));
  return id;
}

const CHANNEL_ID = /^[A-Za-z0-9_-]{43}$/;
/** Shorter beginnings are too easily a word. */
const BEGINNING_LENGTH = 4;

function isNamed(channel: Value, named: string, partner: string | undefined): boolean {
  const id = textIn(channel, "channel") ?? "";
  if (named.length >= BEGINNING_LENGTH && id.startsWith(named)) return true;
  return partner !== undefined && listIn(channel, "parties").includes(partner);
}
