/** One question to a peer and its one answer (SPEC 6.2.1). */
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { encodeGroups, parseGroups, type Group, type RequestHead } from "#parley/peer/groups.ts";
import type { NodePorts } from "./ports.ts";

/** Throws `PeerFault` when the peer cannot be asked; `request-schema` when it answered something else. */
export async function askPeer(
  ports: NodePorts,
  peer: string,
  head: RequestHead,
): Promise<Extract<Group, { kind: "reply" }> | Refusal> {
  const body = encodeGroups([{ kind: "request", head, records: [] }]);
  const groups = parseGroups(await ports.transport.exchange(peer, body));
  if (isRefusal(groups)) return groups;
  const [group] = groups;
  return group === undefined || group.kind !== "reply" ? refuse("request-schema") : group;
}
