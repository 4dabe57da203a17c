/** SPEC 8-1.2, 8-1.3: the messages of a notice, every code and every bad form. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#parley/codec/json.ts";
import {
  ASSESS_CODES,
  CLOSE_CODES,
  CORRECT_REASONS,
  INDICATOR_ROLES,
  INDICATOR_TYPES,
  NIS2_SECTORS,
  NOTICE_DIRECTIONS,
  NOTICE_DONE,
  NOTICE_NOT_ASKED,
  NOTICE_SECTORS,
  NOTICE_STAGES,
  NOTICE_WISHES,
  OUTLOOKS,
  RSIT_CLASSES,
  RSIT_SUBCLASSES,
  SUSPICIONS,
  WITHDRAW_REASONS,
} from "#parley/protocols/notice/codes.ts";
import { notice } from "#parley/protocols/notice/index.ts";
import { INDICATORS_LIMIT, PSEUDONYMS_LIMIT } from "#parley/protocols/notice/messages.ts";
import { digest, isValid, message, uuid } from "./conversation.ts";
import {
  OPEN_BODY,
  open,
  update,
  correct,
  withdraw,
  toRequest,
  close,
  assess,
  proposeClose,
  scene,
} from "./notice-lines.ts";

const valid = (type: string, body: JsonObject, more: JsonObject = {}) =>
  isValid(notice, message(type, body, more));

test("8-1.2: every line of these tests could arrive", () => {
  const lines = [...Object.values(scene.initiator), ...Object.values(scene.respondent), open];
  for (const { type, body } of lines) {
    if (type !== "ack") assert.ok(valid(type, body), `${type} ${JSON.stringify(body)}`);
  }
});

const CODE_MEMBERS: readonly (readonly [
  type: string,
  base: JsonObject,
  member: string,
  list: readonly string[],
])[] = [
  ["notice.open", OPEN_BODY, "stage", NOTICE_STAGES],
  ["notice.open", OPEN_BODY, "class_1", RSIT_CLASSES],
  ["notice.open", OPEN_BODY, "direction", NOTICE_DIRECTIONS],
  ["notice.open", OPEN_BODY, "sector", NOTICE_SECTORS],
  ["notice.open", OPEN_BODY, "suspected_malicious", SUSPICIONS],
  ["notice.open", OPEN_BODY, "wish", NOTICE_WISHES],
  ["notice.open", OPEN_BODY, "outlook_6h", OUTLOOKS],
  ["notice.assess", {}, "code", ASSESS_CODES],
  ["notice.correct", correct.body, "reason", CORRECT_REASONS],
  ["notice.withdraw", {}, "reason", WITHDRAW_REASONS],
  ["notice.close", {}, "code", CLOSE_CODES],
  ["notice.propose_close", {}, "code", CLOSE_CODES],
];

test("8-1.3: every code is valid where it belongs and no other word is", () => {
  for (const [type, base, member, list] of CODE_MEMBERS) {
    for (const code of list) assert.ok(valid(type, { ...base, [member]: code }), `${member} ${code}`);
    for (const word of ["", "Other ", "none", list[0]?.toUpperCase() ?? ""]) {
      assert.ok(!valid(type, { ...base, [member]: word }), `${type} ${member} ${word}`);
    }
  }
  for (const type of INDICATOR_TYPES) {
    for (const role of INDICATOR_ROLES) {
      assert.ok(valid("notice.open", { ...OPEN_BODY, indicators: [{ type, value: "192.0.2.7", role }] }));
    }
  }
  assert.ok(
    valid("notice.open", { ...OPEN_BODY, already_done: [...NOTICE_DONE], not_asked: [...NOTICE_NOT_ASKED] }),
  );
});

test("8-1.3: RSIT has 11 classes and NIS2 18 sectors; each subclass is valid with its own class alone", () => {
  assert.equal(RSIT_CLASSES.length, 11);
  assert.equal(new Set(NIS2_SECTORS).size, 18);
  for (const first of RSIT_CLASSES) {
    for (const [owner, seconds] of Object.entries(RSIT_SUBCLASSES)) {
      for (const second of seconds) {
        const fits = valid("notice.open", { ...OPEN_BODY, class_1: first, class_2: second });
        assert.equal(fits, first === owner, `${first} ${second}`);
      }
    }
  }
  const changed = { stage: "full", material_change: false };
  assert.ok(valid("notice.update", { ...changed, class_1: "fraud", class_2: "phishing" }));
  assert.ok(!valid("notice.update", { ...changed, class_1: "fraud", class_2: "ddos" }));
  assert.ok(!valid("notice.update", { ...changed, class_2: "phishing" }), "a subclass brings its class");
});

test("8-1.2.9: what occurred does not end before it begins", () => {
  const early = "2026-11-22T01:00:00Z";
  const late = "2026-11-22T02:00:00Z";
  const rows: readonly (readonly [JsonObject, string | undefined])[] = [
    [{ occurred_from: early, occurred_to: late }, undefined],
    [{ occurred_from: late, occurred_to: late }, undefined],
    [{ occurred_from: late }, undefined],
    [{ occurred_to: early }, undefined],
    [{ occurred_from: late, occurred_to: early }, "/body/occurred_to"],
  ];
  for (const type of ["notice.open", "notice.update", "notice.correct"])
    for (const [body, pointer] of rows)
      assert.equal(notice.messages[type]?.check?.(body), pointer, `${type} ${JSON.stringify(body)}`);
});

test("8-1.2: belief is enough, and a notice does not attribute", () => {
  assert.ok(valid("notice.open", OPEN_BODY), "no indicator, no victim, no evidence");
  assert.ok(valid("notice.open", { ...OPEN_BODY, state_involvement_claim: { attribution_ref: uuid(3) } }));
  for (const claim of [
    "a-state",
    "",
    { state: "x" },
    { attribution_ref: "because" },
    { attribution_ref: uuid(3), who: "x" },
  ]) {
    assert.ok(!valid("notice.open", { ...OPEN_BODY, state_involvement_claim: claim }), JSON.stringify(claim));
  }
});

test("8-1.2 (scenario 2): four hundred victims as pseudonyms, and never a name", () => {
  const pseudonyms = Array.from({ length: 400 }, (_, i) => `V-${String(i).padStart(4, "0")}`);
  assert.ok(valid("notice.open", { ...OPEN_BODY, victims: { count: 400, pseudonyms } }));
  const many = Array.from({ length: PSEUDONYMS_LIMIT + 1 }, (_, i) => `V-${i}`);
  assert.ok(valid("notice.open", { ...OPEN_BODY, victims: { count: 1_001, pseudonyms: many.slice(1) } }));
  assert.ok(!valid("notice.open", { ...OPEN_BODY, victims: { count: 1_001, pseudonyms: many } }));
  for (const bad of [["Given Family"], ["V-1", "V-1"], [""], ["V-1\n"], ["-x"]]) {
    assert.ok(
      !valid("notice.open", { ...OPEN_BODY, victims: { count: 1, pseudonyms: bad } }),
      JSON.stringify(bad),
    );
  }
});

test("8-1.2: limits and forms of the other members", () => {
  const indicator = { type: "url", value: "https://a.example/x" };
  const full = { ...OPEN_BODY, indicators: Array.from({ length: INDICATORS_LIMIT }, () => indicator) };
  assert.ok(valid("notice.open", full));
  const bad: readonly JsonObject[] = [
    { indicators: [...full.indicators, indicator] },
    { indicators: [] },
    { indicators: [{ type: "url", value: "a\nb" }] },
    { indicators: [{ type: "url", value: "" }] },
    { indicators: [{ type: "url", value: "x".repeat(2_049) }] },
    { indicators: [{ type: "port", value: "1" }] },
    { indicators: [{ type: "url", value: "x", note: "y" }] },
    { severity: 7 },
    { severity: -1 },
    { severity: "2" },
    { aware_at: "2026-11-22" },
    { occurred_from: "yesterday" },
    { occurred_to: "2026-11-22T02:10:00+01:00" },
    { public_disclosure_at: "" },
    { red_lines: [] },
    { red_lines: ["a", "a"] },
    { life_safety: "no" },
    { pseudonym: "a b" },
    { already_done: ["prayed"] },
    { not_asked: [] },
    { evidence: [] },
  ];
  for (const member of bad)
    assert.ok(!valid("notice.open", { ...OPEN_BODY, ...member }), JSON.stringify(Object.keys(member)));
  for (const member of Object.keys(OPEN_BODY)) {
    const { [member]: _left, ...rest } = OPEN_BODY;
    assert.ok(!valid("notice.open", rest), `${member} is required`);
  }
});

test("8-1.2: every message refuses a missing member, a foreign member and a wrong type", () => {
  for (const line of [open, update, correct, withdraw, toRequest, close, assess, proposeClose]) {
    const required = line.type === "notice.assess" ? ["code"] : Object.keys(line.body);
    for (const member of required) {
      const { [member]: _left, ...rest } = line.body;
      assert.ok(!valid(line.type, rest), `${line.type} without ${member}`);
      assert.ok(!valid(line.type, { ...line.body, [member]: 1.5 }), `${line.type} ${member}`);
    }
    assert.ok(!valid(line.type, { ...line.body, note: "x" }), `${line.type} is closed`);
    assert.ok(!valid(line.type, line.body, { subject: "x" }), "the envelope is closed");
  }
});

test("8-1.2: who sends, who releases, and the scope", () => {
  const rules = Object.entries(notice.messages);
  const two = rules.filter(([, rule]) => rule.release.persons === 2).map(([type]) => type);
  assert.deepEqual(two, ["notice.open", "notice.update", "notice.correct"]);
  for (const type of two) assert.deepEqual(notice.messages[type]?.release.roles, ["releaser", "authority"]);
  assert.deepEqual(notice.messages["notice.assess"]?.roles, ["analyst", "authority"]);
  assert.ok(rules.every(([, rule]) => rule.scope === "technical"));
  assert.deepEqual(notice.opens, ["notice.open"]);
  const byRespondent = rules.filter(([, rule]) => rule.sender === "respondent").map(([type]) => type);
  assert.deepEqual(byRespondent, ["notice.assess", "notice.propose_close"]);
});

test("8-1.2: free text follows the codes, in the envelope", () => {
  const texts = [{ lang: "en", form: "original", text: "Scanning seems to come from AS64500." }];
  assert.ok(valid("notice.open", OPEN_BODY, { texts }));
  assert.ok(!valid("notice.open", { ...OPEN_BODY, text: "hello" }));
  const attach = [
    { commit: digest("a"), ct: digest("b"), digest: digest("c"), size_bytes: 1, media_type: "text/plain" },
  ];
  assert.ok(valid("notice.open", OPEN_BODY, { attach }));
});
