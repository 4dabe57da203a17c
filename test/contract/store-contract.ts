/**
 * What every engine behind the Store port must do. An engine's test names itself, opens an empty store, and where
 * its data outlives the handle says how to open the same data again.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PAYLOAD_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { utf8 } from "#parley/codec/bytes.ts";
import {
  EMPTY_FRONTIER,
  inclusionPath,
  leafHash,
  rootFromInclusion,
  subtreeReader,
} from "#parley/ledger/tree.ts";
import { StoreFault, type FeedKey, type Store } from "#parley/store/store.ts";
import { feedWriter, filler, MERIDIA, receiptOf, RIMAL, sha256 } from "./store-material.ts";

export interface ReopenableEngine {
  /** Closes the store and opens another on the same data. */
  readonly reopen: (store: Store) => Promise<Store>;
}

export function storeContract(name: string, open: () => Promise<Store>, engine?: ReopenableEngine): void {
  describe(`store contract: ${name}`, () => {
    appendContract(open);
    readingContract(open);
    receiptContract(open);
    erasureContract(open);
    bookContract(open);
    if (engine !== undefined) durabilityContract(open, engine);
  });
}

const STRANGER: FeedKey = { channel: "channel-1", feed: "nobody" };
const whole = { from: 0, limit: 10_000, payloads: true } as const;
const isCorrupt = (error: unknown): boolean => error instanceof StoreFault && error.kind === "corrupt";

