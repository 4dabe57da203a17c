/** Every void code and every reason of the engine, one row each (SPEC 9.3, 9.5). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64url, utf8, concatBytes } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { foldChannel } from "#parley/casework/casework.ts";
import type { ChannelView } from "#parley/casework/channel-view.ts";
import { CASEWORK_CODES, ENGINE_REASONS, type EntryOutcome } from "#parley/casework/codes.ts";
import type { OpenedEntry } from "#parley/casework/opened-entry.ts";
import type { VoidCode } from "#parley/protocols/protocol.ts";
import { VOID_CODES } from "#parley/protocols/system/messages.ts";
import { A, B, CONFIG, NOON, TERMS, digest, messageOf, newRecord, uuid, type TestRecord } from "./toy.ts";

const DAY = 86_400;
const ack = (id: number) => ({ of: uuid(id), understood: "yes", text_used: "original" });
const extend = (timer: string, seconds: number) => ({ timer, seconds, reason: "X-LEGAL" });

const SALT = new Uint8Array(32).fill(7);
const VALUE = { host: "192.0.2.7" };
const COMMIT = encodeBase64url(
  digest(concatBytes(utf8("parley/commit/v1\n"), SALT, utf8('{"host":"192.0.2.7"}'))),
);
const withheld = { withheld: [{ path: "/body/host", commit: COMMIT }] };
const reveal = (path: string, value: typeof VALUE | number) => ({
  of: uuid(1),
  path,
  salt: encodeBase64url(SALT),
  value,
});

const RELEASER = { from_role: "releaser" };

interface Row {
  readonly reason: string;
  readonly code: VoidCode;
  /** Writes a record whose returned entry is the void one. */
  readonly given: (record: TestRecord) => OpenedEntry;
}

function opened(record: TestRecord): void {
  record.tell(A, "toy.open", { id: 1, with: withheld });
}
function acknowledged(record: TestRecord): void {
  opened(record);
  record.tell(B, "ack", { id: 2, body: ack(1) });
}

function retract(record: TestRecord, body: JsonObject = {}, id?: number): OpenedEntry {
  return record.tell(A, "retract", {
    body: { of: uuid(1), reason: "wrong", ...body },
    with: RELEASER,
    ...(id !== undefined && { id }),
  });
}
function complied(record: TestRecord, body: JsonObject): OpenedEntry {
  return record.tell(B, "retract.ack", { body, with: RELEASER });
}

