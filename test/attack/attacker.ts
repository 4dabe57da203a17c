/**
 * A party that turned, for tests: it has the keys of one resident of the world and writes whatever it likes.
 *
 * The real node of that resident stays honest and knows nothing of it, so after each attack a test can show that the
 * honest pair still works. What is built here is signed and sealed for real; only the lies are made by hand.
 */
import assert from "node:assert/strict";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, type JsonObject } from "#parley/codec/json.ts";
import type { SignatureLine } from "#parley/codec/note.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { commitTo, encodePlaintext } from "#parley/crypto/payload.ts";
import { seal } from "#parley/crypto/seal.ts";
import { encodeCheckpoint, signHead, type Head } from "#parley/ledger/checkpoint.ts";
import { encodeEntry, parseEntry, type Entry, type Seen } from "#parley/ledger/entry.ts";
import { appendLeaf, EMPTY_FRONTIER, leafHash, rootOf, type Frontier } from "#parley/ledger/tree.ts";
import {
  encodeGroups,
  parseGroups,
  type Group,
  type ReplyHead,
  type RequestHead,
} from "#parley/peer/groups.ts";
import { uuidv7 } from "#parley/node/uuid.ts";
import {
  agree,
  caseOf,
  liveChannel,
  makeWorld,
  speak,
  accepted,
  type Resident,
  type World,
} from "../kit/world.ts";
import { noticeBody } from "../kit/materials.ts";

export interface Scene {
  readonly world: World;
  /** The attacker plays this party; its own node stays honest. */
  readonly author: Resident;
  readonly victim: Resident;
  readonly channel: string;
  /** A case that the author opened. */
  readonly kase: string;
}

/** Two parties, a channel in force, one notice by the author; everything receipted. */
export async function makeScene(): Promise<Scene> {
  const world = await makeWorld(["meridia", "rimal"]);
  const [author, victim] = world.residents;
  assert(author !== undefined && victim !== undefined);
  const channel = await agree(world, author, victim);
  const notice = accepted(await speak(author, channel, { type: "notice.open", body: noticeBody() }));
  await world.settle();
  return { world, author, victim, channel, kase: caseOf(notice) };
}

export interface Line {
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
}

export interface WriteOptions {
  readonly kind?: Entry["kind"];
  /** Members that replace those of an honest entry. */
  readonly entry?: Partial<Entry>;
  /** The payload as it is, instead of one sealed to the victim. */
  readonly payload?: Uint8Array;
  /** The line as it is. */
  readonly bytes?: Uint8Array;
  readonly recipients?: readonly Uint8Array[];
}

/** A private copy of a feed that its owner writes on. */
export class Shadow {
  readonly scene: Scene;
  readonly lines: Line[] = [];

  private constructor(scene: Scene) {
    this.scene = scene;
  }

  /** The feed as the author's own node has it, up to `size` entries. */
  static async of(scene: Scene, size = Number.MAX_SAFE_INTEGER): Promise<Shadow> {
    const shadow = new Shadow(scene);
    const key = { channel: scene.channel, feed: scene.author.party };
    for (const { bytes, payload } of await scene.author.store.entries(key, {
      from: 0,
      limit: size,
      payloads: true,
    })) {
      assert(payload !== undefined);
      shadow.lines.push({ bytes, payload });
    }
    return shadow;
  }

  get size(): number {
    return this.lines.length;
  }

  /** Heads of the victim's feed that the author may name. */
  async seen(): Promise<readonly Seen[]> {
    const { victim, channel } = this.scene;
    const { checkpoint } = await victim.store.tip({ channel, feed: victim.party });
    if (checkpoint === undefined) return [];
    return [{ feed: victim.party, root: encodeBase64url(checkpoint.root), size: checkpoint.size }];
  }

  async write(message: JsonObject | Uint8Array, options: WriteOptions = {}): Promise<this> {
    const { world, author, channel } = this.scene;
    const { backend } = world;
    const bytes = message instanceof Uint8Array ? message : encodeJson(message);
    const salt = backend.randomBytes(32);
    const payload =
      options.payload ?? seal(backend, options.recipients ?? this.recipients(), encodePlaintext(salt, bytes));
    const entry = encodeEntry({
      channel,
      commit: encodeBase64url(commitTo(backend, salt, bytes)),
      ct: encodeBase64url(backend.sha256(payload)),
      ct_len: payload.length,
      feed: author.party,
      kind: options.kind ?? "message",
      seen: await this.seen(),
      seq: this.size,
      time: encodeInstant(world.now),
      v: 1,
      ...options.entry,
    });
    this.lines.push({ bytes: options.bytes ?? entry, payload });
    return this;
  }

  recipients(): readonly Uint8Array[] {
    const { author, victim } = this.scene;
    return [victim.identity.chain.latest.recipient, author.identity.archiveRecipient];
  }

  /** The head of the first `size` lines, as the owner would sign it. */
  head(size = this.size): Head {
    const { sha256 } = this.scene.world.backend;
    let frontier: Frontier = EMPTY_FRONTIER;
    for (const { bytes } of this.lines.slice(0, size)) {
      frontier = appendLeaf(sha256, frontier, leafHash(sha256, bytes)).frontier;
    }
    return {
      channel: this.scene.channel,
      feed: this.scene.author.party,
      size,
      root: rootOf(sha256, frontier),
    };
  }

  sign(head: Head): readonly SignatureLine[] {
    return signHead(this.scene.world.backend, this.scene.author.identity.secret, head);
  }

