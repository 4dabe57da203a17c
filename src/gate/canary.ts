/**
 * Canary variants (SPEC 15.4): a copy of an indicator list that only one disclosure has, made by data that carries
 * information: declared decoy rows, the order of rows, and the letter case of values that have none.
 *
 * It guarantees that every row of the original is in the variant with the same meaning, that no character is hidden,
 * and that the same seed gives the same bytes. It takes lists only: evidence is never altered.
 */
import { concatBytes, encodeBase64url, encodeHex, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { listToBytes, parseList, type ListFormat, type ListRow, type ValueKind } from "./canary-list.ts";
import type { DisclosureCode } from "./disclosure-codes.ts";

export const ROW_ORDERS = ["free", "kept"] as const;
/** `free`: the order of rows means nothing and may carry information. */
export type RowOrder = (typeof ROW_ORDERS)[number];

/** What the house feed keeps of a variant: enough to find it again, and every decoy by name. */
export interface Canary {
  readonly canary: string;
  readonly officer: number;
  /** For whom it was made. */
  readonly party: string;
  /** SHA-256 of the bytes before and after, base64url. */
  readonly original: string;
  readonly variant: string;
  readonly format: ListFormat;
  readonly kind: ValueKind;
  readonly order: RowOrder;
  /** 32 bytes, base64url. */
  readonly seed: string;
  readonly decoys: readonly string[];
  readonly rows: number;
}

/** Twelve: of half of the rows at random, none of twelve decoys is left once in 4,096 times. */
export const DECOYS = 12;

export interface CanaryInput {
  readonly bytes: Uint8Array;
  readonly format: ListFormat;
  /** Of a CSV file or of JSON objects: which member names the row. */
  readonly column?: string;
  readonly order: RowOrder;
  readonly seed: Uint8Array;
  /** Decoys of earlier variants, avoided while there are others. */
  readonly taken: ReadonlySet<string>;
}

export interface Variant {
  readonly bytes: Uint8Array;
  readonly kind: ValueKind;
  readonly decoys: readonly string[];
  readonly rows: number;
}

export function makeVariant(backend: CryptoBackend, input: CanaryInput): Variant | Refusal<DisclosureCode> {
  const { seed, order, taken } = input;
  const list = parseList(input.bytes, input);
  if (isRefusal(list)) return list;
  const present = new Set(list.rows.map(({ key }) => key));
  const decoys = makeDecoys(backend, seed, list.kind, new Set([...taken, ...present]));
  const template = list.rows[0];
  if (template === undefined) throw new Error("a list that was parsed has rows");
  const planted = decoys.map((decoy, i): ListRow => {
    // Each from another row, so that the other cells of decoys do not look alike.
    const like = list.rows[Math.floor((i * list.rows.length) / decoys.length)] ?? template;
    return { text: like.text.replace(like.value, decoy), value: decoy, key: decoy };
  });
  const rows = arrange(backend, seed, order, list.rows, planted);
  const written = rows.map((row) => row.text.replace(row.value, writeValue(backend, seed, row)));
  return { bytes: listToBytes(list, written), kind: list.kind, decoys, rows: list.rows.length };
}

/** The place of a key in the order of a seed: equal on every reader, and no two seeds agree. */
export function rankOf(backend: CryptoBackend, seed: Uint8Array, key: string): string {
  return encodeHex(prf(backend, seed, "order", key).subarray(0, 8));
}

/** Whether the seed writes this key in upper case. */
export function isUpper(backend: CryptoBackend, seed: Uint8Array, key: string): boolean {
  return ((prf(backend, seed, "writing", key)[0] ?? 0) & 1) === 1;
}

/** Values of which letter case says nothing; a URL's path may depend on it, and addresses of version 4 have none. */
export const WRITABLE_KINDS: ReadonlySet<ValueKind> = new Set(["hash", "host", "ipv6"]);

export function seedOf({ seed }: Canary): Uint8Array {
  const bytes = parseBase64url(seed, 32);
  if (isRefusal(bytes)) throw new Error("a canary of the house feed has a seed");
  return bytes;
}

export function digestOf(backend: CryptoBackend, bytes: Uint8Array): string {
  return encodeBase64url(backend.sha256(bytes));
}

/** With the order kept, decoys stand at places of the seed's choosing. */
function arrange(
  backend: CryptoBackend,
  seed: Uint8Array,
  order: RowOrder,
  rows: readonly ListRow[],
  planted: readonly ListRow[],
): readonly ListRow[] {
  if (order === "free") {
    const ranked = [...rows, ...planted].map((row) => [rankOf(backend, seed, row.key), row] as const);
    return ranked.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
  }
  const result = [...rows];
  for (const row of planted) {
    const [high = 0, low = 0] = prf(backend, seed, "place", row.key);
    result.splice((high * 256 + low) % (result.length + 1), 0, row);
  }
  return result;
}

function writeValue(backend: CryptoBackend, seed: Uint8Array, { value, key }: ListRow): string {
  const kind = kindOfPlain(key);
  if (kind === undefined) return value;
  return isUpper(backend, seed, key) ? value.toUpperCase() : value.toLowerCase();
}

function kindOfPlain(key: string): ValueKind | undefined {
  if (/^[0-9a-f]{32,64}$/.test(key)) return "hash";
  if (key.includes("/") || /^[0-9.]+$/.test(key)) return undefined;
  return key.includes(":") ? "ipv6" : "host";
}

function makeDecoys(
  backend: CryptoBackend,
  seed: Uint8Array,
  kind: ValueKind,
  taken: ReadonlySet<string>,
): readonly string[] {
  const decoys = new Set<string>();
  for (let i = 0; decoys.size < DECOYS; i++) {
    const decoy = decoyOf(kind, prf(backend, seed, "decoy", String(i)));
    // Addresses of version 4 kept for documentation are 762: when all are taken, a set of twelve is still unique.
    if (!taken.has(decoy) || i > DECOY_TRIES) decoys.add(decoy);
  }
  return [...decoys];
}

const DECOY_TRIES = 4_096;
const DOCUMENTATION_NETWORKS = ["192.0.2", "198.51.100", "203.0.113"] as const;
const HOSTS_IN_NETWORK = 254;

/** Kept for documentation (RFC 5737, RFC 3849, RFC 2606); a hash of nothing that anybody has. */
function decoyOf(kind: ValueKind, bytes: Uint8Array): string {
  const [a = 0, b = 0, c = 0] = bytes;
  const number = a * 65_536 + b * 256 + c;
  const name = `${encodeHex(bytes.subarray(3, 9)).replace(/[0-9]/g, letterOf)}.example`;
  switch (kind) {
    case "ipv4":
      return `${DOCUMENTATION_NETWORKS[number % 3] ?? "192.0.2"}.${1 + (Math.floor(number / 3) % HOSTS_IN_NETWORK)}`;
    case "ipv6": {
      const groups = encodeHex(bytes.subarray(3, 15)).match(/.{4}/g) ?? [];
      // Canonical text has no leading zeros (RFC 5952), and none here shortens to `::`.
      return ["2001", "db8", ...groups.map((group) => group.replace(/^0/, "a").replace(/^0+/, "a"))].join(
        ":",
      );
    }
    case "host":
      return name;
    case "url":
      return `https://${name}/${encodeHex(bytes.subarray(9, 13))}`;
    case "hash":
      return encodeHex(bytes);
  }
}

function letterOf(digit: string): string {
  return "ghijklmnop"[Number(digit)] ?? "g";
}

function prf(backend: CryptoBackend, seed: Uint8Array, label: string, key: string): Uint8Array {
  return backend.hmacSha256(seed, concatBytes(utf8(`parley/canary/v1\n${label}\n`), utf8(key)));
}
