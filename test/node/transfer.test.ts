/** Attachments between two nodes (SPEC 12.6, 12.7): attached, fetched in ranges, resumed, and what a liar gets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefusal } from "#parley/codec/refusal.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { addItem, openItem } from "#parley/node/evidence.ts";
import { eraseItem } from "#parley/node/evidence-keeping.ts";
import { encodeGroups, parseGroups, type Group } from "#parley/peer/groups.ts";
import { PeerFault } from "#parley/peer/transport.ts";
import { commitToFile } from "#parley/vault/sealed-item.ts";
import {
  accepted,
  agree,
  liveChannel,
  makeWorld,
  refusedWith,
  speak,
  who,
  type Resident,
  type World,
} from "../kit/world.ts";
import { noticeBody } from "../kit/materials.ts";
import { collect, patternOf, piecesOf, scratchVault, type ScratchVault } from "../kit/vault.ts";

interface Pair extends AsyncDisposable {
  readonly world: World;
  readonly meridia: Resident;
  readonly rimal: Resident;
  readonly channel: string;
  readonly vaults: readonly ScratchVault[];
}

async function pair(): Promise<Pair> {
  const stack = new AsyncDisposableStack();
  const vaults = [stack.use(await scratchVault(nodeBackend)), stack.use(await scratchVault(nodeBackend))];
  let next = 0;
  const world = await makeWorld(
    ["meridia", "rimal"],
    nodeBackend,
    nodeBackend,
    undefined,
    async () => vaults[next++]?.vault,
  );
  const [meridia, rimal] = world.residents;
  assert(meridia !== undefined && rimal !== undefined);
  const channel = await agree(world, meridia, rimal);
  return { world, meridia, rimal, channel, vaults, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const NOTICE = {
  type: "notice.open",
  role: "analyst",
  body: noticeBody(),
  envelope: { tlp: "AMBER" },
} as const;

const INTAKE = { role: "analyst", media_type: "application/x-pcap", name: "../day\u202e1.pcap" } as const;

async function sendFile({ world, meridia, channel }: Pair, content: Uint8Array) {
  const item = accepted(await addItem(meridia.node.core, who(meridia, "analyst"), INTAKE, piecesOf(content)));
  const view = accepted(await speak(meridia, channel, { ...NOTICE, attach: [{ item: item.item }] }));
  await world.settle();
  return { item, view };
}

async function fetched({ world, rimal }: Pair): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await world.settle(1);
    await rimal.node.transfers.idle();
  }
}

test("a file is attached, fetched, checked, and stored as received with its source", async () => {
  await using two = await pair();
  const content = patternOf(9_000_000);
  const { item } = await sendFile(two, content);
  await fetched(two);
  const [transfer] = two.rimal.node.transfers.view();
  assert.equal(transfer?.status, "received");
  const received = two.rimal.node.core.house.state.evidence.items.get(transfer?.item ?? "");
  assert(received !== undefined);
  assert.equal(received.digest, item.digest);
  assert.equal(received.origin, "received");
  assert.equal(received.name, "day1.pcap");
  assert.equal(received.from?.channel, two.channel);
  assert.notEqual(received.commit, item.commit, "each sealing has its own salt");
  const analyst = who(two.rimal, "analyst");
  const reading = { item: received.item, role: "analyst", purpose: "triage" } as const;
  const read = accepted(await openItem(two.rimal.node.core, analyst, reading));
  assert.deepEqual(await collect(read.content), Buffer.from(content));
  const { digest, size_bytes } = received;
  assert.equal(commitToFile(nodeBackend, await read.salt(), { digest, size_bytes }), received.commit);
  const acts = two.meridia.node.core.house.state.evidence.items.get(item.item)?.custody.map(({ act }) => act);
  assert.deepEqual(acts, ["acquired", "attached", "fetched"]);
});

test("a cut after every answer resumes where it was, and after a restart too", async () => {
  await using two = await pair();
  const content = patternOf(3_000_000, 13);
  const { transport } = two.rimal.node.core.ports;
  const asked: number[] = [];
  let allowed = 0;
  Object.assign(transport, {
    exchange: limited(transport.exchange, (from) => {
      asked.push(from);
      return allowed-- > 0;
    }),
  });
  await sendFile(two, content);
  for (let cut = 0; cut < 40; cut++) {
    allowed = 1;
    await two.rimal.node.transfers.idle();
    two.world.now += 600;
    two.rimal.node.transfers.start();
    await two.rimal.node.transfers.idle();
    if (two.rimal.node.transfers.view()[0]?.status === "received") break;
  }
  assert.equal(two.rimal.node.transfers.view()[0]?.status, "received");
  const progress = asked.filter((from, i) => i === 0 || from !== asked[i - 1]);
  assert(Math.max(...asked) > 0 && progress.length > 3, "it went on from where it was");
  const zeros = asked.filter((from) => from === 0).length;
  assert(zeros <= 3, "what was here was not asked for again");
});

test("a node that is restarted in the middle of a transfer goes on from what it had made durable", async () => {
  await using two = await pair();
  const { rimal, vaults, world } = two;
  const content = patternOf(6_000_000, 11);
  const { transport } = rimal.node.core.ports;
  const { exchange } = transport;
  let allowed = 3;
  Object.assign(transport, { exchange: limited(exchange, () => allowed-- > 0) });
  const { item } = await sendFile(two, content);
  await rimal.node.transfers.idle();
  assert.equal(rimal.node.transfers.view()[0]?.status, "waiting");
  await rimal.node.transfers.stop();
  await reopened(two);
  const asked: number[] = [];
  Object.assign(rimal.node.core.ports.transport, {
    exchange: limited(exchange, (from) => asked.push(from) > 0),
  });
  world.now += 600;
  rimal.node.transfers.start();
  await rimal.node.transfers.idle();
  assert((asked[0] ?? 0) > 0, "its first question is not for the beginning");
  assert.equal(new Set(asked).size, asked.length, "and no range comes twice");
  const [received] = rimal.node.core.house.state.evidence.items.values();
  assert.equal(received?.digest, item.digest);
  assert.deepEqual(await vaults[1]?.vault.pending.names(), []);
});

test("a crash between the stored file and its record costs the record alone", async () => {
  await using two = await pair();
  const { rimal, vaults, world } = two;
  const { core } = rimal.node;
  const { record } = core;
  core.record = async (entry) => {
    if (entry.type === "house.item") return new Promise<never>(() => undefined); // the process ends here
    return record.call(core, entry);
  };
  const { exchange } = core.ports.transport;
  const { item } = await sendFile(two, patternOf(5_000_000, 17));
  const vault = vaults[1]?.vault;
  assert(vault !== undefined);
  while ((await vault.pending.names()).length === 0 || (await vault.arriving.names()).length > 0)
    await new Promise(setImmediate);
  assert.equal(core.house.state.evidence.items.size, 0);
  await reopened(two);
  let asked = 0;
  Object.assign(rimal.node.core.ports.transport, { exchange: limited(exchange, () => ++asked > 0) });
  world.now += 600;
  rimal.node.transfers.start();
  await rimal.node.transfers.idle();
  const [received] = rimal.node.core.house.state.evidence.items.values();
  assert.equal(received?.digest, item.digest);
  assert.equal(asked, 0, "not one byte is asked for again");
  assert.deepEqual(await vault.pending.names(), []);
});

/** The receiving node again, over the same store and the same directory of its vault. */
async function reopened({ world, rimal, vaults }: Pair): Promise<void> {
  const vault = await vaults[1]?.reopen();
  assert(vault !== undefined);
  rimal.vault = vault;
  await world.restart(rimal);
}

