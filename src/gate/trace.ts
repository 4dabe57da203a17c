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
/** Order and writing of more values add nothing but time. */
const STATISTICS_LIMIT = 4_000;

/** Best first; empty when nothing points anywhere. */
export function traceCopy(
  backend: CryptoBackend,
  bytes: Uint8Array,
  known: { readonly rows: readonly DisclosureRow[]; readonly canaries: Iterable<Canary> },
): readonly Trace[] {
  const digest = digestOf(backend, bytes);
  const canaries = [...known.canaries];
  const carriers = (of: string) =>
    known.rows.filter(({ attachments }) => attachments.some((one) => one.digest === of));
  const values = valuesOf(bytes);
  const traces = canaries.flatMap((canary) => {
    const disclosures = carriers(canary.variant).map(({ id }) => id);
    const trace = traceOne(backend, canary, { values, exact: digest === canary.variant, canaries });
    return trace === undefined ? [] : [{ ...trace, disclosures }];
  });
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

interface Copy {
  readonly values: readonly Value[];
  readonly exact: boolean;
  readonly canaries: readonly Canary[];
}

function traceOne(
  backend: CryptoBackend,
  canary: Canary,
  { values, exact, canaries }: Copy,
): Omit<Trace, "disclosures"> | undefined {
  const keys = new Set(values.map(({ key }) => key));
  const found = canary.decoys.filter((decoy) => keys.has(decoy));
  const others = canaries.filter((one) => one !== canary);
  const own = found.filter((decoy) => !others.some(({ decoys }) => decoys.includes(decoy)));
  const decoys = new Set(canaries.flatMap((one) => one.decoys));
  const listed = values
    .filter(({ kind, key }) => kind === canary.kind && !decoys.has(key))
    .slice(0, STATISTICS_LIMIT);
  const order = canary.order === "free" ? orderSign(backend, canary, listed, canaries.length) : undefined;
  const writing = writingSign(backend, canary, listed, canaries.length);
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
function valuesOf(bytes: Uint8Array): readonly Value[] {
  const text = bytes.length <= COPY_SIZE_LIMIT_BYTES ? utf8ToText(bytes) : undefined;
  if (text === undefined) return [];
  const values = new Map<string, Value>();
  for (const value of valuesIn(text)) {
    if (!values.has(value.key)) values.set(value.key, value);
    if (values.size >= VALUES_LIMIT) break;
  }
  return [...values.values()];
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
