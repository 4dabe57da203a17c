/**
 * Codes as the command line shows them, with layer and clause. Codes of a node come from its catalogue; those of this
 * door are here, and have no clause.
 */
import type { Refusal } from "#parley/codec/refusal.ts";
import { codeEntryOf } from "#parley/node/faults.ts";
import type { ShownRefusal } from "./output.ts";

/** Lines of `inspect signatures`, and what stands between a person and the node. No clause: no wire format. */
const DOOR_CODES: readonly string[] = [
  "line-malformed",
  "line-too-long",
  "line-utf8",
  "material-empty",
  "material-too-large",
  "case-unknown",
  "channel-ambiguous",
  "answer-malformed",
  "release-not-confirmed",
  "file-unreadable",
  "file-unwritable",
  "file-exists",
  "data-directory-missing",
  "data-directory-damaged",
  "data-directory-locked",
  "token-missing",
  "api-unreachable",
];

export function showRefusal({ code, facts }: Pick<Refusal, "code" | "facts">): ShownRefusal {
  const entry = codeEntryOf(code);
  return { code, layer: entry?.layer ?? layerOf(code), clause: entry?.clause ?? "-", facts };
}

export function doorRefusal(code: string, facts: ShownRefusal["facts"] = {}): ShownRefusal {
  return { code, layer: "cli", clause: "-", facts };
}

function layerOf(code: string): string {
  return DOOR_CODES.includes(code) ? "cli" : "node";
}