function appendContract(open: () => Promise<Store>): void {
  it("knows nothing of a feed before its first append", async () => {
    await using store = await open();
    const nothing = { frontier: EMPTY_FRONTIER, seen: [], depth: 0, checkpoint: undefined };
    assert.deepEqual(await store.tip(STRANGER), nothing);
    assert.deepEqual(await store.feeds("channel-1"), []);
    assert.deepEqual(await store.entries(STRANGER, whole), []);
    assert.equal(await store.entryAt(STRANGER, 0), undefined);
    assert.equal(await store.checkpointAt(STRANGER, 1), undefined);
    assert.deepEqual(await store.checkpoints(STRANGER, 0, 10), []);
    assert.equal(await store.subtree(STRANGER, 0, 0), undefined);
    assert.equal(await store.receiptAt(STRANGER, 1, "csirt-rimal"), undefined);
    assert.deepEqual(await store.receipts("channel-1"), []);
    await store.erasePayload(STRANGER, 0);
    assert.deepEqual(await store.feeds("channel-1"), []);
  });

  it("gives back exactly what was appended", async () => {
    await using store = await open();
    const write = feedWriter(MERIDIA);
    for (const entries of [1, 5, 16, 300]) {
      const append = write({ entries });
      await store.append(append);
      const range = { from: append.from, limit: entries, payloads: true };
      assert.deepEqual(await store.entries(MERIDIA, range), append.entries);
      assert.deepEqual(await store.tip(MERIDIA), { ...append.tip, checkpoint: append.checkpoint });
      assert.deepEqual(await store.checkpointAt(MERIDIA, append.checkpoint.size), append.checkpoint);
    }
    assert.deepEqual(await store.feeds("channel-1"), [{ feed: "cert-meridia", size: 322 }]);
  });

  it("keeps entries without payload or opened message as they are, and empty bytes as empty", async () => {
    await using store = await open();
    const append = feedWriter(MERIDIA)({ entries: 3 });
    const [first, second, third] = append.entries;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const { payload: _payload, ...sealedAway } = first;
    const { opened: _opened, ...unread } = second;
    const entries = [sealedAway, unread, { ...third, payload: new Uint8Array(0) }];
    await store.append({ ...append, entries });
    assert.deepEqual(await store.entries(MERIDIA, whole), entries);
  });

  it("refuses an append that does not start where the feed stands, and changes nothing", async () => {
    await using store = await open();
    const write = feedWriter(MERIDIA);
    const [first, second, third] = [write({ entries: 2 }), write({ entries: 2 }), write({ entries: 2 })];
    await assert.rejects(store.append(second), isCorrupt, "a first append that leaves a hole");
    assert.deepEqual(await store.feeds("channel-1"), []);
    await store.append(first);
    await assert.rejects(store.append(first), isCorrupt, "the same again");
    await assert.rejects(store.append(third), isCorrupt, "a hole");
    await store.append(second);
    const rival = feedWriter(MERIDIA);
    rival({ entries: 2 });
    await assert.rejects(store.append(rival({ entries: 5 })), isCorrupt, "a second history");
    assert.deepEqual(await store.tip(MERIDIA), { ...second.tip, checkpoint: second.checkpoint });
    assert.deepEqual(await store.entries(MERIDIA, whole), [...first.entries, ...second.entries]);
    await store.append(third);
  });

  it("throws on an append that contradicts itself, and changes nothing", async () => {
    await using store = await open();
    const append = feedWriter(MERIDIA)({ entries: 4 });
    const contradictions = [
      { ...append, entries: [] },
      { ...append, entries: append.entries.slice(1) },
      { ...append, entries: append.entries.toReversed() },
      { ...append, checkpoint: { ...append.checkpoint, size: 3 } },
      { ...append, checkpoint: { ...append.checkpoint, root: new Uint8Array(31) } },
      { ...append, tip: { ...append.tip, frontier: { ...append.tip.frontier, size: 5 } } },
      { ...append, tip: { ...append.tip, frontier: { ...append.tip.frontier, subtrees: [] } } },
      { ...append, entries: append.entries.map((entry) => ({ ...entry, leaf: new Uint8Array(0) })) },
    ];
    for (const contradiction of contradictions) await assert.rejects(store.append(contradiction));
    assert.deepEqual(await store.feeds("channel-1"), []);
    await store.append(append);
  });

  it("is all or nothing when a write inside the transaction fails", async () => {
    await using store = await open();
    const write = feedWriter(MERIDIA);
    const first = write({ entries: 1 });
    await store.append(first);
    const second = write({ entries: 3, receipts: [receiptOf(MERIDIA, 4, "csirt-rimal", 100)] });
    const broken = { ...receiptOf(MERIDIA, 4, "csirt-orrin", 100), at: Number.NaN }; // the last write of all
    await assert.rejects(store.append({ ...second, receipts: [...second.receipts, broken] }));
    assert.deepEqual(await store.tip(MERIDIA), { ...first.tip, checkpoint: first.checkpoint });
    assert.deepEqual(await store.entries(MERIDIA, whole), first.entries);
    assert.equal(await store.checkpointAt(MERIDIA, 4), undefined);
    assert.deepEqual(await store.receipts("channel-1"), []);
    await store.append(second);
  });

  it("lets exactly one of several concurrent appends win", async () => {
    await using store = await open();
    const rivals = [1, 2, 3, 4].map((entries) => feedWriter(MERIDIA)({ entries }));
    const outcomes = await Promise.allSettled(rivals.map((rival) => store.append(rival)));
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), [
      "fulfilled",
      "rejected",
      "rejected",
      "rejected",
    ]);
    const winner = rivals[outcomes.findIndex(({ status }) => status === "fulfilled")];
    assert.deepEqual(await store.entries(MERIDIA, whole), winner?.entries);
  });

  it("serves concurrent appends to several feeds, and readers between them", async () => {
    await using store = await open();
    const keys = ["a", "b", "c", "d"].map((feed) => ({ channel: "channel-9", feed }));
    await Promise.all(
      keys.map(async (key) => {
        const write = feedWriter(key);
        for (let batch = 1; batch <= 20; batch++) {
          await store.append(write({ entries: batch % 3 === 0 ? 7 : 1 }));
          const { frontier, checkpoint } = await store.tip(key);
          assert.equal(frontier.size, checkpoint?.size);
          assert.equal((await store.entries(key, whole)).length, frontier.size);
        }
      }),
    );
    assert.deepEqual(
      await store.feeds("channel-9"),
      keys.map(({ feed }) => ({ feed, size: 56 })),
    );
  });
}