test("who lies about bytes, length or content is refused and marked", async () => {
  const lies: readonly (readonly [string, (group: Group) => Group | undefined])[] = [
    ["attachment-hash", (group) => withPayload(group, (bytes) => flipped(bytes, bytes.length - 40))],
    ["attachment-length", (group) => withPayload(group, (bytes) => bytes.subarray(1))],
    ["attachment-length", (group) => withPayload(group, (bytes) => Buffer.concat([bytes, bytes]))],
    ["attachment-length", (group) => withSize(group, 10)],
    ["attachment-length", (group) => ({ ...group, records: [] })],
  ];
  for (const [code, lie] of lies) {
    await using two = await pair();
    const { transport } = two.rimal.node.core.ports;
    Object.assign(transport, { exchange: lying(transport.exchange, lie) });
    await sendFile(two, patternOf(700_000));
    await fetched(two);
    const [transfer] = two.rimal.node.transfers.view();
    assert.equal(transfer?.status, "refused", code);
    assert.equal(transfer?.code, code);
    assert.equal(two.rimal.node.core.house.state.evidence.items.size, 0);
    const asked = two.world.passed.length;
    two.world.now += 1_000;
    two.rimal.node.transfers.start();
    await two.rimal.node.transfers.idle();
    assert.equal(two.world.passed.length, asked, "it is not asked again");
  }
});

