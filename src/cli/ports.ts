/**
 * What the command line is given: everything that touches the world comes in here, so that a test can be the world.
 *
 * `main.ts` makes the real ones. No port prints, and none decides an exit status but `start`, which runs until
 * it is stopped.
 */
import type { Refusal } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { ListFile } from "#parley/intel/load.ts";

/** The people whom `init` makes; each has a token in the data directory, `tokens/<who>.token`. */
export const WHO = [
  "watch",
  "analyst",
  "releaser1",
  "releaser2",
  "authority",
  "principal",
  "auditor",
] as const;
export type Who = (typeof WHO)[number];

/** A file, a data directory or the node that cannot be reached: said in words, with a code, without a stack. */
export class CliFault extends Error {
  readonly code: CliFaultCode;

  constructor(code: CliFaultCode, options?: { readonly cause?: unknown }) {
    super(code, options);
    this.name = "CliFault";
    this.code = code;
  }
}

export type CliFaultCode =
  | "file-unreadable"
  | "file-unwritable"
  | "file-exists"
  | "data-directory-missing"
  | "data-directory-damaged"
  | "data-directory-locked"
  | "token-missing"
  | "api-unreachable";

export interface InitOptions {
  readonly dataDirectory: string;
  /** Name and handle of the party document (SPEC 4.1). */
  readonly name: string;
  readonly handle: string;
  readonly languages: readonly string[];
  /** `https://…` addresses of this node for its peers. */
  readonly urls: readonly string[];
  /** Where the node listens for its own people (loopback unless told otherwise) and for its peers. */
  readonly api: ListenAddress;
  readonly peer: ListenAddress;
  /** Days until the party document expires. */
  readonly validDays: number;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface InitReport {
  readonly party: string;
  /** Paths of what was written, relative to the data directory; private root keys among them. */
  readonly files: readonly string[];
  /** Where the root keys lie: they leave this machine afterwards. */
  readonly roots: readonly string[];
}

export interface StartOptions {
  readonly dataDirectory: string;
  /** Overrides of `config.json`. */
  readonly apiPort?: number;
  readonly peerPort?: number;
  /** Called once, when both doors answer. */
  readonly onServing: (serving: {
    readonly party: string;
    readonly api: string;
    readonly peer: string;
    /** One-time address for the first passkey; absent once somebody has one. */
    readonly link?: string;
  }) => void;
}

/** One request to the node's own HTTP API; the port adds base address and token from the data directory. */
export interface ApiRequest {
  readonly dataDirectory: string;
  readonly as: Who;
  readonly method: "GET" | "POST" | "DELETE";
  /** Absolute path with its query, `/api/v1/…`. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: Uint8Array;
}

export interface ApiResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** A file of this machine that is to be taken in; `name` is without its folders. */
export interface FoundFile {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
}

/** What `doctor` asks about the machine; undefined where the platform does not say. */
export interface Diagnosis {
  readonly nodeVersion: string;
  /** The directory is there and has a `config.json` that can be read. */
  readonly configured: boolean;
  /** Permission bits of the data directory, and of every file in it that others may read. */
  readonly directoryMode?: number;
  readonly openToOthers: readonly string[];
  /** A process holds the lock: the node runs. */
  readonly locked: boolean;
  readonly diskFreeBytes?: number;
  /** Names of secret files that are missing, and root secrets that still lie on this machine. */
  readonly keysMissing: readonly string[];
  readonly rootsHere: readonly string[];
}

export interface CliPorts {
  /** Resolves when the text was taken, so that a slow reader slows the writer. */
  readonly stdout: (text: string) => Promise<void> | void;
  readonly stderr: (text: string) => Promise<void> | void;
  readonly isTty: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Asked for `NO_COLOR`, `TERM`, `PARLEY_DATA`, `PARLEY_AS`, and the variables of the language; nothing else. */
  readonly env: (name: string) => string | undefined;
  /** Chunks of a file, or of standard input for `-`; closed when the reader stops. Throws `CliFault`. */
  readonly readFile: (path: string) => AsyncIterable<Uint8Array>;
  /** Whole or not at all; `-` is standard output. Refuses to overwrite unless told. Throws `CliFault`. */
  readonly writeFile: (
    path: string,
    bytes: Uint8Array,
    /** `secret`: for its owner alone. */
    options?: { readonly overwrite: boolean; readonly secret?: true },
  ) => Promise<void>;
  /** As `writeFile`, chunk by chunk; nothing stays unless `fill` resolves to true. Not to `-`. Throws `CliFault`. */
  readonly writeFileAs: (
    path: string,
    fill: (write: (chunk: Uint8Array) => Promise<void>) => Promise<boolean>,
    options: { readonly overwrite: boolean },
  ) => Promise<void>;
  /** One line that a person types; undefined at the end of input. Called on a terminal only. */
  readonly askLine: (question: string) => Promise<string | undefined>;
  readonly init: (options: InitOptions) => Promise<InitReport | Refusal>;
  /** Runs until stopped; resolves to the exit status. Throws `CliFault`. */
  readonly start: (options: StartOptions) => Promise<number>;
  readonly fetchApi: (request: ApiRequest) => Promise<ApiResponse>;
  /** A file, or every regular file below a folder; links are not followed. Throws `CliFault`. */
  readonly filesBelow: (path: string) => AsyncIterable<FoundFile>;
  /** `fetchApi` with a file as its body, read while it is sent. Throws `CliFault`. */
  readonly uploadFile: (
    request: ApiRequest,
    path: string,
    onProgress: (readBytes: number) => void,
  ) => Promise<ApiResponse>;
  /** `fetchApi` with the body of a good answer saved whole under a path, or not at all. Throws `CliFault`. */
  readonly downloadFile: (
    request: ApiRequest,
    path: string,
    options: { readonly overwrite: boolean; readonly onProgress: (bytes: number) => void },
  ) => Promise<ApiResponse>;
  readonly diagnose: (dataDirectory: string) => Promise<Diagnosis>;
  /** GET of a public `https://` address, for a party file; at most `limitBytes`. Throws `CliFault`. */
  readonly fetchPublic: (url: string, limitBytes: number) => Promise<Uint8Array>;
  /** The files of a folder of warning lists (SPEC 16.1). Throws `CliFault`. */
  readonly readLists: (folder: string) => Promise<readonly ListFile[]>;
  readonly backend: CryptoBackend;
  readonly clock: () => Instant;
}