function readingContract(open: () => Promise<Store>): void {
  it("reads ranges by position, clipped to the feed, and never into the neighbour's", async () => {
    await using store = await open();
    const [own, other] = [feedWriter(MERIDIA)({ entries: 10 }), feedWriter(RIMAL)({ entries: 4 })];
    await store.append(own);
    await store.append(other);
    const seqs = async (key: FeedKey, from: number, limit: number): Promise<readonly number[]> =>
      (await store.entries(key, { from, limit, payloads: false })).map(({ seq }) => seq);
    assert.deepEqual(await seqs(MERIDIA, 0, 3), [0, 1, 2]);
    assert.deepEqual(await seqs(MERIDIA, 8, 3), [8, 9]);
    assert.deepEqual(await seqs(MERIDIA, 10, 3), []);
    assert.deepEqual(await seqs(MERIDIA, Number.MAX_SAFE_INTEGER, 1), []);
    assert.deepEqual(await seqs(MERIDIA, 5, 0), []);
    assert.deepEqual(await seqs(RIMAL, 2, Number.MAX_SAFE_INTEGER), [2, 3]);
    assert.deepEqual(await seqs(RIMAL, 0, Infinity), [0, 1, 2, 3]);
    assert.deepEqual(await seqs(RIMAL, -1, 2), [0]);
    assert.deepEqual(await store.entryAt(RIMAL, 3), other.entries[3]);
    for (const seq of [-1, 4, Number.MAX_SAFE_INTEGER])
      assert.equal(await store.entryAt(RIMAL, seq), undefined);
  });

  it("leaves payloads out when asked to, and nothing else", async () => {
    await using store = await open();
    const append = feedWriter(MERIDIA)({ entries: 3 });
    await store.append(append);
    const bare = append.entries.map(({ payload: _payload, ...rest }) => rest);
    assert.deepEqual(await store.entries(MERIDIA, { ...whole, payloads: false }), bare);
  });

  it("keeps one feed name in two channels apart", async () => {
    await using store = await open();
    const elsewhere = { ...MERIDIA, channel: "channel-2" };
    const [here, there] = [feedWriter(MERIDIA)({ entries: 2 }), feedWriter(elsewhere)({ entries: 3 })];
    await store.append(here);
    await store.append(there);
    assert.deepEqual(await store.entries(MERIDIA, whole), here.entries);
    assert.deepEqual(await store.entries(elsewhere, whole), there.entries);
    assert.deepEqual(await store.feeds("channel-2"), [{ feed: "cert-meridia", size: 3 }]);
  });

  it("keeps every checkpoint, ascending and from a size on", async () => {
    await using store = await open();
    const write = feedWriter(MERIDIA);
    const appends = [1, 2, 3, 4].map((entries) => write({ entries }));
    for (const append of appends) await store.append(append);
    await store.append(feedWriter(RIMAL)({ entries: 4 }));
    const checkpoints = appends.map(({ checkpoint }) => checkpoint); // sizes 1, 3, 6, 10
    assert.deepEqual(await store.checkpoints(MERIDIA, 0, 100), checkpoints);
    assert.deepEqual(await store.checkpoints(MERIDIA, 3, 2), checkpoints.slice(1, 3));
    assert.deepEqual(await store.checkpoints(MERIDIA, 4, Infinity), checkpoints.slice(2));
    assert.deepEqual(await store.checkpoints(MERIDIA, 11, 1), []);
    assert.deepEqual(await store.checkpoints(MERIDIA, 0, 0), []);
    for (const size of [0, 2, 11]) assert.equal(await store.checkpointAt(MERIDIA, size), undefined);
  });

  it("answers subtree hashes that prove any entry of a feed of several levels", async () => {
    await using store = await open();
    const write = feedWriter(MERIDIA);
    for (let i = 0; i < 4; i++) await store.append(write({ entries: 250 }));
    const kept = new Map<string, Uint8Array | undefined>();
    for (let index = 0; index < 1_000; index++)
      kept.set(`0/${index}`, await store.subtree(MERIDIA, 0, index));
    for (let index = 0; index < 4; index++) kept.set(`8/${index}`, await store.subtree(MERIDIA, 8, index));
    assert.equal(kept.get("8/3"), undefined, "of 1,000 leaves only three subtrees of level 8 are complete");
    assert.ok(kept.get("8/2") !== undefined);
    const read = subtreeReader(sha256, (level, index) => kept.get(`${level}/${index}`));
    const root = (await store.tip(MERIDIA)).checkpoint?.root;
    for (const seq of [0, 255, 256, 700, 999]) {
      const leaf = leafHash(sha256, (await store.entryAt(MERIDIA, seq))?.bytes ?? new Uint8Array(0));
      const path = inclusionPath(sha256, read, seq, 1_000);
      assert.deepEqual(rootFromInclusion(sha256, leaf, seq, 1_000, path), root);
    }
    assert.equal(await store.subtree(MERIDIA, 0, 1_000), undefined);
  });

  it("keeps the largest payload that the wire allows", async () => {
    await using store = await open();
    const append = feedWriter(MERIDIA)({ entries: 3, payloadSizeBytes: PAYLOAD_SIZE_LIMIT_BYTES });
    await store.append(append);
    assert.deepEqual(await store.entries(MERIDIA, whole), append.entries);
  });
}

