/** Taking back (SPEC 9.5.7 to 9.5.10, 15.1): every crossing, every order, and the balance that follows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBase64url, concatBytes, utf8 } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { balance } from "#parley/casework/balance.ts";
import { createCasework, type Casework } from "#parley/casework/casework.ts";
import type { Disclosure } from "#parley/casework/disclosure.ts";
import type { FirstReceipt, OpenedEntry } from "#parley/casework/opened-entry.ts";
import { A, B, CONFIG, digest, newRecord, uuid, type TestRecord } from "./toy.ts";

const HOUR = 3_600;
const RELEASER = { from_role: "releaser" };
const ACKNOWLEDGED = { of: uuid(1), understood: "yes", text_used: "original" };
const SALT = new Uint8Array(32).fill(3);
const COMMIT = encodeBase64url(digest(concatBytes(utf8("parley/commit/v1\n"), SALT, utf8('"late"'))));
const OPENING = {
  id: 1,
  body: { note: "one" },
  with: { withheld: [{ path: "/body/more", commit: COMMIT }] },
};

function open(record: TestRecord): void {
  record.say(A, "toy.open", OPENING);
  record.hold(B);
}

function retract(record: TestRecord, party: string, id: number, body: JsonObject): OpenedEntry {
  return record.say(party, "retract", { id, body: { reason: "wrong", ...body }, with: RELEASER });
}

function comply(record: TestRecord, party: string, of: number, body: JsonObject): OpenedEntry {
  return record.say(party, "retract.ack", { body: { of: uuid(of), ...body }, with: RELEASER });
}

function caseworkOf(entries: readonly OpenedEntry[], receipts: readonly FirstReceipt[]): Casework {
  const casework = createCasework(CONFIG);
  for (const entry of entries) casework.add(entry);
  for (const receipt of receipts) casework.receive(receipt);
  return casework;
}

function rowsOf(record: TestRecord, by: string): readonly Disclosure[] {
  return caseworkOf(record.entries, record.receipts).disclosures(by, record.now());
}

function outcomes(record: TestRecord): readonly string[] {
  const view = caseworkOf(record.entries, record.receipts).view(record.now());
  return view.cases.flatMap(({ entries }) => entries.map(({ outcome }) => outcome.kind));
}

/** Both sides write without knowing of each other's last word, then learn it. */
interface Crossing {
  readonly name: string;
  readonly before?: (record: TestRecord) => void;
  readonly ours: (record: TestRecord) => unknown;
  readonly theirs: (record: TestRecord) => unknown;
  readonly after: (rows: readonly Disclosure[], record: TestRecord) => void;
}

const CROSSINGS: readonly Crossing[] = [
  {
    name: "retract and an acknowledgement",
    ours: (r) => retract(r, A, 5, { of: uuid(1) }),
    theirs: (r) => r.say(B, "ack", { body: ACKNOWLEDGED }),
    after: ([row]) => {
      assert.equal(row?.retractions.length, 1);
      assert(row.acknowledged_at !== undefined);
    },
  },
  {
    name: "retract and an answer",
    ours: (r) => retract(r, A, 5, { of: uuid(1) }),
    theirs: (r) => r.say(B, "toy.done", { body: { seen: "effect" } }),
    after: ([row], record) => {
      assert.equal(row?.retractions.length, 1);
      assert.equal(rowsOf(record, B).length, 1, "the answer is a disclosure of its own");
    },
  },
  {
    name: "two retractions",
    before: (r) => r.say(B, "toy.ask", { id: 3 }),
    ours: (r) => retract(r, A, 5, { of: uuid(1) }),
    theirs: (r) => retract(r, B, 6, { of: uuid(3) }),
    after: ([row], record) => {
      assert.equal(row?.retractions[0]?.ack, undefined);
      assert.equal(rowsOf(record, B)[0]?.retractions[0]?.id, uuid(6));
    },
  },
  {
    name: "retract and an erasure of the message",
    ours: (r) => retract(r, A, 5, { of: uuid(1) }),
    theirs: (r) => {
      const body = { feed: A, seq: 0, reason: "law" };
      return r.say(B, "erase", { kind: "erase", body, with: { from_role: "authority" } });
    },
    after: ([row]) => assert.equal(row?.retractions.length, 1),
  },
  {
    name: "the answer and a further retraction",
    before: (r) => {
      r.say(A, "toy.answer", { id: 2 });
      retract(r, A, 5, { of: uuid(1) });
    },
    ours: (r) => retract(r, A, 6, { of: uuid(2) }),
    theirs: (r) => comply(r, B, 5, { complied: "deleted" }),
    after: (rows) =>
      assert.deepEqual(
        rows.map(({ retractions }) => retractions.map(({ ack }) => ack?.complied)),
        [["deleted"], [undefined]],
      ),
  },
  {
    name: "the answer and a reveal in the message",
    before: (r) => retract(r, A, 5, { of: uuid(1) }),
    ours: (r) => {
      const body = { of: uuid(1), path: "/body/more", salt: encodeBase64url(SALT), value: "late" };
      return r.say(A, "reveal", { body, with: RELEASER });
    },
    theirs: (r) => comply(r, B, 5, { complied: "cannot", code: "published" }),
    after: ([row]) => {
      assert.deepEqual(row?.withheld, []);
      assert.equal(row?.revealed[0]?.path, "/body/more");
      assert.equal(row.retractions[0]?.items, undefined, "the whole message stays withdrawn");
    },
  },
];

