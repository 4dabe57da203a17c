/**
 * Attachments on their way (SPEC 12.7): asked for in ranges, kept durably as they come, hashed, opened, recorded.
 *
 * Guarantees: what a peer sent is believed for its hash and then for its digest and commitment, and for nothing else;
 * a break at any point costs half a second of work; a peer that sends something else is marked and not asked again.
 * The serving side gives what an own entry of that channel names, and no answer tells more.
 */
import type { Refusal } from "#parley/codec/refusal.ts";
import { concatBytes } from "#parley/codec/bytes.ts";
import { isRefusal, refuse } from "#parley/codec/refusal.ts";
import { encodeInstant, SECONDS_PER_DAY } from "#parley/codec/time.ts";
import { encodeGroups, parseGroups, type Group, type RequestHead } from "#parley/peer/groups.ts";
import { VaultFault } from "#parley/vault/blobs.ts";
import type { ArrivingFile } from "#parley/vault/arriving.ts";
import { commitToFile, openSealedItem, sealedItemSize } from "#parley/vault/sealed-item.ts";
import type { Vault } from "#parley/vault/vault.ts";
import { reply } from "./answer.ts";
import type { NamedFile } from "./attachments.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { recordBlob, vaultOf } from "./evidence.ts";
import { PeerFault } from "./ports.ts";
import { uuidv7 } from "./uuid.ts";

/** SPEC 12.7.1: bytes of one answer. */
export const RANGE_SIZE_LIMIT_BYTES = 8 * 1_048_576;
/** SPEC 12.7.7. */
const FETCH_SIZE_LIMIT_BYTES = 4 * 2 ** 30;
const FETCH_TOTAL_LIMIT_BYTES = 64 * 2 ** 30;
/** A range is what the line carried in so many milliseconds, and so many are under way: together below a second. */
const RANGE_TIME_MS = 250;
const RANGES_UNDER_WAY = 3;
/** Larger ones cost memory at both ends and gain nothing while several are under way. */
const RANGE_LARGEST_BYTES = 2 * 1_048_576;
const RANGE_FIRST_BYTES = 262_144;
const RANGE_SMALLEST_BYTES = 65_536;
/** Seconds before another attempt after a break; doubled up to the largest. */
const RETRY_FIRST_SECONDS = 2;
const RETRY_LAST_SECONDS = 300;

type BlobRequest = Extract<RequestHead, { type: "blob" }>;

/** SPEC 12.7.1, 12.7.2: one range of a copy. */
export async function answerBlob(
  core: NodeCore,
  channel: LiveChannel,
  head: BlobRequest,
  from: string,
): Promise<Group | Refusal> {
  const { ct } = head;
  const vault = core.ports.vault;
  const copy = core.house.state.evidence.copies.get(ct);
  const offered = core.attachments.offered.get(ct)?.has(channel.id) === true;
  const erased = core.house.state.evidence.items.get(copy?.item ?? "")?.erased === true;
  if (vault === undefined || copy === undefined || !offered || erased) return refuse("attachment-unknown");
  const length = Math.min(head.size, RANGE_SIZE_LIMIT_BYTES, copy.ct_size - head.from);
  if (length <= 0) return refuse("attachment-unknown");
  const bytes = await readWhole(vault, ct, head.from, length);
  if (isRefusal(bytes)) return bytes;
  if (head.from + length === copy.ct_size) await noteFetched(core, channel, copy.item, from);
  const whole = { type: "blob", channel: channel.id, ct, from: head.from, size: copy.ct_size } as const;
  return { ...reply(whole), records: [{ type: "payload", bytes }] };
}

async function readWhole(
  vault: Vault,
  ct: string,
  from: number,
  length: number,
): Promise<Uint8Array | Refusal> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of vault.blobs.read(ct, { from, length })) parts.push(part);
  } catch (fault) {
    if (fault instanceof VaultFault) return refuse("attachment-unknown");
    throw fault;
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : concatBytes(...parts);
}

