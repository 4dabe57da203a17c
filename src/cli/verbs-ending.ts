/** `erase` and `close`: what a party deletes of its own copy, and that it says nothing more in a channel. */
import { CLOSE_REASONS, ERASURE_REASONS } from "#parley/protocols/system/messages.ts";
import { API, getJson, listIn, textIn, whoOf } from "./api.ts";
import { UsageFault } from "./arguments.ts";
import type { Call } from "./command.ts";
import { readNames } from "./names.ts";
import { parseNumber } from "./rows.ts";
import { CHANNEL, needed, optional, type Verb } from "./speak.ts";

const FEED_EXAMPLE = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

export const ENDING_VERBS: readonly Verb[] = [
  {
    path: "erase",
    type: "erase",
    operands: [CHANNEL, { name: "PARTY" }, { name: "ENTRY" }],
    options: { reason: { kind: "value", choices: ERASURE_REASONS } },
    examples: [
      "parley erase RIMAL MERIDIA 12 --reason retention",
      `parley erase RIMAL ${FEED_EXAMPLE} 4 --reason third-party-right --as principal`,
    ],
    body: async (call) => ({
      ...optional(needed(call, "reason"), "reason"),
      feed: await feedNamed(call, call.args.operands[1] ?? ""),
      seq: parseNumber("ENTRY", call.args.operands[2] ?? ""),
    }),
  },
  {
    path: "close",
    type: "close",
    operands: [CHANNEL],
    options: { reason: { kind: "value", choices: CLOSE_REASONS } },
    examples: ["parley close RIMAL --reason term-ended"],
    body: (call) => optional(needed(call, "reason"), "reason"),
  },
];

const PARTY_ID = /^[A-Za-z0-9_-]{43}$/;

/** A party by its id, or by the handle of this node or of a partner. */
async function feedNamed(call: Call, named: string): Promise<string> {
  if (PARTY_ID.test(named)) return named;
  const who = whoOf(call, "releaser1");
  const { me, handleOf } = await readNames(call, who);
  const parties = listIn(await getJson(call, who, API.parties), "parties");
  const ids = [me, ...parties.flatMap((one) => textIn(one, "party") ?? [])];
  const found = ids.filter((id) => handleOf(id).toLowerCase() === named.toLowerCase());
  if (found.length !== 1 || found[0] === undefined)
    throw new UsageFault("option-malformed", { option: "PARTY", value: named });
  return found[0];
}
