/** A command line whose node is a resident of the world, with one token for each office. */
import assert from "node:assert/strict";
import { createApp } from "#parley/http/app.ts";
import { CliFault, WHO, type ApiRequest, type ApiResponse } from "#parley/cli/ports.ts";
import { whoToRole } from "#parley/cli/who.ts";
import type { Resident, World } from "../kit/world.ts";
import { makeDesk, type Run } from "./desk.ts";

export interface Office {
  readonly run: (...argv: readonly string[]) => Promise<Run>;
  readonly files: Map<string, Uint8Array>;
  readonly officers: ReadonlyMap<string, number>;
  /** What the command line asked of the node, newest last. */
  readonly sent: readonly ApiRequest[];
}

export async function makeOffice(world: World, resident: Resident): Promise<Office> {
  const tokens = new Map<string, string>();
  const officers = new Map<string, number>();
  for (const who of WHO) {
    const { token, officer } = await resident.node.addPerson([whoToRole(who)]);
    tokens.set(who, token);
    officers.set(who, officer);
  }
  const api = createApp(resident.node, { checkAnswers: true });
  const sent: ApiRequest[] = [];
  const fetchApi = async (request: ApiRequest): Promise<ApiResponse> => {
    const { as, method, path, body, contentType } = request;
    sent.push(request);
    const token = tokens.get(as);
    if (token === undefined) throw new CliFault("token-missing");
    const headers = new Headers({ authorization: `Bearer ${token}`, host: "127.0.0.1" });
    if (contentType !== undefined) headers.set("content-type", contentType);
    const init = { method, headers, ...(body !== undefined && { body: Uint8Array.from(body) }) };
    const response = await api.fetch(new Request(`http://127.0.0.1${path}`, init));
    const type = response.headers.get("content-type") ?? "";
    return { status: response.status, contentType: type, body: new Uint8Array(await response.arrayBuffer()) };
  };
  const { run, files } = makeDesk({}, { fetchApi, ports: { clock: () => world.now } });
  return { run, files, officers, sent };
}

export function done({ status, out, err }: Run): string {
  assert.equal(status, 0, `${out}${err}`);
  return out;
}

export function json(shown: Run): Record<string, unknown> {
  return JSON.parse(done(shown)) as Record<string, unknown>;
}