test("a copy that opens to another file than was named is refused by its digest", async () => {
  await using two = await pair();
  const { meridia, rimal, world, channel } = two;
  const first = accepted(
    await addItem(meridia.node.core, who(meridia, "analyst"), INTAKE, piecesOf(patternOf(50_000))),
  );
  const other = accepted(
    await addItem(meridia.node.core, who(meridia, "analyst"), INTAKE, piecesOf(patternOf(50_000, 3))),
  );
  // A sender whose message names one file's digest beside the other's sealed copy.
  const live = liveChannel(meridia, channel);
  const { attachItems } = await import("#parley/node/attachments.ts");
  const attach = accepted(
    await attachItems(meridia.node.core, live, who(meridia, "analyst"), {
      role: "analyst",
      attach: [{ item: first.item }],
    }),
  );
  const forged = attach.map((one) => ({ ...one, digest: other.digest }));
  accepted(await speak(meridia, channel, { ...NOTICE, envelope: { ...NOTICE.envelope, attach: forged } }));
  await world.settle();
  await fetched(two);
  assert.equal(rimal.node.transfers.view()[0]?.code, "attachment-digest");
  assert.equal(rimal.node.core.house.state.evidence.items.size, 0);
});

test("only what an entry named to this party is served", async () => {
  await using two = await pair();
  const { meridia, rimal, channel } = two;
  const { item, view } = await sendFile(two, patternOf(10_000));
  const [attached] = view.draft.message["attach"] as readonly { readonly ct: string }[];
  assert(attached !== undefined);
  const ask = async (ct: string, from: string | undefined, at = 0): Promise<unknown> => {
    const head = { type: "blob", channel, ct, from: at, size: 100 } as const;
    const body = await meridia.node.exchange(encodeGroups([{ kind: "request", head, records: [] }]), from);
    const groups = parseGroups(body);
    assert(!isRefusal(groups));
    const [group] = groups;
    return group?.head.type === "refused" ? group.head.code : group?.records[0]?.bytes.length;
  };
  assert.equal(await ask(attached.ct, rimal.party), 100);
  assert.equal(await ask(item.blob, rimal.party), "attachment-unknown", "the item itself is nobody's");
  assert.equal(await ask(attached.ct, undefined), "not-a-party");
  assert.equal(await ask(attached.ct, meridia.party), "not-paired");
  assert.equal(await ask(attached.ct, rimal.party, 10_000_000), "attachment-unknown");
  const erased = await eraseItem(meridia.node.core, who(meridia, "authority"), {
    item: item.item,
    role: "authority",
    reason: "retention",
  });
  assert(!isRefusal(erased) && erased.erased);
  assert.equal(await ask(attached.ct, rimal.party), "attachment-unknown");
});

