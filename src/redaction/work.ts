/**
 * What every format shares while it makes a copy: where pieces that are left out go, keys of this redaction, and
 * the one way to stop.
 *
 * Guarantees: pieces are committed to in the order in which they are left out, with salts from the seed alone, so
 * the same original, plan and seed give the same map. Memory does not grow with the number of pieces.
 */
import { concatBytes, encodeBase64url, u64be, utf8 } from "#parley/codec/bytes.ts";
import { refuse, type Refusal, type RefusalFacts } from "#parley/codec/refusal.ts";
import type { Digesting } from "#parley/crypto/payload.ts";
import {
  PLACE_LENGTH_LIMIT,
  PLACES_LIMIT,
  pieceLeaf,
  REDACTION_ACTS,
  type RedactionAct,
  type RedactionMap,
  type RevealedPiece,
} from "#parley/ledger/redaction-map.ts";
import {
  appendLeaf,
  EMPTY_FRONTIER,
  inclusionPath,
  rootOf,
  subtreeReader,
  type Hash,
} from "#parley/ledger/tree.ts";
import type { RedactionCode } from "./codes.ts";

export type Source = AsyncIterable<Uint8Array>;

export interface LeftOut {
  /** Where in the original; may tell a name that the copy does not show. */
  readonly at: string;
  /** What the map shows instead of `at`, where `at` tells too much. */
  readonly shown?: string;
  readonly how: RedactionAct;
  readonly value: Uint8Array;
}

/** Stops a copy; `redact` turns it into the refusal that it carries. Nothing else may catch it. */
export class RedactionStop extends Error {
  readonly refusal: Refusal<RedactionCode>;

  constructor(refusal: Refusal<RedactionCode>) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export function stop(code: RedactionCode, facts: RefusalFacts = {}): never {
  throw new RedactionStop(refuse(code, facts));
}

const SALT_DOMAIN = utf8("parley/redaction/salt/v1\n");
const KEY_DOMAIN = utf8("parley/redaction/key/v1\n");
const COMMIT_DOMAIN = utf8("parley/commit/v1\n");
/** A packet and its place. */
const SCRATCH_SIZE_BYTES = 270_000;
export const SEED_SIZE_BYTES = 32;

/** SPEC 13.2.2: of fixed length, so that a plain hash is a keyed one. */
export function pieceSalt(backend: Digesting, seed: Uint8Array, index: number): Uint8Array {
  return backend.sha256(concatBytes(SALT_DOMAIN, seed, u64be(index)));
}

/** SPEC 13.2.2: the salt of the original is that of the index no piece can have. */
export function originalSalt(backend: Digesting, seed: Uint8Array): Uint8Array {
  return pieceSalt(backend, seed, Number.MAX_SAFE_INTEGER);
}

export class Work {
  readonly #backend: Digesting;
  readonly #seed: Uint8Array;
  readonly #counts = new Map<RedactionAct, number>();
  readonly #places: { readonly at: string; readonly how: RedactionAct }[] = [];
  readonly #matched = new Set<number>();
  readonly #wanted: number | undefined;
  #found: (LeftOut & { readonly index: number }) | undefined;
  /** Leaf hashes, kept only while one piece is to be proven. */
  readonly #leaves: Hash[] = [];
  #frontier = EMPTY_FRONTIER;
  readonly #hasher: LeafHasher;

  /** `reveal` is the index of the one piece that is to be proven. */
  constructor(backend: Digesting, seed: Uint8Array, reveal?: number) {
    if (seed.length !== SEED_SIZE_BYTES) throw new RangeError("a seed has 32 bytes");
    this.#backend = backend;
    this.#seed = seed;
    this.#wanted = reveal;
    this.#hasher = new LeafHasher(backend, seed);
  }

  /** 32 bytes for one use, named by `label`. */
  key(label: string): Uint8Array {
    return this.#backend.sha256(concatBytes(KEY_DOMAIN, this.#seed, utf8(label)));
  }

  /** A rule of the plan took effect. */
  match(rule: number): void {
    this.#matched.add(rule);
  }

