/** The materials are what they say: they pass their schemas, and the packs carry the levels of their names. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Compile } from "typebox/compile";
import type { JsonObject } from "#parley/codec/json.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { DEFAULT_PROFILE, evaluate, PackSchema } from "#parley/protocols/evidence/index.ts";
import * as material from "./materials.ts";

const ID = "01936c5e-0000-7000-8000-000000000000";
const REFERENCE_TIME = Number(parseInstant(material.MATERIAL_START));
const packs = Compile(PackSchema);

function evaluated(pack: JsonObject, asks: readonly string[]) {
  assert(packs.Check(pack));
  const rows = asks.map((ask) => ({ ask, legal_basis: "none-voluntary" }));
  return evaluate(DEFAULT_PROFILE, pack, { asks: rows, referenceTime: REFERENCE_TIME, lifeSafety: false });
}

const BODIES: readonly (readonly [string, JsonObject, JsonObject?])[] = [
  ["ack", material.ackBody(ID)],
  ["notice.open", material.noticeBody()],
  ["notice.open", material.noticeBody(), material.words("Something is wrong with updates.")],
  ["notice.update", material.noticeUpdateBody()],
  ["notice.assess", material.noticeAssessBody()],
  ["notice.to_request", material.noticeToRequestBody(ID)],
  ["notice.close", material.noticeCloseBody()],
  ["request.open", material.requestBody({ sufficient: true })],
  ["request.open", material.requestBody({ sufficient: false, codes: ["A05"], lifeSafety: true })],
  ["request.supplement", material.supplementBody([2])],
  ["request.preserve", material.preserveBody()],
  ["request.clarify.ask", material.clarifyAskBody()],
  ["request.clarify.answer", material.clarifyAnswerBody()],
  ["request.verdict", material.verdictBody([{ ask: 2, verdict: "insufficient", items: ["E04"] }])],
  ["request.decide", material.decideBody([{ ask: 1, decision: "accepted" }])],
  ["request.decide", material.decideBody([{ ask: 1, decision: "accepted-partly" }])],
  ["request.decide", material.decideBody([{ ask: 1, decision: "conditional" }])],
  ["request.decide", material.decideBody([{ ask: 1, decision: "referred" }])],
  ["request.decide", material.decideBody([{ ask: 1, decision: "declined", code: "D11", verdict: ID }])],
  ["request.progress", material.progressBody()],
  ["request.outcome", material.outcomeBody({ 1: "O01", 2: "O05", 3: "O19", 4: "O16", 5: "O15" })],
  ["request.verify", material.verifyBody({ 1: "V1", 2: "V3", 3: "V4", 4: "V5" })],
  ["request.close", material.requestCloseBody()],
  ["request.withdraw", material.withdrawBody()],
  ["dispute.raise", material.disputeRaiseBody(ID, { kind: "outcome", ref: ID })],
  [
    "dispute.raise",
    material.disputeRaiseBody(ID, { kind: "ask", ref: "2" }),
    material.disputeRefs({ case: ID, message: ID }),
  ],
  ["dispute.answer", material.disputeAnswerBody()],
  ["dispute.record", material.disputeRecordBody()],
  ["comms_check.ping", material.checkPingBody(), material.CHECK_ENVELOPE],
  ["comms_check.echo", material.checkEchoBody(), material.CHECK_ENVELOPE],
];

describe("test materials", () => {
  for (const [type, body, envelope] of BODIES) {
    it(`${type} is valid`, () => {
      const rule = MESSAGE_RULES.get(type);
      assert(rule !== undefined);
      const message = {
        case: ID,
        from_role: rule.roles[0] ?? "",
        id: ID,
        layer: "technical",
        nature: "real",
        officer: 1,
        precedence: "routine",
        serial: 1,
        tlp: "AMBER",
        ...envelope,
        body,
        type,
      };
      const schema = Compile(rule.schema);
      assert(schema.Check(message), JSON.stringify(schema.Errors(message)));
    });
  }

  it("packs have the levels of their names", () => {
    assert.equal(evaluated(material.packS1(), ["A01"]).level, "S1");
    assert.equal(evaluated(material.packS2(), ["A05"]).level, "S2");
    const [block] = evaluated(material.packWithoutPorts(), ["A05"]).asks;
    assert.deepEqual(block?.missing, ["E04"]);
  });
});
