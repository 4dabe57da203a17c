/** A person with a token before the API of a resident of the world, without a socket. */
import assert from "node:assert/strict";
import type { JsonObject } from "#parley/codec/json.ts";
import { createApp, type Api } from "#parley/http/app.ts";
import type { EventLimits } from "#parley/http/events.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { agree, makeWorld, type Resident, type World } from "../kit/world.ts";

export const BASE = "http://localhost/api/v1";

export interface Desk {
  readonly resident: Resident;
  readonly api: Api;
  /** Tokens by the name of who holds one. */
  readonly tokens: ReadonlyMap<string, string>;
}

const CREW: Readonly<Record<string, readonly Role[]>> = {
  watch: ["watch"],
  analyst: ["analyst"],
  releaser1: ["releaser"],
  releaser2: ["releaser"],
  authority: ["authority"],
  principal: ["principal"],
  auditor: ["auditor"],
  monitor: ["monitor"],
};

export async function makeDesk(resident: Resident, eventLimits?: EventLimits): Promise<Desk> {
  const api = createApp(resident.node, { checkAnswers: true, ...(eventLimits && { eventLimits }) });
  const tokens = new Map<string, string>();
  for (const [name, roles] of Object.entries(CREW))
    tokens.set(name, (await resident.node.addPerson(roles)).token);
  return { resident, api, tokens };
}

export interface Scene {
  readonly world: World;
  readonly meridia: Desk;
  readonly rimal: Desk;
  readonly channel: string;
}

/** Two parties with a channel in force. */
export async function makeScene(): Promise<Scene> {
  const world = await makeWorld(["meridia", "rimal"]);
  const [first, second] = world.residents;
  assert(first !== undefined && second !== undefined);
  const channel = await agree(world, first, second);
  return { world, meridia: await makeDesk(first), rimal: await makeDesk(second), channel };
}

export interface Asking {
  readonly as?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function ask(desk: Desk, path: string, asking: Asking = {}): Promise<Response> {
  const headers = new Headers(asking.headers);
  if (asking.as !== undefined) headers.set("authorization", `Bearer ${tokenOf(desk, asking.as)}`);
  const { body } = asking;
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  const method = asking.method ?? (body === undefined ? "GET" : "POST");
  const sent =
    body instanceof Uint8Array ? new Uint8Array(body) : body === undefined ? null : JSON.stringify(body);
  return desk.api.fetch(new Request(BASE + path, { method, headers, body: sent }));
}

export function tokenOf(desk: Desk, name: string): string {
  const token = desk.tokens.get(name);
  assert(token !== undefined, name);
  return token;
}

/** The JSON of an answer with this status. */
export async function read(response: Response, status = 200): Promise<JsonObject> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text) as JsonObject;
}

export async function refused(response: Response, status: number, code: string): Promise<JsonObject> {
  const body = await read(response, status);
  assert.equal(body["code"], code, JSON.stringify(body));
  return body;
}
