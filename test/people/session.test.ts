/** Sessions, challenges and attempts by the clock; and one key in two approvals, which the gate refuses by itself. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isApproved, judgeApproval, type Draft } from "#parley/gate/release.ts";
import { SessionBook } from "#parley/people/session.ts";
import { Attempts, Waiting, WAITING_LIMIT, WAITING_SECONDS } from "#parley/people/waiting.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { refusedWith } from "../kit/world.ts";

const place = { origin: "http://localhost", agent: "a" };

describe("sessions", () => {
  it("at most so many of one officer: the oldest ends", () => {
    let now = 0;
    const limits = { idleSeconds: 900, totalSeconds: 28_800, perOfficer: 2 };
    const book = new SessionBook(nodeBackend, () => now, limits);
    const [first, second, third] = [1, 2, 3].map(() => {
      now += 1;
      return book.open(4, "passkey", place);
    });
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    assert.equal(book.find(first.secret, place), undefined);
    assert.equal(book.find(third.secret, place)?.officer, 4);
    assert.equal(book.endById(5, second.session.id), false, "not somebody else's");
    assert.equal(book.endById(4, second.session.id), true);
    assert.deepEqual(
      book.list(4).map(({ id }) => id),
      [third.session.id],
    );
    assert.equal(book.hasToken(third.secret, third.token), true);
    assert.equal(book.hasToken(third.secret, first.token), false);
    assert.equal(book.hasToken(third.secret, "short"), false);
  });
});

describe("what waits", () => {
  it("a challenge is good once and for minutes; the oldest makes room", () => {
    let now = 0;
    const waiting = new Waiting<number>(nodeBackend, () => now);
    const one = waiting.begin(1);
    assert.deepEqual([waiting.take(one), waiting.take(one)], [1, undefined]);
    const late = waiting.begin(2);
    now += WAITING_SECONDS;
    assert.equal(waiting.take(late), undefined);
    const first = waiting.begin(3);
    for (let i = 0; i < WAITING_LIMIT; i++) waiting.begin(i);
    assert.equal(waiting.take(first), undefined);
  });

  it("attempts come back with time, for each name by itself", () => {
    let now = 0;
    const attempts = new Attempts(() => now, 2, 30);
    assert.deepEqual(
      [1, 2, 3].map(() => attempts.take("a")),
      [true, true, false],
    );
    assert.equal(attempts.take("b"), true);
    now += 30;
    assert.deepEqual([attempts.take("a"), attempts.take("a")], [true, false]);
  });
});

describe("one key", () => {
  const draft: Draft = {
    id: "d",
    channel: "c",
    message: {},
    by: 1,
    digest: "x",
    approvals: [{ officer: 2, role: "releaser", key: "k" }],
    status: "open",
  };
  const policy = { persons: 2, roles: ["releaser"] } as const;

  it("approves a draft once, whatever number it carries", () => {
    const again = { officer: 3, role: "releaser", key: "k", digest: "x" } as const;
    refusedWith(judgeApproval(draft, policy, again), "gate-same-key");
    assert.equal(judgeApproval(draft, policy, { ...again, key: "l" }), true);
    assert.equal(isApproved({ ...draft, approvals: [...draft.approvals, again] }, policy), false);
    assert.equal(
      isApproved({ ...draft, approvals: [...draft.approvals, { ...again, key: "l" }] }, policy),
      true,
    );
  });
});