function receiptContract(open: () => Promise<Store>): void {
  it("lets the first receipt of a head stand, whoever writes it and however often", async () => {
    await using store = await open();
    const [first, later] = [
      receiptOf(MERIDIA, 1, "csirt-rimal", 100),
      receiptOf(MERIDIA, 1, "csirt-rimal", 50),
    ];
    assert.deepEqual(await store.putReceipt(first), first);
    assert.deepEqual(await store.putReceipt(later), first);
    const write = feedWriter(MERIDIA);
    const inAppend = receiptOf(MERIDIA, 3, "csirt-rimal", 300);
    await store.append(write({ entries: 1, receipts: [later] }));
    await store.append(write({ entries: 2, receipts: [inAppend, { ...inAppend, at: 301 }] }));
    assert.deepEqual(await store.receiptAt(MERIDIA, 1, "csirt-rimal"), first);
    assert.deepEqual(await store.receiptAt(MERIDIA, 3, "csirt-rimal"), inAppend);
    assert.deepEqual(await store.putReceipt({ ...inAppend, at: 1 }), inAppend);
  });

  it("answers concurrent receipts of one head with one and the same", async () => {
    await using store = await open();
    const rivals = [7, 5, 9].map((at) => receiptOf(MERIDIA, 1, "csirt-rimal", at));
    const answers = await Promise.all(rivals.map((rival) => store.putReceipt(rival)));
    const stands = await store.receiptAt(MERIDIA, 1, "csirt-rimal");
    assert.ok(stands !== undefined);
    for (const answer of answers) assert.deepEqual(answer, stands);
    assert.deepEqual(await store.receipts("channel-1"), [stands]);
  });

  it("holds receipts of a feed that has no entries yet without listing it as a feed", async () => {
    await using store = await open();
    await store.putReceipt(receiptOf(RIMAL, 4, "cert-meridia", 100));
    assert.deepEqual(await store.feeds("channel-1"), []);
    assert.equal((await store.tip(RIMAL)).frontier.size, 0);
    await store.append(feedWriter(RIMAL)({ entries: 4 }));
    assert.equal((await store.receiptAt(RIMAL, 4, "cert-meridia"))?.at, 100);
  });

  it("lists a channel's receipts by feed, giver and ascending size", async () => {
    await using store = await open();
    const sorted = [
      receiptOf(MERIDIA, 2, "csirt-orrin", 9),
      receiptOf(MERIDIA, 3, "csirt-rimal", 8),
      receiptOf(MERIDIA, 20, "csirt-rimal", 7),
      receiptOf(RIMAL, 1, "cert-meridia", 6),
    ];
    for (const receipt of sorted.toReversed()) await store.putReceipt(receipt);
    await store.putReceipt(receiptOf({ ...MERIDIA, channel: "channel-2" }, 1, "csirt-rimal", 1));
    assert.deepEqual(await store.receipts("channel-1"), sorted);
    assert.equal(await store.receiptAt(MERIDIA, 20, "csirt-orrin"), undefined);
  });
}

function erasureContract(open: () => Promise<Store>): void {
  it("erases payload and opened message of one entry, and keeps entry, leaf and order", async () => {
    await using store = await open();
    const append = feedWriter(MERIDIA)({ entries: 3, payloadSizeBytes: 9_000 });
    await store.append(append);
    await store.erasePayload(MERIDIA, 1);
    await store.erasePayload(MERIDIA, 1);
    await store.erasePayload(MERIDIA, 3);
    await store.erasePayload(MERIDIA, -1);
    const [first, second, third] = await store.entries(MERIDIA, whole);
    assert.deepEqual([first, third], [append.entries[0], append.entries[2]]);
    const { payload: _payload, opened: _opened, ...rest } = append.entries[1] ?? assert.fail();
    assert.deepEqual(second, rest);
    assert.deepEqual(await store.tip(MERIDIA), { ...append.tip, checkpoint: append.checkpoint });
  });
}