  note(size = this.size): Uint8Array {
    const head = this.head(size);
    return encodeCheckpoint(head, this.sign(head));
  }

  /** Lines from `from` on with their payloads, and the head over all of them. */
  records(from: number, to = this.size): BundleRecord[] {
    const records = this.lines.slice(from, to).flatMap(({ bytes, payload }): readonly BundleRecord[] => [
      { type: "entry", bytes },
      { type: "payload", bytes: payload },
    ]);
    return [...records, { type: "checkpoint", bytes: this.note(to) }];
  }

  push(from: number, to = this.size): Uint8Array {
    return pushOf(this.scene, this.records(from, to));
  }
}

export function pushOf({ channel, author }: Scene, records: readonly BundleRecord[]): Uint8Array {
  return request({ type: "push", channel, feed: author.party }, records);
}

export function request(head: RequestHead, records: readonly BundleRecord[] = []): Uint8Array {
  return encodeGroups([{ kind: "request", head, records }]);
}

export function replyBody(head: ReplyHead, records: readonly BundleRecord[] = []): Uint8Array {
  return encodeGroups([{ kind: "reply", head, records }]);
}

/** The one group of an answer. */
export async function ask(victim: Resident, body: Uint8Array, from?: string): Promise<Group> {
  const groups = parseGroups(await victim.node.exchange(body, from));
  assert(!isRefusal(groups), "a node answers with groups");
  const [group] = groups;
  assert(group !== undefined);
  return group;
}

export function codeOf({ head }: Group): string {
  return head.type === "refused" ? head.code : head.type;
}

/** Everything that an attack could have changed: record, receipts, books, house, what is owed, what is shown. */
export async function stateOf(resident: Resident, now: number): Promise<string> {
  const { store, node } = resident;
  const channels = [];
  for (const { channel } of await store.channels()) {
    const feeds = [];
    for (const { feed } of await store.feeds(channel)) {
      const { frontier, checkpoint, seen, depth } = await store.tip({ channel, feed });
      const heads = await store.checkpoints({ channel, feed }, 1, 10_000);
      feeds.push({
        feed,
        size: frontier.size,
        depth,
        seen,
        root: checkpoint && encodeBase64url(checkpoint.root),
        heads,
      });
    }
    const live = node.channel(channel);
    const outboxes = [...(live?.outboxes ?? [])].map(([party, { receipted }]) => ({ party, receipted }));
    const { signing, frozen, casework } = live ?? {};
    const receipts = await store.receipts(channel);
    channels.push({
      channel,
      feeds,
      outboxes,
      receipts,
      signing,
      frozen: frozen?.size,
      view: casework?.view(now),
    });
  }
  const { people, pairings, offers, drafts } = node.core.house.state;
  const house = { people, pairings, offers, drafts };
  return JSON.stringify(
    { channels, parties: await store.parties(), forks: await store.forks(), house },
    toPlain,
  );
}

/** Says where two states part. */
export function assertSame(after: string, before: string): void {
  if (after === before) return;
  let at = 0;
  while (after[at] === before[at]) at++;
  assert.fail(
    `state changed: ${after.slice(Math.max(0, at - 300), at + 100)}\nbefore: ${before.slice(at, at + 100)}`,
  );
}

/** Text compares at once, and a difference is printed as far as it goes. */
function toPlain(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return encodeBase64url(value);
  return value instanceof Map ? [...value] : value;
}

/** The attack is refused with this code, and nothing of the victim changed. */
export async function refuses(
  scene: Scene,
  body: Uint8Array,
  code: string,
  from: string | undefined = scene.author.party,
): Promise<Group> {
  const { victim, world } = scene;
  const before = await stateOf(victim, world.now);
  const answer = await ask(victim, body, from);
  assert.equal(codeOf(answer), code);
  assertSame(await stateOf(victim, world.now), before);
  return answer;
}

/** After all of it the honest pair still speaks, both ways. */
export async function stillServes({ world, author, victim, channel }: Scene): Promise<void> {
  for (const [speaker, hearer] of [
    [author, victim],
    [victim, author],
  ] as const) {
    const said = accepted(await speak(speaker, channel, { type: "notice.open", body: noticeBody() }));
    assert(said.said !== undefined);
    await world.settle(2);
    const { frontier } = liveChannel(hearer, channel).record.tip(speaker.party);
    assert(frontier.size > said.said.seq, `${speaker.name} is heard`);
  }
}

/** A message with an honest envelope; `change` spoils it. */
export function message(scene: Scene, type: string, body: JsonObject, change: JsonObject = {}): JsonObject {
  const id = uuidOf(scene);
  return {
    body,
    case: id,
    from_role: "watch",
    id,
    layer: "technical",
    nature: "real",
    officer: 1,
    precedence: "routine",
    serial: 1,
    tlp: "AMBER",
    type,
    ...change,
  };
}

export function uuidOf({ world }: Scene): string {
  return uuidv7(world.backend, world.now);
}

export function entryOf({ bytes }: Line): Entry {
  const entry = parseEntry(bytes);
  assert(!isRefusal(entry));
  return entry;
}

export const BEAT: JsonObject = { type: "heartbeat", v: 1 };

/** One entry more of the attacker's own feed, written as the options say, pushed by itself. */
export async function pushOne(
  scene: Scene,
  options: WriteOptions = {},
  content: JsonObject | Uint8Array = BEAT,
): Promise<Uint8Array> {
  const shadow = await Shadow.of(scene);
  await shadow.write(content, { kind: "heartbeat", ...options });
  return shadow.push(shadow.size - 1);
}
