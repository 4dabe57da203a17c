/**
 * The operator's own rules of the gate (SPEC 14.3): `gate-rules.json` in the data directory, read when the node starts.
 *
 * A file that cannot be read stops the start: a node never runs with fewer rules than its operator wrote. Drafts
 * that were checked under other rules are checked again before they leave.
 */
import { join } from "node:path";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseRuleFile, type RuleFile } from "#parley/gate/checks/rule-set.ts";
import { DirectoryFault } from "./data-directory.ts";
import { readIfThere } from "./files.ts";

const GATE_RULES = "gate-rules.json";

/** Undefined where there is no such file. Throws `DirectoryFault`. */
export async function readGateRules(dataDirectory: string): Promise<RuleFile | undefined> {
  const bytes = await readIfThere(join(dataDirectory, GATE_RULES));
  if (bytes === undefined) return undefined;
  const rules = parseRuleFile(bytes);
  if (isRefusal(rules)) throw new DirectoryFault("damaged", GATE_RULES, { cause: rules });
  return rules;
}
