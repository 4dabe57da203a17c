/**
 * What holds for every transcript (SPEC 7.3, 7.4): honest ones verify, no changed byte goes unsaid, no cut is complete.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import type { TranscriptReport } from "#parley/transcript/report.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import {
  exportTranscript,
  makeChannel,
  makePair,
  makeParty,
  openChannel,
  receipt,
  receiptAll,
  recordsOf,
  say,
  type KitChannel,
} from "../kit/record.ts";

const backend = createNodeBackend();
const noble = createNobleBackend({
  randomBytes: () => {
    throw new Error("a verification draws no randomness");
  },
});
const { channel, a, b } = makePair(backend);
const trust = trustParties([a.id, b.id]);
const honest = exportTranscript(channel, a, { withhold: new Map([[`${b.id} 3`, "erased"]]) });
const parties = ["x", "y", "z"].map((seed) => makeParty(backend, seed));
const everybody = trustParties(parties.map(({ id }) => id));

function countWarnings(report: TranscriptReport): number {
  return report.warnings.length + report.feeds.reduce((sum, { warnings }) => sum + warnings.length, 0);
}

function assertSaid(report: TranscriptReport, what: string): void {
  assert.ok(
    report.verdict === "failed" || countWarnings(report) > 0,
    `${what}: ${report.verdict} without a word`,
  );
}

test("no changed byte goes unsaid, at any offset", () => {
  fc.assert(
    fc.property(fc.nat(honest.length - 1), fc.integer({ min: 1, max: 255 }), (offset, mask) => {
      const changed = honest.slice();
      changed[offset] = (changed[offset] ?? 0) ^ mask;
      assertSaid(verifyTranscript(backend, changed, trust), `offset ${offset}, mask ${mask}`);
    }),
    { numRuns: 150 },
  );
});

test("no changed byte of the small records goes unsaid", () => {
  const records = recordsOf(honest);
  for (const [index, { type, bytes }] of records.entries()) {
    if (!["leaves", "withheld", "entry"].includes(type)) continue;
    const step = type === "withheld" ? 1 : 131;
    for (let offset = 0; offset < bytes.length; offset += step) {
      const changed = bytes.map((byte, i) => (i === offset ? byte ^ 1 : byte));
      const file = encodeBundle(
        records.map((record, i) => (i === index ? { type, bytes: changed } : record)),
      );
      assert.equal(verifyTranscript(backend, file, trust).verdict, "failed", `${type} ${offset}`);
    }
  }
});

test("several changed, inserted and removed bytes never throw and never go unsaid", () => {
  const change = fc.record({
    at: fc.nat(honest.length - 1),
    remove: fc.nat(40),
    insert: fc.uint8Array({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let bytes: readonly number[] = [...honest];
      for (const { at, remove, insert } of changes)
        bytes = [...bytes.slice(0, at), ...insert, ...bytes.slice(at + remove)];
      const file = Uint8Array.from(bytes);
      if (Buffer.compare(file, honest) === 0) return;
      assertSaid(verifyTranscript(backend, file, trust), "edit");
    }),
    { numRuns: 40 },
  );
});

test("arbitrary bytes are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assert.equal(verifyTranscript(backend, bytes, trust).verdict, "failed");
    }),
  );
});

test("a file cut at any record boundary, or inside any record, is not complete", () => {
  const records = recordsOf(honest);
  for (let kept = 0; kept < records.length; kept++) {
    const cut = encodeBundle(records.slice(0, kept));
    assert.equal(verifyTranscript(backend, cut, trust).verdict, "failed", `${kept} records`);
    assert.equal(verifyTranscript(backend, honest.subarray(0, cut.length + 7), trust).verdict, "failed");
  }
});

test("an exporter who cuts a feed and signs the manifest again is never complete to the old end", () => {
  for (let size = 0; size < 6; size++) {
    const cut = exportTranscript(channel, a, { sizes: new Map([[a.id, size]]) });
    const report = verifyTranscript(backend, cut, trust);
    // Heads stand at 2, 5 and 6; the other feed has seen 5. Only the cut to 5 leaves nothing that names more.
    if (size === 5) assert.deepEqual([report.verdict, report.feeds[0]?.shown], ["complete", 5]);
    else assert.equal(report.verdict, "failed", `cut to ${size}`);
  }
});

/** Turns of three parties: who speaks, how much, and who receipts. */
const turn = fc.record({
  who: fc.nat(2),
  messages: fc.integer({ min: 1, max: 5 }),
  receipted: fc.boolean(),
  sees: fc.boolean(),
});

test("honest records verify, whatever their shape, with both scopes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 3 }),
      fc.array(turn, { maxLength: 8 }),
      fc.nat(),
      (count, turns, seed) => {
        const made = playTurns(count, turns, `shape ${seed}`);
        const [exporter] = parties;
        assert.ok(exporter);
        const file = exportTranscript(made, exporter);
        for (const signatures of ["all", "last"] as const) {
          const report = verifyTranscript(backend, file, everybody, { signatures });
          assert.deepEqual([report.verdict, report.reasons], ["complete", []]);
          assert.equal(countWarnings(report), 0);
          assert.equal(
            report.entries.length,
            report.feeds.reduce((sum, { shown }) => sum + shown, 0),
          );
          assertOrder(report);
        }
      },
    ),
    { numRuns: 30 },
  );
});

function playTurns(
  count: number,
  turns: readonly {
    readonly who: number;
    readonly messages: number;
    readonly receipted: boolean;
    readonly sees: boolean;
  }[],
  seed: string,
): KitChannel {
  const members = parties.slice(0, count);
  const made = makeChannel(backend, members, { seed });
  openChannel(made);
  for (const { who, messages, receipted, sees } of turns) {
    const speaker = members[who % count];
    const other = members[(who + 1) % count];
    assert.ok(speaker && other);
    say(
      made,
      speaker,
      Array.from({ length: messages }, (_, n) => ({ n })),
      sees ? {} : { sees: false },
    );
    if (receipted) receipt(made, other, speaker);
  }
  receiptAll(made);
  return made;
}

/** Whatever an entry names comes before it; each bracket has its ends in order. */
function assertOrder(report: TranscriptReport): void {
  const counts = new Map<string, number>();
  for (const { feed, seq, entry, bracket } of report.entries) {
    assert.equal(seq, counts.get(feed) ?? 0);
    for (const seen of entry.seen) assert.ok((counts.get(seen.feed) ?? 0) >= seen.size);
    if (bracket.after !== undefined && bracket.before !== undefined)
      assert.ok(bracket.after <= bracket.before);
    counts.set(feed, seq + 1);
  }
}

test("both backends establish the same", () => {
  const altered = honest.slice();
  const middle = Math.floor(honest.length / 2);
  altered[middle] = (altered[middle] ?? 0) ^ 1;
  for (const file of [honest, altered]) {
    assert.deepEqual(verifyTranscript(noble, file, trust), verifyTranscript(backend, file, trust));
  }
});

test("withheld, erased and unreadable entries are counted, and take nothing from completeness", () => {
  const withhold = new Map([
    [`${a.id} 2`, "withheld"],
    [`${a.id} 3`, "erased"],
    [`${a.id} 4`, "unreadable"],
  ] as const);
  const report = verifyTranscript(backend, exportTranscript(channel, a, { withhold }), trust);
  const [feed] = report.feeds;
  assert.deepEqual([report.verdict, feed?.withheld, feed?.erased, feed?.unreadable], ["complete", 1, 1, 1]);
});
