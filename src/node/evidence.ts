/**
 * Evidence files, as people use them (SPEC 12): take in, read, derive, hold, erase.
 *
 * Guarantees: a file is sealed before it is stored; who took it, and each reading, is in the house feed before anybody
 * has a byte of it; what fails leaves neither a blob nor a record. Nothing here looks into a file or believes its name.
 */
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, SECONDS_PER_DAY } from "#parley/codec/time.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { VaultFault } from "#parley/vault/blobs.ts";
import { safeName } from "#parley/vault/names.ts";
import { openSealedItem, sealItem, type SealedItem } from "#parley/vault/sealed-item.ts";
import type { Vault } from "#parley/vault/vault.ts";
import type { NodeCore } from "./core.ts";
import type { Acquisition, EvidenceRecord, Item } from "./house-evidence.ts";
import type { Person } from "./house.ts";
import { uuidv7 } from "./uuid.ts";

export interface IntakeInput extends Acquisition {
  readonly role: Role;
  /** As declared by who brings it. */
  readonly media_type: string;
  readonly name?: string;
  /** Bytes that will come; another number is refused. */
  readonly size_bytes?: number;
  readonly retain_days?: number;
}

/** SPEC 12.2: one file from a stream. `onProgress` hears of bytes that were read. */
export async function addItem(
  core: NodeCore,
  person: Person,
  input: IntakeInput,
  source: AsyncIterable<Uint8Array>,
  onProgress?: (sizeBytes: number) => void,
): Promise<Item | Refusal> {
  return keepItem(core, person, { ...input, origin: "intake", ...(onProgress && { onProgress }) }, source);
}

export interface DerivedInput {
  readonly of: string;
  readonly role: Role;
  readonly tool: string;
  /** What was left out and how (a redaction map, for one); kept with the item as it is. Asked after the last byte. */
  readonly redaction: JsonObject | (() => JsonObject);
  readonly media_type?: string;
  readonly name?: string;
}

/** SPEC 12.3.4: an item made of another one, which it names; kept and held under the same rules. */
export async function addDerivedItem(
  core: NodeCore,
  person: Person,
  input: DerivedInput,
  source: AsyncIterable<Uint8Array>,
): Promise<Item | Refusal> {
  const original = livingItem(core, input.of);
  if (isRefusal(original)) return original;
  const { media_type = original.media_type, name = original.name, role, tool, of, redaction } = input;
  const described = { role, tool, of, redaction, media_type, ...(name !== undefined && { name }) };
  const retain = original.retain_until === undefined ? {} : { retain_until: original.retain_until };
  return keepItem(core, person, { ...described, ...retain, origin: "derived" }, source);
}

export interface Reading {
  readonly item: string;
  readonly role: Role;
  /** Why it is opened, in a few words; recorded. */
  readonly purpose: string;
  /** `read`: inside the node. `saved`: its bytes leave the vault for a person's machine. */
  readonly act?: "read" | "saved" | "verified" | "attached";
  /** Of an attached copy. */
  readonly channel?: string;
}

export interface ReadItem {
  readonly item: Item;
  /** Authentic bytes. Throws `VaultFault` (`altered`, `missing`, `unreachable`), after recording an altered blob. */
  readonly content: AsyncIterable<Uint8Array>;
  /** 32 bytes: opens the item's `commit` (SPEC 12.1.5). Reads the whole file. */
  readonly salt: () => Promise<Uint8Array>;
}

/** SPEC 12.3.3: opens an item for reading; the custody entry is durable before the first byte can be had. */
export async function openItem(
  core: NodeCore,
  person: Person,
  reading: Reading,
): Promise<ReadItem | Refusal> {
  const { item: id, role, purpose, act = "read", channel } = reading;
  if (!person.roles.includes(role)) return refuse("gate-role", { role });
  const item = livingItem(core, id);
  if (isRefusal(item)) return item;
  const opened = await openBlob(core, item);
  if (isRefusal(opened)) return opened;
  const { officer } = person;
  const why = { ...(purpose !== "" && { purpose }), ...(channel !== undefined && { channel }) };
  await core.record({ type: "house.custody", item: id, act, officer, role, ...why });
  const noteAltered = (): Promise<void> =>
    core.record({ type: "house.custody", item: id, act: "altered", officer, role });
  return {
    item: core.house.state.evidence.items.get(id) ?? item,
    content: watched(opened.content(), noteAltered),
    salt: opened.salt,
  };
}

/** The item itself, whatever became of its blob. */
export function findItem(core: NodeCore, id: string): Item | Refusal {
  return core.house.state.evidence.items.get(id) ?? refuse("item-unknown");
}

export function livingItem(core: NodeCore, id: string): Item | Refusal {
  const item = findItem(core, id);
  return isRefusal(item) || !item.erased ? item : refuse("item-erased", { digest: item.digest });
}

export function vaultOf(core: NodeCore): Vault | Refusal {
  return core.ports.vault ?? refuse("vault-absent");
}

/** Trouble of the vault as an answer: what happened, without a path. */
export function vaultRefusal(fault: VaultFault): Refusal {
  switch (fault.kind) {
    case "full":
      return refuse("vault-full");
    case "missing":
    case "length":
    case "altered":
      return refuse("item-altered", { kind: fault.kind });
    case "unreachable":
    case "io":
      return refuse("vault-fault", { kind: fault.kind });
  }
}

