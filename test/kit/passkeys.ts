/** People of the small world with a software authenticator each: invited, seconded, registered. */
import assert from "node:assert/strict";
import type { JsonObject } from "#parley/codec/json.ts";
import { approvalChallenge, type AssertionJson } from "#parley/party/assertion.ts";
import type { DraftView } from "#parley/node/desk.ts";
import type { Person } from "#parley/node/house.ts";
import { checkToCover } from "#parley/node/house-gate.ts";
import { invite, second } from "#parley/node/invitations.ts";
import type { Door } from "#parley/node/sign-in.ts";
import type { OpenedSession } from "#parley/people/session.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { Authenticator, SITE, type AuthenticatorOptions, type Bent } from "./authenticator.ts";
import { accepted, liveChannel, who, type Resident, type World } from "./world.ts";

export const DOOR: Door = { ...SITE, agent: "test" };

/** A link for a person of the crew, agreed to by a second. */
export async function linkFor(resident: Resident, name: string): Promise<string> {
  const { core } = resident.node;
  const { link, secret } = accepted(
    await invite(core, who(resident, "principal"), { officer: who(resident, name).officer }),
  );
  if (link.waits) assert.equal(await second(core, who(resident, "authority"), link.id), true);
  return secret;
}

export interface Enrolled {
  readonly device: Authenticator;
  readonly session: OpenedSession;
}

export async function enrol(
  resident: Resident,
  name: string,
  options: Partial<AuthenticatorOptions> = {},
): Promise<Enrolled> {
  const device = new Authenticator({ name: `${resident.name}/${name}`, ...options });
  const secret = await linkFor(resident, name);
  const begun = accepted(await resident.node.signIn.beginRegistration(DOOR, secret));
  const session = accepted(
    await resident.node.signIn.register(DOOR, {
      challenge: begun.challenge,
      answer: attestationOf(device, begun),
      label: "security-key",
    }),
  );
  return { device, session };
}

export function attestationOf(device: Authenticator, begun: { readonly challenge: string }, bent: Bent = {}) {
  const { id, response } = device.create(begun, bent);
  return {
    credential: id,
    attestation_object: response.attestationObject,
    client_data: response.clientDataJSON,
  };
}

/** What the device signs for a draft with its findings. */
export function assertionFor(
  world: World,
  device: Authenticator,
  { draft: { digest, channel }, gate }: DraftView,
  { role = "releaser", bent = {} }: { readonly role?: Role; readonly bent?: Bent } = {},
): AssertionJson {
  const check = checkToCover(gate);
  const approved = { digest, channel, role, ...(check !== undefined && { check }) };
  return device.assert(approvalChallenge(world.backend, approved), bent);
}

/** An open draft that two releasers release: a request for action. */
export async function openDraft(resident: Resident, channel: string, input: JsonObject): Promise<DraftView> {
  const analyst = who(resident, "analyst");
  const { type, body, ...envelope } = input;
  return accepted(
    await resident.node.draft(liveChannel(resident, channel), analyst, {
      type: String(type),
      body: body as JsonObject,
      role: "analyst",
      envelope,
    }),
  );
}

export function approvalOf(view: DraftView, assertion?: AssertionJson, role: Role = "releaser") {
  const { id, digest } = view.draft;
  return { draft: id, role, digest, ...(assertion && { assertion }) };
}

export function personOf(resident: Resident, name: string): Person {
  const { officer } = who(resident, name);
  const person = resident.node.core.house.state.people.get(officer);
  assert.ok(person !== undefined);
  return person;
}
