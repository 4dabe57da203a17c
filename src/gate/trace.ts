/**
 * From a found copy to the disclosures it comes from (SPEC 15.4.5): the exact file, decoys, the order of rows, and the
 * writing of values. Each is evidence of its own, with its confidence; none says who passed the copy on.
 */
import { utf8ToText } from "#parley/codec/bytes.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { digestOf, isUpper, rankOf, seedOf, WRITABLE_KINDS, type Canary } from "./canary.ts";
import { LIST_ROWS_MINIMUM, valuesIn, type Value } from "./canary-list.ts";
import type { DisclosureRow } from "./disclosure.ts";

/** How unlikely chance alone would show as much, as its base-10 logarithm, corrected for the number of candidates. */
export interface Sign {
  readonly values: number;
  readonly log10_chance: number;
}

export interface Trace {
  /** Absent: a file that was disclosed as it is, without a canary. */
  readonly canary?: string;
  readonly party: string;
  /** Message ids of the disclosures that carried this variant. */
  readonly disclosures: readonly string[];
  readonly exact: boolean;
  readonly decoys: { readonly found: number; readonly of: number };
  readonly order?: Sign;
  readonly writing?: Sign;
  readonly verdict: "certain" | "likely";
}

/** One in a million, and one in a thousand. */
const CERTAIN_LOG10 = -6;
const LIKELY_LOG10 = -3;
/** A found copy is read as text up to this size; a larger one by its digest alone. */
export const COPY_SIZE_LIMIT_BYTES = 32 * 1_048_576;
/** Different values that are looked at for decoys; a copy with more is known by its beginning. */
const VALUES_LIMIT = 500_000;
/** Characters and values looked at between two steps: some milliseconds. */
const PIECE_CHARACTERS = 65_536;
const VALUES_PER_STEP = 10_000;
/** Order and writing of more values add nothing but time. */
const STATISTICS_LIMIT = 4_000;

interface Known {
  readonly rows: readonly DisclosureRow[];
  readonly canaries: Iterable<Canary>;
}

