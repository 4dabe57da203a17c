/**
 * Reading a file for the gate (SPEC 14.6): what all readers of formats share: the budget, and the parts found so
 * far.
 *
 * Nothing is executed or rendered. What cannot be read within the budget is a hit of its own and never passes as
 * clean.
 */
import { inflateRawSync, inflateSync, gunzipSync, constants } from "node:zlib";
import type { CompiledRules } from "./compiled-rules.ts";
import { Notes } from "./notes.ts";

/** Bytes that all inner parts of one file may unpack to; ten times what a message's attachments usually have. */
const UNPACKED_LIMIT_BYTES = 64 * 1024 * 1024;
/** Members of archives, parts of mails, streams of documents. */
const PARTS_LIMIT = 2_000;
/** A file in an archive in a mail in an archive. */
export const NESTING_LIMIT = 4;

export interface PartNotes {
  /** Numbers of members from the outside in: `3/1`; empty for the file itself. */
  readonly inner: string;
  readonly notes: Notes;
}

export class Unpacking {
  readonly rules: CompiledRules;
  readonly tlpRank: number;
  readonly parts: PartNotes[] = [];
  #bytesLeft = UNPACKED_LIMIT_BYTES;
  #partsLeft = PARTS_LIMIT;

  constructor(rules: CompiledRules, tlpRank: number) {
    this.rules = rules;
    this.tlpRank = tlpRank;
  }

  /** Notes of one part; those of the same part are the same. */
  notesOf(inner: string): Notes {
    const known = this.parts.find((part) => part.inner === inner);
    if (known !== undefined) return known.notes;
    const notes = new Notes(this.tlpRank);
    this.parts.push({ inner, notes });
    return notes;
  }

  /** False once the budget of parts is used up. */
  takePart(): boolean {
    return this.#partsLeft-- > 0;
  }

  /** Unpacked bytes; `too-large` when they pass the budget, `unreadable` when they do not unpack. */
  inflate(bytes: Uint8Array, kind: "raw" | "zlib" | "gzip"): Uint8Array | "too-large" | "unreadable" {
    if (this.#bytesLeft <= 0) return "too-large";
    const options = { maxOutputLength: this.#bytesLeft, finishFlush: constants.Z_SYNC_FLUSH };
    try {
      const unpack = kind === "raw" ? inflateRawSync : kind === "zlib" ? inflateSync : gunzipSync;
      const unpacked = unpack(bytes, options);
      this.#bytesLeft -= unpacked.length;
      return unpacked;
    } catch (fault) {
      const isLarge =
        fault instanceof RangeError ||
        (fault instanceof Error && "code" in fault && fault.code === "ERR_BUFFER_TOO_LARGE");
      if (isLarge) this.#bytesLeft = 0;
      return isLarge ? "too-large" : "unreadable";
    }
  }
}

/** Reads the bytes of a member as a file of its own; given by `read-content.ts`, so that formats can nest. */
export type ReadInner = (bytes: Uint8Array, inner: string, nesting: number) => Generator<void>;

/** Where one file stands while its parts are read. */
export interface FileReading {
  readonly bytes: Uint8Array;
  readonly inner: string;
  readonly nesting: number;
  readonly unpacking: Unpacking;
  readonly readInner: ReadInner;
}

export function innerOf({ inner }: FileReading, number: number): string {
  return inner === "" ? String(number) : `${inner}/${number}`;
}

export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1", from, to);
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
