/**
 * The people of both organisations at the HTTP API: a token each, requests in, status and JSON out.
 *
 * The API runs as it is served, without a socket, and compares every answer with its schema.
 */
import assert from "node:assert/strict";
import { createApp, type Api } from "#parley/http/app.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import type { ParleyNode } from "#parley/node/node.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { Resident, Speech } from "../kit/world.ts";

/** Somebody with a token. */
interface Hand {
  readonly officer: number;
  readonly roles: readonly Role[];
  readonly token: string;
}

const CREW: readonly (readonly Role[])[] = [
  ["watch"],
  ["analyst"],
  ["releaser"],
  ["releaser"],
  ["authority"],
  ["principal"],
  ["auditor"],
];

const crews = new Map<string, readonly Hand[]>();
const apis = new WeakMap<ParleyNode, Api>();

/** Before the first request of an organisation; its people outlive restarts of its node. */
export async function hire({ party, node }: Resident): Promise<void> {
  const crew: Hand[] = [];
  for (const roles of CREW) crew.push({ ...(await node.addPerson(roles)), roles });
  crews.set(party, crew);
}

function handsOf({ party }: Resident): readonly Hand[] {
  const crew = crews.get(party);
  assert(crew !== undefined, "nobody was hired");
  return crew;
}

function handWith(resident: Resident, role: Role): Hand {
  const hand = handsOf(resident).find(({ roles }) => roles.includes(role));
  assert(hand !== undefined, role);
  return hand;
}

export interface Refused {
  readonly status: number;
  readonly code: string;
  readonly facts: JsonObject;
}

type Answered<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refused: Refused };

export interface Ask {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: JsonObject | Uint8Array;
}

async function fetchAs(
  resident: Resident,
  { token }: Hand,
  { method = "GET", path, body }: Ask,
): Promise<Response> {
  let api = apis.get(resident.node);
  if (api === undefined) apis.set(resident.node, (api = createApp(resident.node, { checkAnswers: true })));
  const isFile = body instanceof Uint8Array;
  const request = new Request(`http://localhost/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": isFile ? "application/octet-stream" : "application/json" }),
    },
    ...(body !== undefined && { body: isFile ? Uint8Array.from(body) : JSON.stringify(body) }),
  });
  return api.fetch(request);
}

async function answerTo<T>(resident: Resident, hand: Hand, question: Ask): Promise<Answered<T>> {
  const response = await fetchAs(resident, hand, question);
  const value: unknown = await response.json();
  if (response.ok) return { ok: true, value: value as T };
  return { ok: false, refused: { status: response.status, ...(value as Omit<Refused, "status">) } };
}

/** What the API answers to somebody in this role; a refusal fails the test. */
export async function ask<T>(resident: Resident, role: Role, question: Ask): Promise<T> {
  const answer = await answerTo<T>(resident, handWith(resident, role), question);
  assert(answer.ok, answer.ok ? "" : JSON.stringify(answer.refused));
  return answer.value;
}

/** The refusal that the API answers; an answer fails the test. */
export async function refusedAsk(resident: Resident, role: Role, question: Ask): Promise<Refused> {
  const answer = await answerTo(resident, handWith(resident, role), question);
  assert(!answer.ok, "answered where a refusal was expected");
  return answer.refused;
}

export async function askFile(resident: Resident, role: Role, question: Ask): Promise<Uint8Array> {
  const response = await fetchAs(resident, handWith(resident, role), question);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert(response.ok, Buffer.from(bytes).toString());
  return bytes;
}

interface DraftAnswer {
  readonly draft: string;
  readonly case: string;
  readonly message_id: string;
  readonly digest: string;
  readonly said?: { readonly feed: string; readonly seq: number };
}

/** Who said what, as the record names it. */
export interface Told {
  readonly id: string;
  readonly case: string;
}

/** Draft, then approvals by as many distinct people as the type demands, until it is said or refused. */
export async function attempt(
  resident: Resident,
  channel: string,
  { type, role: wanted, ...rest }: Speech,
): Promise<Told | Refused> {
  const rule = MESSAGE_RULES.get(type);
  const role = wanted ?? rule?.roles[0];
  assert(rule !== undefined && role !== undefined, type);
  const drafter = handWith(resident, role);
  const draft = { ...rest, role, type } as unknown as JsonObject;
  const path = `/channels/${channel}/drafts`;
  let answer = await answerTo<DraftAnswer>(resident, drafter, { method: "POST", path, body: draft });
  for (const hand of handsOf(resident)) {
    if (!answer.ok || answer.value.said !== undefined) break;
    const usable = hand.roles.find((one) => rule.release.roles.includes(one));
    if (usable === undefined || (rule.release.persons > 1 && hand === drafter)) continue;
    const { digest, draft: id } = answer.value;
    const approval = {
      body: { digest, role: usable },
      method: "POST",
      path: `/drafts/${id}/approvals`,
    } as const;
    answer = await answerTo<DraftAnswer>(resident, hand, approval);
  }
  if (!answer.ok) return answer.refused;
  assert(answer.value.said !== undefined, `nobody may release ${type}`);
  return { id: answer.value.message_id, case: answer.value.case };
}

export function isTold(outcome: Told | Refused): outcome is Told {
  return "id" in outcome;
}