function bookContract(open: () => Promise<Store>): void {
  it("keeps facts of the node by name, the last value of each", async () => {
    await using store = await open();
    assert.equal(await store.meta("party"), undefined);
    await store.setMeta("party", utf8("cert-meridia"));
    await store.setMeta("incarnation", new Uint8Array(0));
    await store.setMeta("party", utf8("cert-meridia-2"));
    assert.deepEqual(await store.meta("party"), utf8("cert-meridia-2"));
    assert.deepEqual(await store.meta("incarnation"), new Uint8Array(0));
  });

  it("keeps each channel's genesis for ever", async () => {
    await using store = await open();
    const [one, two] = [
      { channel: "channel-1", genesis: utf8("{}") },
      { channel: "channel-2", genesis: filler("genesis", 262_144) },
    ];
    await store.putChannel(two);
    await store.putChannel(one);
    await store.putChannel(one);
    await assert.rejects(store.putChannel({ channel: "channel-1", genesis: utf8("[]") }), isCorrupt);
    assert.deepEqual(await store.channels(), [one, two]);
  });

  it("replaces a party's chain by a longer one only", async () => {
    await using store = await open();
    await store.putParty("cert-meridia", utf8("v1"));
    await store.putParty("csirt-rimal", utf8("v1"));
    await store.putParty("cert-meridia", utf8("v1 v2"));
    await store.putParty("cert-meridia", utf8("v1 v2"));
    await assert.rejects(store.putParty("cert-meridia", utf8("v1")), isCorrupt);
    await assert.rejects(store.putParty("cert-meridia", utf8("v1 v3")), isCorrupt);
    assert.deepEqual(await store.parties(), [
      { party: "cert-meridia", chain: utf8("v1 v2") },
      { party: "csirt-rimal", chain: utf8("v1") },
    ]);
  });

  it("keeps every fork proof once, in order of arrival", async () => {
    await using store = await open();
    const [first, second] = [
      { channel: "channel-1", feed: "csirt-rimal", proof: utf8("proof b") },
      { channel: "channel-1", feed: "csirt-rimal", proof: utf8("proof a") },
    ];
    for (const fork of [first, second, first]) await store.putFork(fork);
    assert.deepEqual(await store.forks(), [first, second]);
  });

  it("puts read models row by row, by key, and drops them all without touching the record", async () => {
    await using store = await open();
    const append = feedWriter(MERIDIA)({ entries: 2 });
    await store.append(append);
    const row = (key: string, text: string): { readonly key: string; readonly value: Uint8Array } => ({
      key,
      value: utf8(text),
    });
    await store.putReadModel("cases", [row("b", "1"), row("a", "1")]);
    await store.putReadModel("cases", [row("b", "2"), row("c", "")]);
    await store.putReadModel("board", [row("a", "x")]);
    await store.putReadModel("board", []);
    assert.deepEqual(await store.readModel("cases"), [row("a", "1"), row("b", "2"), row("c", "")]);
    assert.deepEqual(await store.readModel("board"), [row("a", "x")]);
    await store.dropReadModels();
    assert.deepEqual(await store.readModel("cases"), []);
    assert.deepEqual(await store.readModel("board"), []);
    assert.deepEqual(await store.entries(MERIDIA, whole), append.entries);
    await store.putReadModel("cases", [row("a", "rebuilt")]);
    assert.deepEqual(await store.readModel("cases"), [row("a", "rebuilt")]);
  });
}

function durabilityContract(open: () => Promise<Store>, { reopen }: ReopenableEngine): void {
  it("finds everything again after closing and opening", async () => {
    let store = await open();
    const write = feedWriter(MERIDIA);
    const first = write({ entries: 300, receipts: [receiptOf(MERIDIA, 300, "csirt-rimal", 100)] });
    await store.append(first);
    await store.erasePayload(MERIDIA, 7);
    await store.setMeta("party", utf8("cert-meridia"));
    await store.putChannel({ channel: "channel-1", genesis: utf8("{}") });
    await store.putParty("cert-meridia", utf8("v1"));
    await store.putFork({ ...RIMAL, proof: utf8("proof") });
    await store.putReadModel("cases", [{ key: "a", value: utf8("1") }]);
    const before = await snapshotOf(store);
    store = await reopen(store);
    try {
      assert.deepEqual(await snapshotOf(store), before);
      await assert.rejects(store.append(first), isCorrupt);
      await store.append(write({ entries: 1 }));
    } finally {
      await store[Symbol.asyncDispose]();
    }
  });

  it("can be closed twice", async () => {
    const store = await open();
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await assert.rejects(store.tip(MERIDIA));
  });
}

async function snapshotOf(store: Store): Promise<unknown> {
  return {
    tip: await store.tip(MERIDIA),
    entries: await store.entries(MERIDIA, whole),
    checkpoints: await store.checkpoints(MERIDIA, 0, 10),
    subtree: await store.subtree(MERIDIA, 8, 0),
    receipts: await store.receipts("channel-1"),
    feeds: await store.feeds("channel-1"),
    meta: await store.meta("party"),
    channels: await store.channels(),
    parties: await store.parties(),
    forks: await store.forks(),
    cases: await store.readModel("cases"),
  };
}