const ROWS: readonly Row[] = [
  { reason: "unknown-type", code: "E-UNEXPECTED", given: (r) => r.tell(A, "toy.dance") },
  { reason: "unknown-type", code: "E-UNEXPECTED", given: (r) => r.raw(A, { type: 7 }) },
  { reason: "wrong-kind", code: "E-UNEXPECTED", given: (r) => r.tell(A, "toy.open", { kind: "erase" }) },
  {
    reason: "wrong-role",
    code: "E-SCOPE",
    given: (r) => r.tell(A, "toy.open", { with: { from_role: "monitor" } }),
  },
  {
    reason: "/body/note",
    code: "E-SCHEMA",
    given: (r) => r.tell(A, "toy.open", { body: { note: "x".repeat(21) } }),
  },
  { reason: "/tlp", code: "E-SCHEMA", given: (r) => r.tell(A, "toy.open", { with: { tlp: "BLUE" } }) },
  { reason: "/body", code: "E-SCHEMA", given: (r) => r.tell(A, "toy.open", { body: { secret_member: 1 } }) },
  {
    reason: "duplicate-id",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), r.tell(B, "toy.ask", { id: 1 })),
  },
  { reason: "unknown-case", code: "E-UNEXPECTED", given: (r) => r.tell(A, "toy.answer") },
  { reason: "unknown-case", code: "E-UNEXPECTED", given: (r) => r.tell(A, "ack", { body: ack(1) }) },
  {
    reason: "case-taken",
    code: "E-UNEXPECTED",
    given: (r) => {
      r.at(TERMS.term.until);
      r.tell(A, "request.open");
      return r.tell(A, "toy.open");
    },
  },
  {
    reason: "other-protocol",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), r.tell(A, "request.answer")),
  },
  { reason: "wrong-side", code: "E-UNEXPECTED", given: (r) => (opened(r), r.tell(A, "toy.verdict")) },
  {
    reason: "/nature",
    code: "E-SCHEMA",
    given: (r) => (opened(r), r.tell(B, "toy.verdict", { with: { nature: "exercise" } })),
  },
  {
    reason: "/nature",
    code: "E-SCHEMA",
    given: (r) => (opened(r), r.tell(B, "ack", { body: ack(1), with: { nature: "test" } })),
  },
  {
    reason: "term-ended",
    code: "E-SCOPE",
    given: (r) => {
      r.at(TERMS.term.until);
      return r.tell(A, "request.open");
    },
  },
  {
    reason: "suspended",
    code: "E-SCOPE",
    given: (r) => (opened(r), r.tell(B, "stopper.stop", { case: 2 }), r.tell(A, "toy.withdraw")),
  },
  {
    reason: "terminated",
    code: "E-SCOPE",
    given: (r) => {
      r.tell(B, "stopper.end", { case: 2 });
      r.at(NOON + 14 * DAY + 1);
      return r.tell(A, "comms_check.open", { case: 3 });
    },
  },
  {
    reason: "unknown-message",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), r.tell(B, "ack", { body: ack(99) })),
  },
  {
    reason: "unknown-message",
    code: "E-UNEXPECTED",
    given: (r) => {
      opened(r);
      r.say(A, "toy.answer", { id: 5 });
      // Sorts after the answer, yet its author had not seen it.
      r.say(B, "toy.ask", { id: 6 });
      r.say(B, "toy.ask", { id: 7 });
      return r.say(B, "ack", { body: ack(5) });
    },
  },
  {
    reason: "own-message",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), r.tell(A, "ack", { body: ack(1) })),
  },
  {
    reason: "/body/of",
    code: "E-SCHEMA",
    given: (r) => r.tell(A, "sys.error", { body: { code: "E-STATE" } }),
  },
  {
    reason: "/body/feed",
    code: "E-SCHEMA",
    given: (r) => r.tell(A, "sys.gap", { body: { feed: "C".repeat(43), from: 1, to: 2 } }),
  },
  {
    reason: "/body/to",
    code: "E-SCHEMA",
    given: (r) => r.tell(A, "sys.gap", { body: { feed: B, from: 3, to: 2 } }),
  },
  {
    reason: "unknown-message",
    code: "E-UNEXPECTED",
    given: (r) =>
      r.tell(A, "erase", { kind: "erase", body: { feed: B, seq: 9, reason: "law" }, with: RELEASER }),
  },
  {
    reason: "feed-closed",
    code: "E-SCOPE",
    given: (r) => {
      opened(r);
      r.tell(B, "close", { kind: "close", body: { reason: "ceased" }, with: RELEASER });
      return r.tell(B, "ack", { body: ack(1) });
    },
  },
  { reason: "wrong-kind", code: "E-UNEXPECTED", given: (r) => r.tell(A, "close", { with: RELEASER }) },
  {
    reason: "not-acknowledged",
    code: "E-STATE",
    given: (r) => {
      opened(r);
      return r.tell(B, "precedence.lowered", {
        body: { of: uuid(1), to: "routine", reason: "already-known" },
      });
    },
  },
  {
    reason: "not-lower",
    code: "E-STATE",
    given: (r) => {
      acknowledged(r);
      return r.tell(B, "precedence.lowered", {
        body: { of: uuid(1), to: "priority", reason: "already-known" },
      });
    },
  },
  {
    reason: "unknown-timer",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), r.tell(B, "timer.extend", { body: extend("t_none", 1) })),
  },
  {
    reason: "not-owing",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), r.tell(A, "timer.extend", { body: extend("t_ack", 1) })),
  },
  {
    reason: "timer-stopped",
    code: "E-STATE",
    given: (r) => (acknowledged(r), r.tell(B, "timer.extend", { body: extend("t_ack", 1) })),
  },
  {
    reason: "already-extended",
    code: "E-STATE",
    given: (r) => {
      opened(r);
      r.tell(B, "timer.extend", { body: extend("t_ack", 1) });
      return r.tell(B, "timer.extend", { body: extend("t_ack", 1) });
    },
  },
  {
    reason: "extension-too-long",
    code: "E-STATE",
    given: (r) => (opened(r), r.tell(B, "timer.extend", { body: extend("t_ack", 8 * 3_600 + 1) })),
  },
  {
    reason: "extension-too-late",
    code: "E-STATE",
    given: (r) => {
      opened(r);
      r.at(NOON + 8 * 3_600 + 1);
      return r.tell(B, "timer.extend", { body: extend("t_ack", 60) });
    },
  },
  {
    reason: "unknown-path",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), r.tell(A, "reveal", { body: reveal("/body/port", VALUE), with: RELEASER })),
  },
  {
    reason: "commitment-mismatch",
    code: "E-SIG",
    given: (r) => (opened(r), r.tell(A, "reveal", { body: reveal("/body/host", 8), with: RELEASER })),
  },
  {
    reason: "already-revealed",
    code: "E-STATE",
    given: (r) => {
      opened(r);
      r.tell(A, "reveal", { body: reveal("/body/host", VALUE), with: RELEASER });
      return r.tell(A, "reveal", { body: reveal("/body/host", VALUE), with: RELEASER });
    },
  },
  {
    reason: "unknown-message",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), retract(r, { replacement: uuid(9) })),
  },
  {
    reason: "not-retractable",
    code: "E-UNEXPECTED",
    given: (r) => {
      acknowledged(r);
      return r.tell(B, "retract", { body: { of: uuid(2), reason: "wrong" }, with: RELEASER });
    },
  },
  {
    reason: "unknown-item",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), retract(r, { items: [{ kind: "path", path: "/body/port" }] })),
  },
  {
    reason: "unknown-item",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), retract(r, { items: [{ kind: "path", path: "/officer" }] })),
  },
  {
    reason: "unknown-item",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), retract(r, { items: [{ kind: "attachment", digest: COMMIT }] })),
  },
  {
    reason: "already-retracted",
    code: "E-STATE",
    given: (r) => (opened(r), retract(r), retract(r, { items: [{ kind: "path", path: "/body" }] })),
  },
  {
    reason: "no-retraction",
    code: "E-UNEXPECTED",
    given: (r) => (opened(r), complied(r, { of: uuid(1), complied: "deleted" })),
  },
  {
    reason: "/body/code",
    code: "E-SCHEMA",
    given: (r) => (opened(r), retract(r, {}, 5), complied(r, { of: uuid(5), complied: "cannot" })),
  },
  {
    reason: "already-deleted",
    code: "E-STATE",
    given: (r) => {
      opened(r);
      retract(r, {}, 5);
      complied(r, { of: uuid(5), complied: "deleted" });
      return complied(r, { of: uuid(5), complied: "cannot", code: "published" });
    },
  },
  ...(["E-GAP", "E-CLOCK", "E-STATE"] as const).map((code) => ({
    reason: "toy",
    code,
    given: (r: TestRecord) => (opened(r), r.tell(B, "toy.refuse", { body: { code } })),
  })),
];