/** Once for each party and channel: that it has the last byte is what custody asks. */
async function noteFetched(core: NodeCore, channel: LiveChannel, id: string, party: string): Promise<void> {
  const item = core.house.state.evidence.items.get(id);
  const known = item?.custody.some(
    (entry) => entry.act === "fetched" && entry.party === party && entry.channel === channel.id,
  );
  if (item === undefined || known === true || !core.writable) return;
  const { officer, role } = item;
  const act = { act: "fetched", officer, role, channel: channel.id, party } as const;
  await core.record({ type: "house.custody", item: id, ...act });
}

interface Attempt {
  nextAt: number;
  delaySeconds: number;
  code: string;
}

export interface TransferView extends NamedFile {
  /** Bytes of the age file that are here, and of the whole. */
  readonly have: number;
  readonly total: number;
  readonly status: "waiting" | "fetching" | "received" | "refused" | "held-back";
  /** Why it was refused, or why the last attempt ended. */
  readonly code?: string;
  readonly item?: string;
}

/** Fetches beside everything else; one file of one party at a time. */
export class Transfers {
  readonly #core: NodeCore;
  readonly #attempts = new Map<string, Attempt>();
  readonly #have = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(core: NodeCore) {
    this.#core = core;
  }

  /** Begins what is due. What a fault of the store or the disk ends is begun again later. */
  start(): void {
    if (this.#stopped || this.#core.ports.vault === undefined || !this.#core.writable) return;
    for (const feed of this.#core.house.state.pairings.keys()) {
      const next = this.#running.has(feed) ? undefined : this.#nextOf(feed);
      if (next === undefined) continue;
      const run = this.#run(next).finally(() => {
        this.#running.delete(feed);
        this.start();
      });
      this.#running.set(feed, run);
    }
  }

  /** Resolves when nothing is under way that could go on now. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** What is under way ends at its next range. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.idle();
  }

  /** A person wants it, after a refusal or over the quota. */
  async ask(officer: number, ct: string): Promise<true | Refusal> {
    const named = this.#core.attachments.named.get(ct);
    if (named === undefined) return refuse("attachment-unknown");
    const { channel, feed, seq } = named;
    await this.#core.record({ type: "house.transfer", ct, channel, feed, seq, code: "asked", officer });
    this.#attempts.delete(ct);
    this.start();
    return true;
  }

  view(): readonly TransferView[] {
    return [...this.#core.attachments.named.values()].map((named) => this.#viewOf(named));
  }

  #viewOf(named: NamedFile): TransferView {
    const { ct } = named.attachment;
    const { received, refused } = this.#core.house.state.evidence;
    const total = this.#totalOf(named);
    const item = received.get(ct);
    const heldBack = this.#isHeldBack(named);
    const last = refused.get(ct)?.code ?? this.#attempts.get(ct)?.code;
    const code = heldBack ? "attachment-quota" : last;
    const waiting = heldBack ? "held-back" : this.#have.has(ct) ? "fetching" : "waiting";
    return {
      ...named,
      total,
      have: item === undefined ? (this.#have.get(ct) ?? 0) : total,
      status: item !== undefined ? "received" : refused.has(ct) ? "refused" : waiting,
      ...(code !== undefined && item === undefined && { code }),
      ...(item !== undefined && { item }),
    };
  }

  /** Small ones first: a capture of a day does not hold up a log of a minute. */
  #nextOf(feed: string): NamedFile | undefined {
    const { received, refused } = this.#core.house.state.evidence;
    const now = this.#core.ports.clock();
    let best: NamedFile | undefined;
    for (const named of this.#core.attachments.named.values()) {
      const { ct, size_bytes } = named.attachment;
      const due = named.feed === feed && (this.#attempts.get(ct)?.nextAt ?? 0) <= now;
      if (!due || received.has(ct) || refused.has(ct) || this.#isHeldBack(named)) continue;
      if (best === undefined || size_bytes < best.attachment.size_bytes) best = named;
    }
    return best;
  }

  /** SPEC 12.7.7. */
  #isHeldBack({ feed, attachment }: NamedFile): boolean {
    const { asked, items, received } = this.#core.house.state.evidence;
    if (asked.has(attachment.ct)) return false;
    let unread = 0;
    for (const id of received.values()) {
      const item = items.get(id);
      const idle = item?.custody.every(({ act }) => act === "received") === true;
      if (item?.from?.feed === feed && idle && !item.erased) unread += item.blob_size;
    }
    const { size_bytes } = attachment;
    return size_bytes > FETCH_SIZE_LIMIT_BYTES || unread + size_bytes > FETCH_TOTAL_LIMIT_BYTES;
  }

  #totalOf({ channel, attachment }: NamedFile): number {
    return sealedItemSize(attachment.size_bytes, this.#core.channels.get(channel)?.parties.length ?? 2);
  }

  async #run(named: NamedFile): Promise<void> {
    const { ct } = named.attachment;
    const { log } = this.#core.ports;
    try {
      const refusal = await this.#fetch(named);
      if (refusal === undefined) this.#attempts.delete(ct);
      else await this.#settle(named, refusal);
    } catch (fault) {
      const kind = fault instanceof PeerFault || fault instanceof VaultFault ? fault.kind : "fault";
      log("attachment-postponed", { kind });
      this.#postpone(ct, kind);
    } finally {
      this.#have.delete(ct);
    }
  }

  /** SPEC 12.7.8: a lie is marked, anything else is tried again later. */
  async #settle({ channel, feed, seq, attachment: { ct } }: NamedFile, { code }: Refusal): Promise<void> {
    this.#core.ports.log("attachment-refused", { code });
    if (!LIES.has(code)) return this.#postpone(ct, code);
    await this.#core.ports.vault?.arriving.drop(ct);
    await this.#core.record({ type: "house.transfer", ct, channel, feed, seq, code, officer: NOBODY });
  }

  #postpone(ct: string, code: string): void {
    const delaySeconds = this.#attempts.get(ct)?.delaySeconds ?? RETRY_FIRST_SECONDS;
    const nextAt = this.#core.ports.clock() + delaySeconds;
    this.#attempts.set(ct, { nextAt, delaySeconds: Math.min(2 * delaySeconds, RETRY_LAST_SECONDS), code });
  }

  async #fetch(named: NamedFile): Promise<Refusal | undefined> {
    const vault = vaultOf(this.#core);
    if (isRefusal(vault)) return vault;
    const { ct } = named.attachment;
    const total = this.#totalOf(named);
    if ((await vault.blobs.sizeOf(ct)) === undefined) {
      await using file = await vault.arriving.open(ct);
      const broken = await this.#fetchRanges(named, file, total);
      if (broken !== undefined) return broken;
      await vault.pending.add(ct);
      try {
        await file.finish(vault.blobs);
      } catch (fault) {
        if (fault instanceof VaultFault && fault.kind === "altered") return refuse("attachment-hash");
        throw fault;
      }
    }
    return recordReceived(this.#core, vault, named);
  }

  /** Ranges are asked for ahead and taken in order. */
  async #fetchRanges(named: NamedFile, file: ArrivingFile, total: number): Promise<Refusal | undefined> {
    const { ct } = named.attachment;
    const under: Promise<Uint8Array | Refusal>[] = [];
    let asked = file.sizeBytes;
    let size = RANGE_FIRST_BYTES;
    let lastAtMs = performance.now();
    /** The range before is written and hashed while the next one comes. */
    let kept: Promise<void> = Promise.resolve();
    for (let taken = file.sizeBytes; taken < total;) {
      if (this.#stopped) {
        await Promise.allSettled([...under, kept]);
        return refuse("attachment-unknown");
      }
      while (asked < total && under.length < RANGES_UNDER_WAY) {
        const range = { from: asked, size: Math.min(size, total - asked), total };
        const asking = askRange(this.#core, named, range);
        asking.catch(() => undefined); // it is awaited in its turn, unless one before it failed
        under.push(asking);
        asked += range.size;
      }
      const bytes = await under.shift()?.catch(async (fault: unknown) => {
        await Promise.allSettled([...under, kept]);
        throw fault;
      });
      if (bytes === undefined || isRefusal(bytes)) {
        await Promise.allSettled([...under, kept]);
        return bytes ?? refuse("attachment-length");
      }
      await kept;
      taken += bytes.length;
      kept = file.append(bytes).then(() => void this.#have.set(ct, file.sizeBytes));
      kept.catch(() => undefined); // it is awaited before the next range is kept, and at the end
      const nowMs = performance.now();
      const rate = bytes.length / Math.max(1, nowMs - lastAtMs);
      lastAtMs = nowMs;
      const wanted = Math.min(2 * size, rate * RANGE_TIME_MS);
      size = Math.round(Math.min(RANGE_LARGEST_BYTES, Math.max(RANGE_SMALLEST_BYTES, wanted)));
    }
    await kept;
    return undefined;
  }
}

const LIES: ReadonlySet<string> = new Set(["attachment-length", "attachment-hash", "attachment-digest"]);

interface Range {
  readonly from: number;
  readonly size: number;
  readonly total: number;
}

/** SPEC 12.7.4: exactly the bytes that were asked for, of a whole of the size that the message gives. */
async function askRange(
  core: NodeCore,
  { channel, feed, attachment: { ct } }: NamedFile,
  { from, size, total }: Range,
): Promise<Uint8Array | Refusal> {
  const request = { type: "blob", channel, ct, from, size } as const;
  const body = encodeGroups([{ kind: "request", head: request, records: [] }]);
  const groups = parseGroups(await core.ports.transport.exchange(feed, body));
  if (isRefusal(groups)) return groups;
  const [group] = groups;
  if (group?.kind !== "reply" || group.head.channel !== channel) return refuse("request-schema");
  const { head, records } = group;
  if (head.type === "refused") return refuse(LIES.has(head.code) ? "attachment-unknown" : head.code);
  if (head.type !== "blob" || head.ct !== ct || head.from !== from) return refuse("request-schema");
  const [payload, ...more] = records;
  const exact = head.size === total && payload?.bytes.length === size && more.length === 0;
  return exact && payload !== undefined ? payload.bytes : refuse("attachment-length");
}

/** SPEC 12.7.6, 12.7.9: the blob is the one that was named; is it the file that was named? */
export async function recordReceived(
  core: NodeCore,
  vault: Vault,
  named: NamedFile,
): Promise<Refusal | undefined> {
  const { backend, clock } = core.ports;
  const { channel, feed, seq, attachment } = named;
  const { ct, size_bytes, digest, commit, media_type, name } = attachment;
  const refusal = await checkContent(core, vault, named);
  if (refusal !== undefined) {
    await vault.blobs.remove(ct);
    await vault.pending.settle(ct);
    return refusal;
  }
  const days = core.channels.get(channel)?.genesis?.retention_days ?? 0;
  await recordBlob(core, vault, ct, {
    type: "house.item",
    item: uuidv7(backend, clock()),
    officer: NOBODY,
    role: "watch",
    origin: "received",
    digest,
    size_bytes,
    media_type,
    ...(name !== undefined && { name }),
    blob: ct,
    blob_size: (await vault.blobs.sizeOf(ct)) ?? 0,
    commit,
    retain_until: encodeInstant(Math.floor(clock()) + days * SECONDS_PER_DAY),
    from: { channel, feed, seq, commit },
  });
  return undefined;
}

/** What arrives is taken by nobody's hand. */
const NOBODY = 0;

/** One pass: every chunk, the padding, the digest, and the commitment with the salt behind the content. */
async function checkContent(
  core: NodeCore,
  vault: Vault,
  { attachment: { ct, size_bytes, digest, commit } }: NamedFile,
): Promise<Refusal | undefined> {
  const { backend, identity } = core.ports;
  const seeds = [...identity.kemSeeds].reverse();
  const opened = await openSealedItem({
    backend,
    blobs: vault.blobs,
    seeds,
    name: ct,
    contentSize: size_bytes,
  });
  if (isRefusal(opened)) return refuse("attachment-digest");
  const hasher = vault.hashers.create();
  let salt: Uint8Array | undefined;
  try {
    for await (const bytes of opened.content((found) => (salt = found))) await hasher.update(bytes);
  } catch (fault) {
    // The blob has the hash that the message named: whoever sealed it sealed something else.
    if (fault instanceof VaultFault && fault.kind === "altered") return refuse("attachment-digest");
    throw fault;
  }
  const isNamed =
    (await hasher.digest()) === digest &&
    salt !== undefined &&
    commitToFile(backend, salt, { digest, size_bytes }) === commit;
  return isNamed ? undefined : refuse("attachment-digest");
}

/** SPEC 12.7.10: of one copy, and of all that one file carries beside its entries. */
const CARRIED_SIZE_LIMIT_BYTES = RANGE_SIZE_LIMIT_BYTES;
const CARRIED_TOTAL_LIMIT_BYTES = 24 * 1_048_576;

/** SPEC 12.7.10: small copies that nobody has fetched, whole, as answers to what was not asked. */
export async function carriedBlobs(core: NodeCore, channel: LiveChannel): Promise<readonly Group[]> {
  const { vault } = core.ports;
  if (vault === undefined) return [];
  const groups: Group[] = [];
  let totalBytes = 0;
  for (const { ct, ct_size: size, item: id } of core.house.state.evidence.copies.values()) {
    const item = core.house.state.evidence.items.get(id);
    const fetched = item?.custody.some(({ act, channel: to }) => act === "fetched" && to === channel.id);
    const offered = core.attachments.offered.get(ct)?.has(channel.id) === true && item?.erased === false;
    const fits = size <= CARRIED_SIZE_LIMIT_BYTES && totalBytes + size <= CARRIED_TOTAL_LIMIT_BYTES;
    if (!offered || fetched === true || !fits) continue;
    const bytes = await readWhole(vault, ct, 0, size);
    if (isRefusal(bytes)) continue;
    totalBytes += size;
    const head = { type: "blob", channel: channel.id, ct, from: 0, size } as const;
    groups.push({ ...reply(head), records: [{ type: "payload", bytes }] });
  }
  return groups;
}

/** SPEC 12.7.10: a carried file is believed for its hash; one that is not what was named changes nothing. */
export async function takeCarriedBlob(
  core: NodeCore,
  channel: LiveChannel,
  { head, records }: Extract<Group, { kind: "reply" }>,
): Promise<void> {
  const { vault } = core.ports;
  if (head.type !== "blob" || vault === undefined || !core.writable) return;
  const named = core.attachments.named.get(head.ct);
  const bytes = records[0]?.bytes;
  if (named?.channel !== channel.id || bytes === undefined) return;
  if (core.house.state.evidence.received.has(head.ct)) return;
  const total = sealedItemSize(named.attachment.size_bytes, channel.parties.length);
  if (bytes.length !== total) return;
  const writer = await vault.blobs.create({
    announce: async (name) => {
      if (name !== head.ct) throw new VaultFault("altered");
      await vault.pending.add(name);
    },
  });
  try {
    await writer.write(bytes);
    await writer.commit();
    await recordReceived(core, vault, named);
  } catch (fault) {
    await writer.abort();
    if (!(fault instanceof VaultFault)) throw fault;
    core.ports.log("carried-file-refused", { kind: fault.kind });
  }
}