for (const { name, before, ours, theirs, after } of CROSSINGS) {
  test(`crossing: ${name}`, () => {
    for (const order of [
      [ours, theirs],
      [theirs, ours],
    ]) {
      const record = newRecord();
      open(record);
      before?.(record);
      record.hold(A);
      record.hold(B);
      for (const say of order) say(record);
      record.hold(A);
      record.hold(B);
      assert(!outcomes(record).includes("void"), outcomes(record).join(" "));
      after(rowsOf(record, A), record);
    }
  });
}

test("a closed case still takes a retraction and its answer; the last answer counts until it is deleted", () => {
  const record = newRecord();
  open(record);
  record.say(A, "toy.withdraw", { id: 4 });
  const retraction = retract(record, A, 5, { of: uuid(1) });
  record.hold(B);
  record.at(record.now() + HOUR);
  comply(record, B, 5, { complied: "cannot", code: "in-backup" });
  record.hold(A);
  record.at(record.now() + HOUR);
  comply(record, B, 5, { complied: "deleted" });
  const unheld = rowsOf(record, A)[0]?.retractions[0];
  assert.deepEqual(unheld?.ref, { feed: A, seq: retraction.seq });
  assert.equal(unheld.ack?.complied, "deleted");
  assert.equal(unheld.ack.known_since, undefined, "said, and not yet held by the other");
  record.hold(A);
  const before = caseworkOf(record.entries, record.receipts).disclosures(A, record.now() - HOUR);
  assert.equal(before[0]?.retractions[0]?.ack?.complied, "cannot", "as of then");
  assert(!outcomes(record).includes("void"));
});

test("a pointer covers what is below it, and the rest stays", () => {
  const record = newRecord();
  open(record);
  retract(record, A, 5, { of: uuid(1), items: [{ kind: "path", path: "/body/note" }] });
  assert.deepEqual(rowsOf(record, A)[0]?.retractions[0]?.items, [{ kind: "path", path: "/body/note" }]);
  retract(record, A, 6, { of: uuid(1) });
  assert(!outcomes(record).includes("void"), "the whole may follow a part");
});

test("any order of entries and receipts gives the same rows and the same balance", () => {
  const record = newRecord();
  open(record);
  record.say(B, "toy.ask", { id: 3 });
  retract(record, A, 5, { of: uuid(1), items: [{ kind: "path", path: "/body/note" }] });
  record.hold(A);
  retract(record, A, 7, { of: uuid(1) });
  record.hold(B);
  comply(record, B, 5, { complied: "kept-legal", code: "court-order" });
  record.hold(B);
  retract(record, B, 8, { of: uuid(3) });
  record.hold(A);
  assert(!outcomes(record).includes("void"));
  comply(record, B, 7, { complied: "deleted" });
  record.hold(A);
  const shown = (entries: readonly OpenedEntry[], receipts: readonly FirstReceipt[]) => {
    const casework = caseworkOf(entries, receipts);
    const rows = [A, B].flatMap((party) => casework.disclosures(party, record.now()));
    return { rows, balance: balance(casework.view(record.now()), rows) };
  };
  const expected = shown(record.entries, record.receipts);
  assert.equal(expected.rows[0]?.retractions.length, 2);
  const shuffle = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
  fc.assert(
    fc.property(shuffle(record.entries), shuffle(record.receipts), (entries, receipts) => {
      assert.deepEqual(shown(entries, receipts), expected);
    }),
    { numRuns: 60 },
  );
});