test("more than the quota waits for a person", async () => {
  await using two = await pair();
  const { meridia, rimal, world, channel } = two;
  const item = accepted(
    await addItem(meridia.node.core, who(meridia, "analyst"), INTAKE, piecesOf(patternOf(100))),
  );
  const { attachItems } = await import("#parley/node/attachments.ts");
  const attach = accepted(
    await attachItems(meridia.node.core, liveChannel(meridia, channel), who(meridia, "analyst"), {
      role: "analyst",
      attach: [{ item: item.item }],
    }),
  );
  const huge = attach.map((one) => ({ ...one, size_bytes: 5 * 2 ** 30 }));
  accepted(await speak(meridia, channel, { ...NOTICE, envelope: { ...NOTICE.envelope, attach: huge } }));
  await world.settle();
  await fetched(two);
  const [transfer] = rimal.node.transfers.view();
  assert.equal(transfer?.status, "held-back");
  assert.equal(transfer?.code, "attachment-quota");
  accepted(await rimal.node.transfers.ask(who(rimal, "watch").officer, transfer.attachment.ct));
  await rimal.node.transfers.idle();
  assert.equal(rimal.node.transfers.view()[0]?.code, "attachment-length", "it is not what was said");
  refusedWith(await rimal.node.transfers.ask(1, item.blob), "attachment-unknown");
});

test("copies of a draft that is refused or discarded are gone", async () => {
  await using two = await pair();
  const { meridia, channel } = two;
  const analyst = who(meridia, "analyst");
  const { core } = meridia.node;
  const item = accepted(await addItem(core, analyst, INTAKE, piecesOf(patternOf(100))));
  const blobs = async (): Promise<number> => {
    let count = 0;
    for await (const _ of meridia.vault?.blobs.names() ?? []) count += 1;
    return count;
  };
  const live = liveChannel(meridia, channel);
  const draft = { ...NOTICE, role: "analyst", attach: [{ item: item.item }] } as const;
  assert(isRefusal(await meridia.node.draft(live, analyst, { ...draft, body: {} })));
  assert.equal(await blobs(), 1);
  const made = accepted(await meridia.node.draft(live, analyst, draft));
  assert.equal(await blobs(), 2);
  accepted(await meridia.node.discard(analyst, made.draft.id));
  assert.equal(await blobs(), 1);
});

test("a small file travels in the .parley file, and one that is not what was named changes nothing", async () => {
  await using two = await pair();
  const { meridia, rimal, world, channel } = two;
  world.cut.add("meridia>rimal").add("rimal>meridia");
  const { item } = await sendFile(two, patternOf(80_000));
  const file = await meridia.node.exportCarrier(liveChannel(meridia, channel));
  const groups = parseGroups(file);
  assert(!isRefusal(groups));
  const lied = groups.map((group) =>
    group.head.type === "blob" ? withPayload(group, (bytes) => flipped(bytes, 9_000)) : group,
  );
  await rimal.node.exchange(encodeGroups(lied));
  assert.equal(rimal.node.core.house.state.evidence.items.size, 0);
  await rimal.node.exchange(file);
  const [received] = rimal.node.core.house.state.evidence.items.values();
  assert.equal(received?.digest, item.digest);
  await rimal.node.exchange(file);
  assert.equal(rimal.node.core.house.state.evidence.items.size, 1);
});

type Exchange = (party: string, body: Uint8Array) => Promise<Uint8Array>;

function blobAsked(body: Uint8Array): number | undefined {
  const groups = parseGroups(body);
  const head = isRefusal(groups) ? undefined : groups[0]?.head;
  return head?.type === "blob" ? head.from : undefined;
}

/** Answers to ranges pass only while `allows` says so. */
function limited(exchange: Exchange, allows: (from: number) => boolean): Exchange {
  return async (party, body) => {
    const from = blobAsked(body);
    if (from !== undefined && !allows(from)) throw new PeerFault("unreachable");
    return exchange(party, body);
  };
}

function lying(exchange: Exchange, lie: (group: Group) => Group | undefined): Exchange {
  return async (party, body) => {
    const answer = await exchange(party, body);
    const groups = blobAsked(body) === undefined ? undefined : parseGroups(answer);
    if (groups === undefined || isRefusal(groups)) return answer;
    return encodeGroups(groups.flatMap((group) => lie(group) ?? []));
  };
}

function withPayload(group: Group, change: (bytes: Uint8Array) => Uint8Array): Group {
  const records = group.records.map(({ type, bytes }) => ({ type, bytes: change(bytes) }));
  return { ...group, records };
}

function withSize(group: Group, size: number): Group {
  return { ...group, head: { ...group.head, size } } as Group;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
