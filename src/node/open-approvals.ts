/** The approvals of one own message, opened to others (SPEC 17.4); and those that others opened, checked. */
import { isJsonObject, parseJson } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Approval } from "#parley/gate/release.ts";
import {
  parseApprovals,
  signApprovals,
  type OpenedApproval,
  type VerifiedApprovals,
} from "#parley/party/approvals.ts";
import { listedKeys } from "#parley/party/passkeys.ts";
import { checkApprovals } from "#parley/transcript/approvals.ts";
import { openAtRest } from "./at-rest.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { withCoveringApprovals } from "./gate-checks.ts";
import { checkToCover } from "./house-gate.ts";

/** Undefined when the own feed has no such message, or nobody approved it here. */
export async function openApprovals(
  core: NodeCore,
  channel: LiveChannel,
  seq: number,
): Promise<Uint8Array | undefined> {
  const message = await messageAt(core, channel, core.me, seq);
  const value = message && parseJson(message);
  const id = value === undefined || isRefusal(value) || !isJsonObject(value) ? undefined : value["id"];
  const draft = [...core.house.state.drafts.values()].find((one) => one.message["id"] === id);
  if (draft === undefined) return undefined;
  const check = checkToCover(core.house.gate.of(draft.id));
  const { approvals } = withCoveringApprovals(draft, core.house.gate.of(draft.id));
  if (approvals.length === 0) return undefined;
  const { backend, identity } = core.ports;
  return signApprovals(backend, identity.secret, {
    approvals: approvals.map((approval) => openOne(core, approval)),
    ...(draft.alone !== undefined && { break_glass: draft.alone }),
    channel: draft.channel,
    ...(check !== undefined && { check }),
    digest: draft.digest,
    entry: { feed: core.me, seq },
    party: core.me,
  });
}

/** What another party opened, against the message that this node holds of it. */
export async function checkOpened(
  core: NodeCore,
  channel: LiveChannel,
  file: Uint8Array,
): Promise<VerifiedApprovals | Refusal> {
  const opened = parseApprovals(file);
  if (isRefusal(opened)) return opened;
  const { party, entry } = opened;
  const chain = core.parties.get(party);
  const message = channel.parties.includes(party)
    ? await messageAt(core, channel, party, entry.seq)
    : undefined;
  if (chain === undefined || message === undefined) return refuse("approvals-digest");
  return checkApprovals(core.ports.backend, file, { channel: channel.id, seq: entry.seq, message, chain });
}

function openOne(core: NodeCore, { officer, role, key, assertion }: Approval): OpenedApproval {
  const credential = assertion && core.house.people.state.credentials.get(assertion.credential);
  if (assertion === undefined || key === undefined || credential === undefined) return { officer, role };
  const { origin, rp_id } = credential;
  const own = listedKeys(core.ports.identity.chain.latest);
  const listed = own.some(
    (one) => one.key === key && one.officer === officer && one.origin === origin && one.rp_id === rp_id,
  );
  return { assertion: { ...assertion }, key, listed, officer, origin, role, rp_id };
}

async function messageAt(
  core: NodeCore,
  channel: LiveChannel,
  feed: string,
  seq: number,
): Promise<Uint8Array | undefined> {
  const { store, backend, identity } = core.ports;
  const stored = await store.entryAt({ channel: channel.id, feed }, seq);
  const place = { channel: channel.id, feed, seq };
  return stored?.opened && openAtRest(backend, identity.storageKey, place, stored.opened)?.message;
}
