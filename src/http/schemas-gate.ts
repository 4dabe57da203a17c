/** Schemas of what the gate's checks say of a draft, and of what people answer (SPEC 14). */
import { Type } from "typebox";
import { CHECKS, RESULTS, RULE_NAMES } from "#parley/node/gate-words.ts";
import { JUSTIFICATION_LIMIT, JUSTIFYING } from "#parley/node/gate-checks.ts";
import { JUSTIFICATIONS } from "#parley/node/house-gate.ts";
import { closed, codes, Digest, InstantText, text } from "#parley/protocols/envelope.ts";

const Count = Type.Integer({ minimum: 0 });
const FindingId = Type.String({ pattern: "^[A-Za-z0-9_-]{22}$" });
const Reason = codes(JUSTIFICATIONS);

/** Where it is and never what it is: that stands in the preview. */
export const FindingShown = closed({
  finding: FindingId,
  check: codes(CHECKS),
  rule: codes(RULE_NAMES),
  result: codes(RESULTS),
  at: Type.String(),
  count: Count,
  places: Type.Array(
    closed({
      offset: Count,
      length: Count,
      line: Type.Optional(Count),
      spelling: Type.Optional(Type.String()),
    }),
  ),
  justified: Type.Optional(
    closed({ officer: Count, role: codes(JUSTIFYING), code: Reason, text: Type.String() }),
  ),
});

const Hold = closed({ until: Type.Optional(InstantText), mitigation: Type.Boolean() });

/** `digest` is what an approval names beside the draft's own. */
export const GateShown = closed({
  digest: Type.Optional(Digest),
  results: Type.Record(Type.String(), codes(RESULTS)),
  findings: Type.Array(FindingShown),
  hold: Type.Optional(Hold),
  mitigated: Type.Boolean(),
});

export const JustificationRequest = closed({
  finding: FindingId,
  role: codes(JUSTIFYING),
  code: Reason,
  text: text(JUSTIFICATION_LIMIT),
});
export const HoldRequest = Hold;