function outcomeOf(view: ChannelView, { feed, seq }: OpenedEntry): EntryOutcome | undefined {
  const entries = [...view.loose, ...view.cases.flatMap((one) => one.entries)];
  return entries.find(({ ref }) => ref.feed === feed && ref.seq === seq)?.outcome;
}

for (const { reason, code, given } of ROWS) {
  test(`an entry is void: ${code} ${reason}`, () => {
    const record = newRecord();
    const entry = given(record);
    const view = foldChannel({ ...CONFIG, ...record, asOf: record.now() });
    assert.deepEqual(outcomeOf(view, entry), { kind: "void", code, reason });
  });
}

test("every reason of the engine and every code has a row", () => {
  const reasons = new Set(ROWS.map(({ reason }) => reason));
  assert.deepEqual(
    Object.keys(ENGINE_REASONS).filter((reason) => !reasons.has(reason)),
    [],
  );
  assert.deepEqual(new Set(ROWS.map(({ code }) => code)), new Set(Object.keys(CASEWORK_CODES)));
  assert.deepEqual(new Set(VOID_CODES), new Set(Object.keys(CASEWORK_CODES)));
});

test("the engine's table says the code that the row saw", () => {
  for (const { reason, code } of ROWS) {
    const known = Object.entries(ENGINE_REASONS).find(([name]) => name === reason);
    if (known !== undefined) assert.equal(known[1].code, code, reason);
  }
});

test("a void opening takes its case id, a malformed one does not", () => {
  const record = newRecord();
  record.tell(A, "toy.open", { id: 1, body: { note: "x".repeat(99) } });
  record.tell(A, "toy.open", { id: 2 });
  const view = foldChannel({ ...CONFIG, ...record, asOf: NOON });
  assert.equal(view.cases[0]?.status, "delivered");
  assert.deepEqual(
    view.cases[0]?.entries.map(({ outcome }) => outcome.kind),
    ["void", "accepted"],
  );
});

test("an entry that nobody can read has no effect and is nobody's error", () => {
  const record = newRecord();
  const entry = record.entry(A, "message");
  const view = foldChannel({ ...CONFIG, ...record, asOf: NOON });
  assert.deepEqual(outcomeOf(view, entry), { kind: "unread" });
  assert.equal(view.loose[0]?.needsError, undefined);
});

test("the reason of a schema error shows no content", () => {
  const record = newRecord();
  const entry = record.raw(A, { ...messageOf("toy.open", {}), free_text_as_a_name: "198.51.100.7" });
  const outcome = outcomeOf(foldChannel({ ...CONFIG, ...record, asOf: NOON }), entry);
  assert.deepEqual(outcome, { kind: "void", code: "E-SCHEMA", reason: "" });
});