/** Runs work of the vault; its faults become refusals, every other fault stays one. */
export async function refusing<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof VaultFault) return vaultRefusal(fault);
    throw fault;
  }
}

/** The blob of an item, opened with the keys that it can be sealed to. */
export async function openBlob(core: NodeCore, item: Item): ReturnType<typeof openSealedItem> {
  const vault = vaultOf(core);
  if (isRefusal(vault)) return vault;
  const { backend, identity } = core.ports;
  const epochs = [...identity.kemSeeds].reverse();
  const seeds = item.origin === "received" ? epochs : [identity.archiveSeed];
  return refusing(() =>
    openSealedItem({ backend, blobs: vault.blobs, seeds, name: item.blob, contentSize: item.size_bytes }),
  );
}

interface Keeping extends IntakeInput {
  readonly origin: "intake" | "derived";
  readonly of?: string;
  readonly redaction?: JsonObject | (() => JsonObject);
  readonly retain_until?: string;
  readonly onProgress?: (sizeBytes: number) => void;
}

async function keepItem(
  core: NodeCore,
  person: Person,
  input: Keeping,
  source: AsyncIterable<Uint8Array>,
): Promise<Item | Refusal> {
  const { backend, clock, identity } = core.ports;
  const vault = vaultOf(core);
  if (isRefusal(vault)) return vault;
  if (!person.roles.includes(input.role)) return refuse("gate-role", { role: input.role });
  if (!core.writable) return refuse("read-only");
  if (input.acquired_at !== undefined && isRefusal(parseInstant(input.acquired_at)))
    return refuse("time-invalid");
  const { size_bytes: declaredSize, onProgress } = input;
  if ((declaredSize ?? 0) > vault.itemSizeLimit)
    return refuse("item-too-large", { limit: vault.itemSizeLimit });
  const sealed = await refusing(() =>
    sealItem({
      backend,
      blobs: vault.blobs,
      hashers: vault.hashers,
      recipients: [identity.archiveRecipient],
      source,
      sizeLimit: vault.itemSizeLimit,
      announce: (name) => vault.pending.add(name),
      ...(declaredSize !== undefined && { declaredSize }),
      ...(onProgress && { onProgress }),
    }),
  );
  if (isRefusal(sealed)) return sealed;
  const item = uuidv7(backend, clock());
  await recordBlob(core, vault, sealed.name, itemRecord(core, { item, person, input, sealed }));
  return findItem(core, item);
}

/** A blob without its record is nobody's: if the record does not become durable, the blob goes. */
export async function recordBlob(
  core: NodeCore,
  vault: Vault,
  blob: string,
  record: EvidenceRecord,
): Promise<void> {
  try {
    await core.record(record);
  } catch (fault) {
    await vault.blobs.remove(blob).catch(() => undefined);
    throw fault;
  } finally {
    await vault.pending.settle(blob).catch(() => undefined);
  }
}

function itemRecord(
  core: NodeCore,
  made: {
    readonly item: string;
    readonly person: Person;
    readonly input: Keeping;
    readonly sealed: SealedItem;
  },
): EvidenceRecord {
  const { item, person, input, sealed } = made;
  const { role, origin, media_type, name, acquired_at, tool, clock, of, redaction, retain_days } = input;
  const until =
    retain_days === undefined
      ? input.retain_until
      : encodeInstant(Math.floor(core.ports.clock()) + retain_days * SECONDS_PER_DAY);
  return {
    type: "house.item",
    item,
    officer: person.officer,
    role,
    origin,
    ...sealed.file,
    media_type,
    ...(name !== undefined && { name }),
    blob: sealed.name,
    blob_size: sealed.sizeBytes,
    commit: sealed.commit,
    ...(acquired_at !== undefined && { acquired_at }),
    ...(tool !== undefined && { tool }),
    ...(clock !== undefined && { clock }),
    ...(until !== undefined && { retain_until: until }),
    ...(of !== undefined && { of }),
    ...(redaction !== undefined && { redaction: typeof redaction === "function" ? redaction() : redaction }),
  };
}

/** An altered blob is a fact of its custody. */
async function* watched(
  content: AsyncIterable<Uint8Array>,
  noteAltered: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (fault) {
    if (fault instanceof VaultFault && (fault.kind === "altered" || fault.kind === "length"))
      await noteAltered();
    throw fault;
  }
}

/** SPEC 12.4.1: how an item is called on screens and in downloads. */
export function displayName({ name }: Pick<Item, "name">): string {
  return name === undefined ? "evidence" : safeName(name);
}

export interface SealedFile {
  readonly item: Item;
  /** The age file as it lies. Throws `VaultFault`. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** SPEC 12.3.3: the sealed file itself; who has no key learns nothing from it, and it is recorded all the same. */
export async function openSealed(
  core: NodeCore,
  person: Person,
  { item: id, role, purpose }: Pick<Reading, "item" | "role" | "purpose">,
): Promise<SealedFile | Refusal> {
  const vault = vaultOf(core);
  if (isRefusal(vault)) return vault;
  if (!person.roles.includes(role)) return refuse("gate-role", { role });
  const item = livingItem(core, id);
  if (isRefusal(item)) return item;
  const { officer } = person;
  await core.record({ type: "house.custody", item: id, act: "sealed", officer, role, purpose });
  return { item, content: vault.blobs.read(item.blob, { from: 0, length: item.blob_size }) };
}
