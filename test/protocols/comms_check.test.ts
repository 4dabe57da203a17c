/** SPEC 8-4: the communication check, one row per message and status, every code, the corpus and its hashes. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "#parley/codec/json.ts";
import {
  CHECK_KINDS,
  CHECK_PATHS,
  CHECK_REASONS,
  CHECK_STATUSES,
  FAIL_REASONS,
} from "#parley/protocols/comms_check/codes.ts";
import {
  commsCheck,
  CORPUS,
  CORPUS_LANGS,
  CORPUS_REFS,
  CROSSINGS,
  k1Owner,
  sentenceOf,
} from "#parley/protocols/comms_check/index.ts";
import type { Side } from "#parley/protocols/protocol.ts";
import {
  actOf,
  acts,
  after,
  checkConvergence,
  digest,
  FEEDS,
  isValid,
  judge,
  message,
  running,
  uuid,
  wholeState,
  type Line,
  checkTable,
  type StateTable,
} from "./conversation.ts";

const line = (side: Side, type: string, body: JsonObject): Line => ({ side, type, body });
const hashOf = (ref: string) => sentenceOf(ref)?.hash ?? assert.fail(ref);

const PING_BODY: JsonObject = {
  kind: "K1",
  corpus_ref: "ru-03",
  sent_at: "2026-11-22T15:25:50Z",
  path: "https",
};
const ECHO_BODY: JsonObject = {
  same_text_hash: hashOf("ru-03"),
  role: "watch",
  lang: "ru",
  seconds_to_ack: 240,
};
const REPORT_BODY: JsonObject = {
  period: "2026-11",
  sent: 31,
  passed: 30,
  success_permille: 967,
  median_seconds: 240,
  p95_seconds: 1_800,
  by_kind: [
    { kind: "K1", sent: 31, passed: 30, success_permille: 967, median_seconds: 240, p95_seconds: 1_800 },
  ],
  by_hour: [{ hour: 2, sent: 31, passed: 30 }],
};

const ping = line("initiator", "comms_check.ping", PING_BODY);
const echo = line("respondent", "comms_check.echo", ECHO_BODY);
const badEcho = line("respondent", "comms_check.echo", { ...ECHO_BODY, same_text_hash: digest("x") });
const report = line("initiator", "comms_check.report", REPORT_BODY);
const countersign = line("respondent", "comms_check.countersign", REPORT_BODY);
const differing = line("respondent", "comms_check.countersign", { ...REPORT_BODY, passed: 29 });
const ack = line("respondent", "ack", { of: uuid(1), understood: "yes", text_used: "original" });

const histories = {
  sent: [ping],
  passed: [ping, echo],
  failed: [ping, badEcho],
  reported: [report],
  "report-agreed": [report, countersign],
  "report-differs": [report, differing],
} as const satisfies Record<(typeof CHECK_STATUSES)[number], readonly Line[]>;

/** Status after the message, or the reason of its refusal, per status in the order of CHECK_STATUSES. */
const TABLE: StateTable = [
  [ack, [...CHECK_STATUSES]],
  [{ ...ack, side: "initiator" }, [...CHECK_STATUSES]],
  [ping, CHECK_STATUSES.map(() => "!already-open")],
  [report, CHECK_STATUSES.map(() => "!already-open")],
  [echo, ["passed", "!ended", "!ended", "!not-a-ping", "!not-a-ping", "!not-a-ping"]],
  [badEcho, ["failed", "!ended", "!ended", "!not-a-ping", "!not-a-ping", "!not-a-ping"]],
  [countersign, ["!not-a-report", "!not-a-report", "!not-a-report", "report-agreed", "!ended", "!ended"]],
  [differing, ["!not-a-report", "!not-a-report", "!not-a-report", "report-differs", "!ended", "!ended"]],
];

test("8-4.4: every message in every status", () => {
  checkTable(commsCheck, { statuses: CHECK_STATUSES, histories, table: TABLE });
});

test("8-4.4: every message type has a row, and every reason is given by some act", () => {
  assert.deepEqual(
    new Set(TABLE.map(([row]) => row.type)),
    new Set(["ack", ...Object.keys(commsCheck.messages)]),
  );
  const given = new Set(TABLE.flatMap(([, results]) => results).filter((result) => result.startsWith("!")));
  for (const [reason, row] of [
    ["unknown-type", line("initiator", "comms_check.fail", {})],
    ["unknown-type", line("initiator", "valueOf", {})],
    ["wrong-side", { ...echo, side: "initiator" }],
    ["wrong-side", { ...countersign, side: "initiator" }],
  ] as const) {
    const outcome = judge(commsCheck, [ping], row);
    assert.deepEqual(outcome, { kind: "void", code: "E-UNEXPECTED", reason });
    given.add(`!${reason}`);
  }
  assert.deepEqual(given, new Set(CHECK_REASONS.map((reason) => `!${reason}`)));
});

