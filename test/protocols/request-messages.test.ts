/** Schemas of the request protocol: every code can be sent, and each rule refuses its bad input. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Compile } from "typebox/compile";
import type { Json, JsonObject } from "#parley/codec/json.ts";
import * as list from "#parley/protocols/request/codes.ts";
import { draft, openBody, OTHER_ID, outcomeRow, request, UNTIL } from "./request-acts.ts";

const validators = new Map(
  Object.entries(request.messages).map(([type, rule]) => [type, Compile(rule.schema)] as const),
);

function message(type: string, body: Json): JsonObject {
  return {
    case: OTHER_ID,
    id: OTHER_ID,
    serial: 1,
    nature: "test",
    precedence: "priority",
    layer: "technical",
    from_role: "releaser",
    officer: 7,
    tlp: "AMBER",
    type,
    body,
  };
}

function isValid(type: string, body: Json): boolean {
  const validator = validators.get(type);
  assert.ok(validator, type);
  return validator.Check(message(type, body));
}

const ask = (more: JsonObject = {}): JsonObject => ({
  ask: 1,
  code: "A05",
  target: "192.0.2.17",
  legal_basis: "none-voluntary",
  ...more,
});
const open = (asks: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  ...openBody(),
  asks,
  ...more,
});
const attributed = { attribution_ref: OTHER_ID };

const GOOD: readonly (readonly [string, Json])[] = [
  ...list.PLAIN_LEGAL_BASES.map((legal_basis) => ["request.open", open([ask({ legal_basis })])] as const),
  ...list.REFERENCED_LEGAL_BASES.map(
    (legal_basis) => ["request.open", open([ask({ legal_basis, legal_ref: "2026/17" })])] as const,
  ),
  ...list.ASK_CODES.filter((code) => !["A11", "A12", "A16", "A19"].includes(code)).map(
    (code) => ["request.open", open([ask({ code })])] as const,
  ),
  ...list.LEGAL_ASK_CODES.map(
    (code) => ["request.open", open([ask({ code, legal_ref: "2026/17" })])] as const,
  ),
  ["request.open", open([ask({ code: "A19", other: "In words." })])],
  ["request.open", open([ask({ code: "A16" })], attributed)],
  ["request.open", open([ask()], { ...attributed, no_state_involvement_alleged: false })],
  ["request.open", open(Array.from({ length: 20 }, (_, i) => ask({ ask: i + 1, deadline: UNTIL })))],
  ["request.open", open([ask()], { if_done: "We close.", if_not_done: "We tell the operator." })],
  ...list.SECTORS.map((sector) => ["request.open", open([ask()], { harm: harm({ sector }) })] as const),
  ...list.OUTLOOKS.map(
    (outlook_6h) => ["request.open", open([ask()], { harm: harm({ outlook_6h }) })] as const,
  ),
  ["request.open", open([ask()], { harm: harm({ life_safety: true, red_lines: ["RL-1"] }) })],
  ...list.PRESERVE_STATES.map(
    (state) => ["request.preserve", draft(`request.preserve ${state}`).body] as const,
  ),
  ...list.CANNOT_PRESERVE_CODES.map((code) => ["request.preserve", { state: "cannot", code }] as const),
  ...list.QUESTION_CODES.map(
    (code) => ["request.clarify.ask", { questions: [{ question: 1, code }] }] as const,
  ),
  ["request.clarify.ask", { questions: [{ question: 1, code: list.OTHER_QUESTION, text: "Which one?" }] }],
  ["request.clarify.answer", { answers: [{ question: 1, answer: "answered", text: "Port 443." }] }],
  ...["cannot", "unknown"].map(
    (answer) => ["request.clarify.answer", { answers: [{ question: 1, answer }] }] as const,
  ),
  ...list.ANSWER_REFUSALS.map(
    (reason) =>
      ["request.clarify.answer", { answers: [{ question: 1, answer: "refused", reason }] }] as const,
  ),
  ...list.VERDICTS.map((verdict) => ["request.verdict", draft(`request.verdict ${verdict}`).body] as const),
  ...list.NOT_ASSESSABLE_REASONS.map(
    (reason) =>
      ["request.verdict", verdictBody({ verdict: "not-assessable", reason, items: ["E21"] })] as const,
  ),
  ...list.ITEM_CODES.map(
    (item) => ["request.verdict", verdictBody({ verdict: "insufficient", items: [item] })] as const,
  ),
  ["request.supplement", { pack: {}, asks: [2] }],
  ...list.DECISIONS.map((decision) => ["request.decide", draft(`request.decide ${decision}`).body] as const),
  ...list.DECLINE_CODES.map((code) => ["request.decide", draft(`request.decide ${code}`).body] as const),
  ...list.PROGRESS_STAGES.map((stage) => ["request.progress", { stage, asks: [1] }] as const),
  ...list.OUTCOME_CODES.map((code) => ["request.outcome", outcomeBody(outcomeRow(code))] as const),
  ...list.ACTION_STATES.map((state) => ["request.outcome", outcomeBody({ code: "O07", state })] as const),
  ...list.FALSE_POSITIVE_KINDS.map(
    (kind) => ["request.outcome", outcomeBody({ code: "O16", kind })] as const,
  ),
  ...list.NOT_COMPLETED_CODES.map(
    (reason) => ["request.outcome", outcomeBody({ code: "O19", reason })] as const,
  ),
  ...list.VERIFICATION_CODES.map((code) => ["request.verify", draft(`request.verify ${code}`).body] as const),
  ...list.WITHDRAW_REASONS.map((reason) => ["request.withdraw", { reason }] as const),
  ...list.PROPOSABLE_CODES.map((disposition) => ["request.propose_close", { disposition }] as const),
  ...list.KEEP_OPEN_REASONS.map((reason) => ["request.keep_open", { proposal: OTHER_ID, reason }] as const),
  ...list.PLAIN_CLOSE_CODES.map((disposition) => ["request.close", { disposition }] as const),
  ["request.close", { disposition: "C09", duplicate_of: OTHER_ID }],
  ...list.TRANSFER_TARGETS.map((to) => ["request.transfer", { to, reference: "2026/17" }] as const),
];

const BAD: readonly (readonly [string, string, Json])[] = [
  ["request.open", "no ask", open([])],
  ["request.open", "twenty-one asks", open(Array.from({ length: 21 }, (_, i) => ask({ ask: i + 1 })))],
  ["request.open", "two asks of one number", open([ask(), ask({ code: "A10" })])],
  ["request.open", "ask number 0", open([ask({ ask: 0 })])],
  ["request.open", "ask number 21", open([ask({ ask: 21 })])],
  ["request.open", "an unknown ask code", open([ask({ code: "A20" })])],
  ["request.open", "an identification without legal reference", open([ask({ code: "A11" })])],
  ["request.open", "a search without legal reference", open([ask({ code: "A12", legal_basis: "mla" })])],
  ["request.open", "legal assistance without its reference", open([ask({ legal_basis: "mla" })])],
  ["request.open", "a bilateral basis without its reference", open([ask({ legal_basis: "bilateral" })])],
  ["request.open", "another ask without words", open([ask({ code: "A19" })])],
  ["request.open", "a demand to cease without attribution", open([ask({ code: "A16" })])],
  [
    "request.open",
    "an allegation without attribution",
    open([ask()], { no_state_involvement_alleged: false }),
  ],
  [
    "request.open",
    "no statement about state involvement",
    without(open([ask()]), "no_state_involvement_alleged"),
  ],
  ["request.open", "no harm", without(open([ask()]), "harm")],
  ["request.open", "no pack", without(open([ask()]), "pack")],
  ["request.open", "a pack with an unknown field", open([ask()], { pack: { victim_name: "x" } })],
  ["request.open", "severity 7", open([ask()], { harm: harm({ severity: 7 }) })],
  ["request.open", "a target of two lines", open([ask({ target: "a\nb" })])],
  ["request.open", "an unknown member", open([ask()], { accused: "x" })],
  ["request.preserve", "confirmed without an end", { state: "confirmed" }],
  ["request.preserve", "cannot without a code", { state: "cannot" }],
  ["request.preserve", "an end that is no instant", { state: "confirmed", until: "2027-01-01" }],
  ["request.clarify.ask", "no question", { questions: [] }],
  ["request.clarify.ask", "eleven questions", { questions: questions(11) }],
  [
    "request.clarify.ask",
    "another question without words",
    { questions: [{ question: 1, code: "Q-OTHER" }] },
  ],
  [
    "request.clarify.ask",
    "two questions of one number",
    {
      questions: [
        { question: 1, code: "Q-TIME" },
        { question: 1, code: "Q-PORT" },
      ],
    },
  ],
  ["request.clarify.answer", "an answer without words", { answers: [{ question: 1, answer: "answered" }] }],
  ["request.clarify.answer", "a refusal without reason", { answers: [{ question: 1, answer: "refused" }] }],
  ["request.verdict", "insufficient without items", verdictBody({ verdict: "insufficient" })],
  ["request.verdict", "insufficient with an empty list", verdictBody({ verdict: "insufficient", items: [] })],
  ["request.verdict", "unusable without items", verdictBody({ verdict: "unusable" })],
  [
    "request.verdict",
    "not assessable without items",
    verdictBody({ verdict: "not-assessable", reason: "language" }),
  ],
  [
    "request.verdict",
    "not assessable without reason",
    verdictBody({ verdict: "not-assessable", items: ["E21"] }),
  ],
  [
    "request.verdict",
    "enough for a lesser ask without items",
    verdictBody({ verdict: "sufficient-for-lesser", max_ask: "A01" }),
  ],
  [
    "request.verdict",
    "enough for a lesser ask without naming it",
    verdictBody({ verdict: "sufficient-for-lesser", items: ["E04"] }),
  ],
  ["request.verdict", "an item of no profile", verdictBody({ verdict: "insufficient", items: ["E31"] })],
  ["request.verdict", "one item twice", verdictBody({ verdict: "insufficient", items: ["E04", "E04"] })],
  [
    "request.verdict",
    "two verdicts on one ask",
    {
      verdicts: [
        { ask: 1, verdict: "sufficient" },
        { ask: 1, verdict: "unusable", items: ["E01"] },
      ],
    },
  ],
  ["request.supplement", "no pack", { asks: [1] }],
  ["request.supplement", "one ask twice", { pack: {}, asks: [1, 1] }],
  ["request.supplement", "a pack with an unknown field", { pack: { victim_name: "x" } }],
  ["request.decide", "a bare decline", decisionBody({ decision: "declined" })],
  [
    "request.decide",
    "legal assistance needed without instrument",
    decisionBody({ decision: "declined", code: "D03" }),
  ],
  [
    "request.decide",
    "evidence insufficient without verdict",
    decisionBody({ decision: "declined", code: "D11" }),
  ],
  ["request.decide", "another reason without words", decisionBody({ decision: "declined", code: "D99" })],
  ["request.decide", "an unknown decline code", decisionBody({ decision: "declined", code: "D14" })],
  [
    "request.decide",
    "an acceptance with a decline code",
    decisionBody({ decision: "accepted", code: "D01" }),
  ],
  ["request.decide", "a partial acceptance of nothing named", decisionBody({ decision: "accepted-partly" })],
  ["request.decide", "a condition not stated", decisionBody({ decision: "conditional" })],
  ["request.decide", "a referral to nobody", decisionBody({ decision: "referred" })],
  ["request.progress", "an unknown stage", { stage: "soon" }],
  ["request.outcome", "no result", { outcomes: [{ ask: 1, results: [] }] }],
  ["request.outcome", "a block without its state", outcomeBody({ code: "O05", since: UNTIL })],
  ["request.outcome", "a block without its start", outcomeBody({ code: "O05", state: "active" })],
  ["request.outcome", "an arrest without reference", outcomeBody({ code: "O11" })],
  ["request.outcome", "transit without next hop", outcomeBody({ code: "O15" })],
  ["request.outcome", "a false positive of no kind", outcomeBody({ code: "O16" })],
  ["request.outcome", "not completed without reason", outcomeBody({ code: "O19" })],
  ["request.verify", "moved without where", { verifications: [{ ask: 1, code: "V4" }] }],
  ["request.verify", "recurred without when", { verifications: [{ ask: 1, code: "V5" }] }],
  ["request.withdraw", "no reason", {}],
  ["request.propose_close", "as withdrawn", { disposition: "C06" }],
  ["request.keep_open", "no proposal", { reason: "other" }],
  ["request.close", "as withdrawn", { disposition: "C06" }],
  ["request.close", "as transferred", { disposition: "C07" }],
  ["request.close", "a duplicate of nothing", { disposition: "C09" }],
  ["request.transfer", "to nobody", {}],
];

describe("request schemas", () => {
  it("let every code be sent", () => {
    for (const [type, body] of GOOD) assert.ok(isValid(type, body), `${type} ${JSON.stringify(body)}`);
    const sent = JSON.stringify(GOOD);
    for (const codes of Object.values(list)) {
      if (
        codes === list.REQUEST_REASONS ||
        codes === list.REQUEST_STATUSES ||
        codes === list.DERIVED_STATUSES
      )
        continue;
      if (codes === list.DISPOSITIONS) continue;
      for (const code of typeof codes === "string" ? [codes] : codes)
        assert.ok(sent.includes(`"${code}"`), code);
    }
  });
  it("have a good and a bad body for every message", () => {
    for (const type of Object.keys(request.messages)) {
      assert.ok(
        GOOD.some(([name]) => name === type),
        type,
      );
      assert.ok(
        BAD.some(([name]) => name === type),
        type,
      );
    }
  });
  for (const [type, name, body] of BAD) {
    it(`${type} refuses ${name}`, () => assert.equal(isValid(type, body), false));
  }
  it("refuse an unknown member beside the body, and another type", () => {
    const validator = validators.get("request.withdraw");
    const good = message("request.withdraw", { reason: "other" });
    assert.deepEqual(
      [good, { ...good, urgent: true }, { ...good, type: "request.close" }].map((value) =>
        validator?.Check(value),
      ),
      [true, false, false],
    );
  });
});

describe("who releases", () => {
  it("two persons for what carries knowledge, one for a code", () => {
    const two = Object.entries(request.messages).flatMap(([type, rule]) =>
      rule.release.persons === 2 ? [type] : [],
    );
    assert.deepEqual(two, [
      "request.open",
      "request.clarify.answer",
      "request.verdict",
      "request.supplement",
    ]);
    assert.deepEqual(request.messages["request.decide"]?.release, { persons: 1, roles: ["authority"] });
    assert.deepEqual(request.messages["request.outcome"]?.roles, ["authority"]);
  });
});

function harm(more: JsonObject): JsonObject {
  return { sector: "health", severity: 4, outlook_6h: "stable", life_safety: false, ...more };
}
function verdictBody(row: JsonObject): JsonObject {
  return { verdicts: [{ ask: 1, ...row }] };
}
function decisionBody(row: JsonObject): JsonObject {
  return { decisions: [{ ask: 1, ...row }] };
}
function outcomeBody(result: JsonObject): JsonObject {
  return { outcomes: [{ ask: 1, results: [result] }] };
}
function questions(n: number): readonly JsonObject[] {
  return Array.from({ length: n }, (_, i) => ({ question: i + 1, code: "Q-TIME" }));
}
function without(body: JsonObject, gone: string): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([member]) => member !== gone));
}