  /** SPEC 13.1.4: a rule that found nothing was meant for something. */
  requireMatches(rules: readonly { readonly may_miss?: boolean }[]): void {
    const missed = rules.findIndex((rule, index) => rule.may_miss !== true && !this.#matched.has(index));
    if (missed >= 0) stop("redaction-no-match", { rule: missed });
  }

  leaveOut(piece: LeftOut): void {
    const index = this.#frontier.size;
    const { sha256 } = this.#backend;
    const leaf = this.#hasher.leaf(index, piece);
    this.#frontier = appendLeaf(sha256, this.#frontier, leaf).frontier;
    this.#counts.set(piece.how, (this.#counts.get(piece.how) ?? 0) + 1);
    if (index < PLACES_LIMIT) this.#places.push({ at: shorten(piece.shown ?? piece.at), how: piece.how });
    if (this.#wanted === undefined) return;
    this.#leaves.push(leaf);
    if (index === this.#wanted) this.#found = { ...piece, value: piece.value.slice(), index };
  }

  get summary(): Pick<RedactionMap, "pieces" | "left_out" | "places"> {
    const root = encodeBase64url(rootOf(this.#backend.sha256, this.#frontier));
    return {
      pieces: { count: this.#frontier.size, root },
      left_out: REDACTION_ACTS.flatMap((how) => {
        const count = this.#counts.get(how);
        return count === undefined ? [] : [{ how, count }];
      }),
      places: this.#places,
    };
  }

  /** The piece asked for with its proof; undefined when there is no such piece. */
  get revealed(): RevealedPiece | undefined {
    if (this.#found === undefined) return undefined;
    const { index, at, how, value } = this.#found;
    const { sha256 } = this.#backend;
    const read = subtreeReader(sha256, (level, place) => (level === 0 ? this.#leaves[place] : undefined));
    const salt = encodeBase64url(pieceSalt(this.#backend, this.#seed, index));
    const path = inclusionPath(sha256, read, index, this.#frontier.size).map(encodeBase64url);
    return { v: 1, type: "redaction.piece", index, salt, at, how, value: encodeBase64url(value), path };
  }
}

/**
 * `pieceLeaf` without a new array for each step: a capture has a million packets. Values that do not fit take the long
 * way; the verifier always does, so a difference would show in every reveal.
 */
class LeafHasher {
  readonly #backend: Digesting;
  readonly #seed: Uint8Array;
  readonly #salt = Buffer.alloc(SALT_DOMAIN.length + SEED_SIZE_BYTES + 8);
  readonly #commit = Buffer.alloc(SCRATCH_SIZE_BYTES);
  readonly #leaf = Buffer.alloc(33);

  constructor(backend: Digesting, seed: Uint8Array) {
    this.#backend = backend;
    this.#seed = seed;
    this.#salt.set(SALT_DOMAIN);
    this.#salt.set(seed, SALT_DOMAIN.length);
    this.#commit.set(COMMIT_DOMAIN);
  }

  leaf(index: number, piece: LeftOut): Hash {
    const head = `${piece.how} ${piece.at}\n`;
    const start = COMMIT_DOMAIN.length + 32;
    if (head.length * 3 + piece.value.length > SCRATCH_SIZE_BYTES - start)
      return pieceLeaf(this.#backend, pieceSalt(this.#backend, this.#seed, index), piece);
    const { sha256 } = this.#backend;
    this.#salt.writeBigUInt64BE(BigInt(index), SALT_DOMAIN.length + SEED_SIZE_BYTES);
    this.#commit.set(sha256(this.#salt), COMMIT_DOMAIN.length);
    const end = start + this.#commit.write(head, start, "utf8");
    this.#commit.set(piece.value, end);
    this.#leaf.set(sha256(this.#commit.subarray(0, end + piece.value.length)), 1);
    return sha256(this.#leaf);
  }
}

/** Whole code points; what a place says is for people. */
function shorten(text: string): string {
  const characters = Array.from(text.toWellFormed());
  return characters.length <= PLACE_LENGTH_LIMIT
    ? characters.join("")
    : `${characters.slice(0, PLACE_LENGTH_LIMIT - 1).join("")}…`;
}

/** The whole source, or a stop at the limit: for formats that cannot be read from front to back. */
export async function collect(source: Source, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limitBytes) stop("redaction-limit", { what: "size", limit: limitBytes });
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

/**
 * SPEC 13.4.8: a second look at a finished copy. Values shorter than `LEAK_LENGTH_BYTES` occur by chance and are not
 * looked for.
 */
export function refuseLeak(copy: Uint8Array, values: readonly Uint8Array[]): void {
  const haystack = Buffer.from(copy.buffer, copy.byteOffset, copy.length);
  for (const value of values)
    if (value.length >= LEAK_LENGTH_BYTES && haystack.includes(Buffer.from(value))) stop("redaction-leak");
}

export const LEAK_LENGTH_BYTES = 6;