test("8-4.4: a wrong echo fails the check with the first thing that is wrong", () => {
  const rows: readonly (readonly [string, Line])[] = [
    ["wrong-role", line("respondent", "comms_check.echo", { ...ECHO_BODY, role: "analyst" })],
    ["wrong-role", { ...echo, role: "authority" }],
    ["wrong-role", line("respondent", "comms_check.echo", { ...ECHO_BODY, role: "monitor", lang: "en" })],
    ["wrong-language", line("respondent", "comms_check.echo", { ...ECHO_BODY, lang: "en" })],
    [
      "wrong-language",
      line("respondent", "comms_check.echo", { ...ECHO_BODY, lang: "ar", same_text_hash: digest("x") }),
    ],
    ["bad-hash", badEcho],
    ["bad-hash", line("respondent", "comms_check.echo", { ...ECHO_BODY, same_text_hash: hashOf("ru-04") })],
  ];
  for (const [reason, row] of rows) {
    const state = after(commsCheck, [ping, row]);
    assert.ok(state.about === "ping");
    assert.deepEqual([state.status, state.reason, state.open], ["failed", reason, false]);
  }
  const passed = after(commsCheck, histories.passed);
  assert.ok(passed.about === "ping" && passed.reason === undefined);
  const byClock = ["no-receipt", "no-ack"];
  assert.deepEqual(new Set([...byClock, ...rows.map(([reason]) => reason)]), new Set(FAIL_REASONS));
});

test("8-4.5: a ping owes an echo within t_ack, and the clock itself fails it", () => {
  assert.deepEqual(after(commsCheck, [ping]).timers, [
    {
      id: "t_ack",
      name: "t_ack",
      owing: "respondent",
      trigger: { feed: FEEDS.initiator, seq: 1 },
      onExpiry: { status: "failed", graceSeconds: 0 },
    },
  ]);
  assert.deepEqual(running(after(commsCheck, [ping, ack])), ["t_ack"], "opening the ping is not reading it");
  assert.deepEqual(running(after(commsCheck, histories.passed)), []);
  const marks = {
    acknowledged: { feed: FEEDS.respondent, seq: 2 },
    answered: { feed: FEEDS.respondent, seq: 3 },
  };
  assert.deepEqual(after(commsCheck, [ping, ack, echo]).marks, marks);
  const [timer] = after(commsCheck, [report]).timers;
  assert.deepEqual([timer?.name, timer?.onExpiry], [{ fixedSeconds: 604_800 }, undefined]);
});

test("8-4.4: both reports stay, and equal bytes are agreement whatever the order of members", () => {
  const shuffled = Object.fromEntries(Object.entries(REPORT_BODY).toReversed());
  const state = after(commsCheck, [report, line("respondent", "comms_check.countersign", shuffled)]);
  assert.ok(state.about === "report");
  assert.deepEqual([state.status, state.period, state.reports.length], ["report-agreed", "2026-11", 2]);
});

const scene = {
  histories,
  initiator: { ack: { ...ack, side: "initiator" } as const, ping, report },
  respondent: { ack, echo, badEcho, countersign, differing },
};

test("8-4.6: no pair of messages can cross, so the table is empty", () => {
  assert.deepEqual(CROSSINGS, []);
  assert.ok(checkConvergence(commsCheck, scene, CROSSINGS) >= 6);
  for (const history of Object.values(histories)) {
    const fitting = [
      ping,
      report,
      { ...echo, side: "initiator" } as const,
      { ...countersign, side: "initiator" } as const,
    ];
    for (const row of fitting) assert.equal(judge(commsCheck, history, row).kind, "void");
  }
});

test("8-4.4: any sequence is judged and mutates nothing", () => {
  const lines = [...Object.values(scene.initiator), ...Object.values(scene.respondent)];
  const openings = fc.constantFrom(ping, report);
  fc.assert(
    fc.property(openings, fc.array(fc.constantFrom(...lines), { maxLength: 6 }), (opening, choices) => {
      const [first] = acts([opening]);
      assert.ok(first);
      let state = wholeState(commsCheck.open(first));
      for (const [i, row] of choices.entries()) {
        const act = actOf(row, i + 2);
        if (commsCheck.decide(state, act).kind === "accepted")
          state = wholeState(commsCheck.evolve(state, act));
      }
    }),
    { numRuns: 200 },
  );
});

