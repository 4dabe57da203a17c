/**
 * Links and the second person (SPEC 17.8.4): how people come in, and how the rule of keys is turned on and off.
 *
 * Guarantees: a link that gives a role that releases, and turning the rule off, take two people who govern. The
 * secret of a link is answered once, to who made it, and kept nowhere.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { NodeCore } from "./core.ts";
import type { Person } from "./house.ts";
import { GOVERNING, type ApprovalsSetting, type Link } from "./house-people.ts";
import { linkHash } from "./sign-in.ts";
import { uuidv7 } from "./uuid.ts";

export const LINK_SECONDS = 900;
const SECRET_BYTES = 32;

export interface MadeLink {
  readonly link: Link;
  readonly secret: string;
}

/** While nobody has a passkey: for the first principal, or for a new one. Undefined once somebody has one. */
export async function makeFirstLink(core: NodeCore): Promise<MadeLink | undefined> {
  if (core.house.people.state.credentials.size > 0) return undefined;
  const people = [...core.house.state.people.values()];
  const principal = people.find(({ active, roles }) => active && roles.includes("principal"));
  const officer = principal?.officer ?? core.nextOfficer();
  return makeLink(core, { officer, roles: principal?.roles ?? ["principal"], by: 0 });
}

/** For a new officer with these roles, or for one who is here already and keeps the own ones. */
export async function invite(
  core: NodeCore,
  person: Person,
  wanted: { readonly roles: readonly Role[] } | { readonly officer: number },
): Promise<MadeLink | Refusal> {
  if (!governs(person)) return refuse("gate-role");
  if ("roles" in wanted)
    return makeLink(core, { officer: core.nextOfficer(), roles: wanted.roles, by: person.officer });
  const known = core.house.state.people.get(wanted.officer);
  if (known?.active !== true) return refuse("gate-role", { officer: wanted.officer });
  return makeLink(core, { officer: known.officer, roles: known.roles, by: person.officer });
}

/** The other person's word on a link or on turning the setting off. */
export async function second(core: NodeCore, person: Person, id: string): Promise<true | Refusal> {
  const { links, waiting } = core.house.people.state;
  const link = links.get(id);
  const first = link?.waits === true ? link.by : waiting.get(id);
  if (first === undefined) return refuse("second-none");
  if (first === person.officer) return refuse("second-own");
  if (!governs(person)) return refuse("gate-role");
  await core.record({ type: "house.seconded", id, by: person.officer });
  return true;
}

/** SPEC 17.6.2. Turning it off answers with the id that a second person agrees to. */
export async function setApprovals(
  core: NodeCore,
  person: Person,
  approvals: ApprovalsSetting,
): Promise<{ readonly approvals: ApprovalsSetting; readonly waits?: string } | Refusal> {
  if (!governs(person)) return refuse("gate-role");
  const id = uuidv7(core.ports.backend, core.ports.clock());
  await core.record({ type: "house.setting", id, approvals, by: person.officer });
  const state = core.house.people.state;
  return { approvals: state.approvals, ...(state.waiting.has(id) && { waits: id }) };
}

async function makeLink(
  core: NodeCore,
  { officer, roles, by }: { readonly officer: number; readonly roles: readonly Role[]; readonly by: number },
): Promise<MadeLink> {
  const { backend, clock } = core.ports;
  const secret = encodeBase64url(backend.randomBytes(SECRET_BYTES));
  const id = uuidv7(backend, clock());
  const hash = linkHash(core, secret);
  const until = clock() + LINK_SECONDS;
  await core.record({ type: "house.link", link: id, hash, officer, roles, by, until });
  const link = core.house.people.state.links.get(id);
  if (link === undefined) throw new Error("an own link was not admitted");
  return { link, secret };
}

function governs(person: Person): boolean {
  return person.roles.some((role) => GOVERNING.includes(role));
}
