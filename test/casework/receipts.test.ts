/** When the other side held an entry (SPEC 9.2). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createReceipts } from "#parley/casework/receipts.ts";
import { A, B } from "./toy.ts";

test("an entry was held when the smallest size that covers it was receipted, in any order of arrival", () => {
  const receipt = fc.record({
    feed: fc.constant(A),
    size: fc.integer({ min: 1, max: 12 }),
    by: fc.constantFrom(A, B, B, B),
    at: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(receipt, { maxLength: 15 }), (given) => {
      const receipts = createReceipts();
      let before = Array.from({ length: 13 }, (_, seq) => receipts.heldAt(A, seq));
      for (const [index, one] of given.entries()) {
        const revisions = receipts.revisions();
        receipts.add(one);
        const others = given.slice(0, index + 1).filter(({ by }) => by !== A);
        const now = before.map((_, seq) => receipts.heldAt(A, seq));
        now.forEach((at, seq) => {
          const covering = others.filter(({ size }) => size > seq);
          const smallest = Math.min(...covering.map(({ size }) => size));
          const times = covering.filter(({ size }) => size === smallest).map((other) => other.at);
          assert.equal(at, covering.length === 0 ? undefined : Math.min(...times));
        });
        // Who keeps an earlier answer is told when it no longer holds.
        if (now.some((at, seq) => before[seq] !== undefined && before[seq] !== at)) {
          assert.ok(receipts.revisions() > revisions);
        }
        before = now;
      }
    }),
  );
});

test("nobody receipts their own feed, and what was never receipted has no instant", () => {
  const receipts = createReceipts();
  receipts.add({ feed: A, size: 9, by: A, at: 1 });
  assert.deepEqual(
    [receipts.heldAt(A, 0), receipts.heldSize(A), receipts.latestAt(A)],
    [undefined, 0, undefined],
  );
  receipts.add({ feed: A, size: 2, by: B, at: 7 });
  receipts.add({ feed: A, size: 1, by: B, at: 5 });
  assert.deepEqual([receipts.heldAt(A, 1), receipts.heldAt(A, 2), receipts.heldSize(A)], [7, undefined, 2]);
  assert.equal(receipts.latestAt(A), 7);
});
