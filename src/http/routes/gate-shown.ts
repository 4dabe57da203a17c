/** What the checks said of a draft, as the API shows it: one result per check, findings with their justifications. */
import type { Static } from "typebox";
import { CHECKS, resultOfCheck } from "#parley/node/gate-words.ts";
import type { DraftGate } from "#parley/node/house-gate.ts";
import type { Shown } from "../route.ts";
import type { GateShown } from "../schemas-gate.ts";

export function showGate({
  check,
  justifications,
  hold,
  mitigated,
}: DraftGate): Shown<Static<typeof GateShown>> {
  const findings = check?.findings ?? [];
  const results = Object.fromEntries(CHECKS.map((one) => [one, resultOfCheck(findings, one)]));
  return {
    results,
    findings: findings.map(({ id, ...finding }) => {
      const given = justifications.find((one) => one.finding === id);
      const justified = given && {
        officer: given.officer,
        role: given.role,
        code: given.code,
        text: given.text,
      };
      return { finding: id, ...finding, ...(justified !== undefined && { justified }) };
    }),
    mitigated,
    ...(check !== undefined && { digest: check.digest }),
    ...(hold !== undefined && { hold }),
  };
}
