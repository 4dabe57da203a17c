/**
 * The blob port: sealed files under the hash of their bytes, and nothing else. One contract suite tests every engine.
 *
 * Guarantees asked of an engine: a blob is there whole or not at all; what `commit` answered is durable; a name is
 * the SHA-256 of the bytes (base64url), so no name comes from data that somebody chose. Trouble of the medium, and a
 * medium that gives other bytes than it was given, is a `VaultFault`.
 * An engine never sees a plaintext, a name of a file or a key.
 */

/**
 * `full`: no room. `missing`: not held. `length`: more or fewer bytes than there are. `altered`: other bytes than were
 * stored. `unreachable`: no answer. `io`: anything else of the medium.
 */
export class VaultFault extends Error {
  readonly kind: "full" | "missing" | "length" | "altered" | "unreachable" | "io";

  constructor(kind: VaultFault["kind"], options?: { readonly cause?: unknown }) {
    super(`the vault cannot write or read (${kind})`, options);
    this.name = "VaultFault";
    this.kind = kind;
  }
}

export interface StoredBlob {
  /** SHA-256 of the bytes, base64url. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** A blob on its way in. `commit` or `abort` ends it; nothing of it is to be found before `commit` resolved. */
export interface BlobWriter {
  /**
   * Takes the bytes before it resolves: then the caller may use the memory again. May be called again before that; the
   * order of calls is the order of bytes.
   */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly commit: () => Promise<StoredBlob>;
  /** Never throws; also after a failed `commit`. */
  readonly abort: () => Promise<void>;
}

export interface ByteRange {
  readonly from: number;
  readonly length: number;
}

export interface CreateOptions {
  /** Told the name when all bytes are hashed and before anybody can find the blob; what it throws ends the commit. */
  readonly announce?: (name: string) => Promise<void>;
}

export interface BlobStore extends AsyncDisposable {
  readonly create: (options?: CreateOptions) => Promise<BlobWriter>;
  /**
   * Takes over a whole file of this machine that was hashed as `blob` says; the file is gone afterwards. Nobody finds
   * the blob before it resolved.
   */
  readonly adopt: (path: string, blob: StoredBlob) => Promise<void>;
  /** Exactly the bytes of the range, in pieces of any size; else it throws `VaultFault`, in the middle if need be. */
  readonly read: (name: string, range: ByteRange) => AsyncIterable<Uint8Array>;
  /** Undefined when it is not held. */
  readonly sizeOf: (name: string) => Promise<number | undefined>;
  /** Every byte hashed again: throws `altered`, `length` or `missing`. */
  readonly verify: (name: string) => Promise<void>;
  /** Afterwards it is not held; also when it was not before. */
  readonly remove: (name: string) => Promise<void>;
  readonly names: () => AsyncIterable<string>;
}

/** The place of a blob below its store: hex, because some file systems do not tell `a` from `A`. */
export function nameToHex(name: string): string {
  if (!/^[A-Za-z0-9_-]{43}$/.test(name)) throw new TypeError("a blob is named by a hash");
  return Buffer.from(name, "base64url").toString("hex");
}

/** Undefined for a file that is no blob. */
export function hexToName(hex: string): string | undefined {
  return /^[0-9a-f]{64}$/.test(hex) ? Buffer.from(hex, "hex").toString("base64url") : undefined;
}