/** Best first; empty when nothing points anywhere. */
export function traceCopy(backend: CryptoBackend, bytes: Uint8Array, known: Known): readonly Trace[] {
  const run = traceSteps(backend, bytes, known);
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps: who drives it lets other work run at each, for a found copy may be whatever somebody made. */
export function* traceSteps(
  backend: CryptoBackend,
  bytes: Uint8Array,
  known: Known,
): Generator<void, readonly Trace[]> {
  const digest = digestOf(backend, bytes);
  const canaries = [...known.canaries];
  const carriers = (of: string) =>
    known.rows.filter(({ attachments }) => attachments.some((one) => one.digest === of));
  const copy = yield* readCopy(yield* valuesOf(bytes), canaries);
  yield;
  const traces: Trace[] = [];
  for (const canary of canaries) {
    const trace = traceOne(backend, canary, copy, digest === canary.variant);
    if (trace !== undefined)
      traces.push({ ...trace, disclosures: carriers(canary.variant).map(({ id }) => id) });
    yield;
  }
  const variants = new Set(canaries.map(({ variant }) => variant));
  const plain = variants.has(digest) ? [] : carriers(digest);
  const exact = plain.map(({ party, id }): Trace => {
    return { party, disclosures: [id], exact: true, decoys: { found: 0, of: 0 }, verdict: "certain" };
  });
  return [...traces.sort((a, b) => weight(b) - weight(a)), ...exact];
}

function weight({ exact, verdict, decoys, order, writing }: Trace): number {
  const signs = -(order?.log10_chance ?? 0) - (writing?.log10_chance ?? 0);
  return (exact ? 1e9 : 0) + (verdict === "certain" ? 1e6 : 0) + decoys.found * 1e3 + signs;
}

/** A found copy, read once for all variants. */
interface Copy {
  readonly values: ReadonlyMap<string, Value>;
  /** Values that are nobody's decoy, by kind, as many as statistics ask for. */
  readonly listed: ReadonlyMap<string, readonly Value[]>;
  /** How many variants have this decoy. */
  readonly sharers: ReadonlyMap<string, number>;
  readonly candidates: number;
}

function* readCopy(values: ReadonlyMap<string, Value>, canaries: readonly Canary[]): Generator<void, Copy> {
  const sharers = new Map<string, number>();
  for (const { decoys } of canaries)
    for (const decoy of new Set(decoys)) sharers.set(decoy, (sharers.get(decoy) ?? 0) + 1);
  const listed = new Map<string, Value[]>();
  let read = 0;
  for (const value of values.values()) {
    const ofKind = listed.get(value.kind) ?? [];
    listed.set(value.kind, ofKind);
    if (ofKind.length < STATISTICS_LIMIT && !sharers.has(value.key)) ofKind.push(value);
    if (++read % VALUES_PER_STEP === 0) yield;
  }
  return { values, listed, sharers, candidates: canaries.length };
}

function traceOne(
  backend: CryptoBackend,
  canary: Canary,
  { values, listed: byKind, sharers, candidates }: Copy,
  exact: boolean,
): Omit<Trace, "disclosures"> | undefined {
  const found = canary.decoys.filter((decoy) => values.has(decoy));
  const own = found.filter((decoy) => sharers.get(decoy) === 1);
  const listed = byKind.get(canary.kind) ?? [];
  const order = canary.order === "free" ? orderSign(backend, canary, listed, candidates) : undefined;
  const writing = writingSign(backend, canary, listed, candidates);
  const chances = [order, writing].flatMap((sign) => (sign === undefined ? [] : [sign.log10_chance]));
  const best = Math.min(0, ...chances);
  // Decoys that several variants share count together: six of twelve are no accident.
  const isCertain = exact || own.length > 0 || found.length * 2 >= DECOYS_SHARED || best <= CERTAIN_LOG10;
  if (!isCertain && found.length === 0 && best > LIKELY_LOG10) return undefined;
  return {
    canary: canary.canary,
    party: canary.party,
    exact,
    decoys: { found: found.length, of: canary.decoys.length },
    ...(order !== undefined && { order }),
    ...(writing !== undefined && { writing }),
    verdict: isCertain ? "certain" : "likely",
  };
}

const DECOYS_SHARED = 12;

/** Values in order, each once: a table may name a value again in a later column. */
function* valuesOf(bytes: Uint8Array): Generator<void, ReadonlyMap<string, Value>> {
  const values = new Map<string, Value>();
  const text = bytes.length <= COPY_SIZE_LIMIT_BYTES ? utf8ToText(bytes) : undefined;
  if (text === undefined) return values;
  for (let from = 0; from < text.length && values.size < VALUES_LIMIT;) {
    const piece = pieceAt(text, from);
    for (const value of valuesIn(piece)) if (!values.has(value.key)) values.set(value.key, value);
    from += piece.length;
    yield;
  }
  return values;
}

/** Whole lines where there are any: looking for values in one long line takes longest. */
function pieceAt(text: string, from: number): string {
  const piece = text.slice(from, from + PIECE_CHARACTERS);
  const end = piece.lastIndexOf("\n") + 1;
  return from + PIECE_CHARACTERS >= text.length || end === 0 ? piece : piece.slice(0, end);
}

/** Kendall's rank correlation between the order found and the order of the seed; either direction. */
function orderSign(
  backend: CryptoBackend,
  canary: Canary,
  listed: readonly Value[],
  candidates: number,
): Sign | undefined {
  const n = listed.length;
  if (n < LIST_ROWS_MINIMUM) return undefined;
  const seed = seedOf(canary);
  const pairs = (n * (n - 1)) / 2;
  const swapped = inversions(listed.map(({ key }) => rankOf(backend, seed, key)));
  const sigma = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const z = Math.abs(pairs - 2 * swapped) / sigma;
  return { values: n, log10_chance: chanceOf(z, candidates) };
}

/** How many values are written as the seed writes them, against one in two. */
function writingSign(
  backend: CryptoBackend,
  canary: Canary,
  listed: readonly Value[],
  candidates: number,
): Sign | undefined {
  const written = WRITABLE_KINDS.has(canary.kind) ? listed.filter(({ text }) => /[a-z]/i.test(text)) : [];
  if (written.length < LIST_ROWS_MINIMUM) return undefined;
  const seed = seedOf(canary);
  const matches = written.filter(
    ({ text, key }) => (text === text.toUpperCase()) === isUpper(backend, seed, key),
  );
  const z = (2 * matches.length - written.length) / Math.sqrt(written.length);
  return { values: written.length, log10_chance: chanceOf(z, candidates) };
}

/** Pairs out of order, by merging: O(n log n). */
function inversions(ranks: readonly string[]): number {
  if (ranks.length < 2) return 0;
  const middle = ranks.length >> 1;
  const left = ranks.slice(0, middle);
  const right = ranks.slice(middle);
  let count = inversions(left) + inversions(right);
  left.sort();
  right.sort();
  let j = 0;
  for (const rank of left) {
    while (j < right.length && (right[j] ?? "") < rank) j++;
    count += j;
  }
  return count;
}

/** log10 of the two-sided tail of the normal distribution times the candidates; an upper bound (Mills' ratio). */
function chanceOf(z: number, candidates: number): number {
  if (z < 1) return 0;
  const density = (-z * z) / 2 / Math.LN10 - Math.log10(Math.sqrt(2 * Math.PI));
  const chance = density - Math.log10(z) + Math.log10(2 * Math.max(1, candidates));
  return Math.min(0, Math.round(chance * 10) / 10);
}