test("8-4.3: twelve neutral sentences per language, each with its own hash", () => {
  for (const lang of CORPUS_LANGS)
    assert.equal(CORPUS.filter((sentence) => sentence.lang === lang).length, 12);
  assert.equal(CORPUS.length, 36);
  assert.equal(new Set(CORPUS_REFS).size, 36);
  assert.equal(new Set(CORPUS.map(({ hash }) => hash)).size, 36);
  for (const { ref, lang, text, hash } of CORPUS) {
    assert.equal(createHash("sha256").update(text, "utf8").digest("base64url"), hash, ref);
    assert.equal(text, text.normalize("NFC"), ref);
    assert.match(ref, new RegExp(`^${lang}-(0[1-9]|1[0-2])$`));
  }
  assert.equal(sentenceOf("en-13"), undefined);
});

test("8-4.2.3: the daily check changes hands every day, for whoever asks first", () => {
  const [a, b] = ["a", "b"];
  assert.deepEqual(
    [0, 1, 2, 3].map((day) => k1Owner([a, b], day)),
    [b, a, b, a],
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), (day) => {
      assert.equal(k1Owner([a, b], day), k1Owner([b, a], day));
      assert.notEqual(k1Owner([a, b], day), k1Owner([a, b], day + 1));
    }),
  );
});

// Schemas

const valid = (type: string, body: JsonObject, more: JsonObject = {}) =>
  isValid(
    commsCheck,
    message(type, body, {
      precedence: isReport(type) ? "routine" : "immediate",
      from_role: "watch",
      ...more,
    }),
  );
const isReport = (type: string) => type.endsWith("report") || type.endsWith("countersign");

test("8-4.1: every line of these tests could arrive", () => {
  for (const { type, body } of [ping, echo, badEcho, report, countersign, differing])
    assert.ok(valid(type, body), type);
});

test("8-4.2: every code is valid where it belongs, and a K5 is an exercise", () => {
  for (const kind of CHECK_KINDS) {
    for (const nature of ["real", "exercise", "test"]) {
      const fits = kind !== "K5" || nature === "exercise";
      assert.equal(valid("comms_check.ping", { ...PING_BODY, kind }, { nature }), fits, `${kind} ${nature}`);
    }
  }
  for (const path of CHECK_PATHS) assert.ok(valid("comms_check.ping", { ...PING_BODY, path }));
  for (const corpus_ref of CORPUS_REFS) assert.ok(valid("comms_check.ping", { ...PING_BODY, corpus_ref }));
  const bad: readonly JsonObject[] = [
    { kind: "K0" },
    { kind: "K7" },
    { path: "meet at noon" },
    { corpus_ref: "en-13" },
    { sent_at: "now" },
  ];
  for (const member of bad)
    assert.ok(!valid("comms_check.ping", { ...PING_BODY, ...member }), JSON.stringify(member));
});

test("8-4.1: no check may carry content", () => {
  const content: readonly JsonObject[] = [
    { texts: [{ lang: "en", form: "original", text: "hello" }] },
    { attach: [] },
    { withheld: [] },
    { refs: [{ kind: "case", id: "hello" }] },
    { use: ["H0"] },
    { source_grade: { admiralty: "A1" } },
  ];
  for (const { type, body } of [ping, echo, report, countersign]) {
    for (const member of content)
      assert.ok(!valid(type, body, member), `${type} ${Object.keys(member).join()}`);
    assert.ok(!valid(type, { ...body, text: "hello" }), type);
  }
});

test("8-4.1: each message refuses a missing member, a wrong type and another precedence", () => {
  for (const { type, body } of [ping, echo, report, countersign]) {
    for (const member of Object.keys(body)) {
      const { [member]: _left, ...rest } = body;
      assert.equal(
        valid(type, rest),
        ["median_seconds", "p95_seconds"].includes(member),
        `${type} without ${member}`,
      );
      assert.ok(!valid(type, { ...body, [member]: true }), `${type} ${member}`);
    }
    assert.ok(!valid(type, body, { precedence: "flash" }), type);
  }
  const bad: readonly JsonObject[] = [
    { success_permille: 1_001 },
    { sent: -1 },
    { period: "2026-13" },
    { by_hour: [{ hour: 24, sent: 1, passed: 1 }] },
  ];
  for (const member of bad)
    assert.ok(!valid("comms_check.report", { ...REPORT_BODY, ...member }), JSON.stringify(member));
});

test("8-4.1: one person on watch releases, and no suspension covers a check", () => {
  for (const rule of Object.values(commsCheck.messages)) {
    assert.deepEqual(rule.release, { persons: 1, roles: ["watch"] });
    assert.equal(rule.scope, "comms_check");
  }
  assert.deepEqual(commsCheck.messages["comms_check.ping"]?.roles, ["watch"]);
});
