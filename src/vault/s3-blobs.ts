/**
 * Blobs on any S3-compatible store, which is believed nothing (SPEC 12.2.8).
 *
 * Guarantees: a blob is staged on this machine until the store has it whole; each part is sent under its own signed
 * SHA-256; what was uploaded is read back and hashed before it counts; a range is exactly what was asked for or a
 * fault. The store sees sealed bytes under the hash of themselves, and no name, key or plaintext.
 * It deliberately follows no redirect, accepts no encoding and has no cache. A request is tried once more, no oftener.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import type { Instant } from "#parley/codec/time.ts";
import {
  hexToName,
  nameToHex,
  VaultFault,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  type CreateOptions,
  type StoredBlob,
} from "./blobs.ts";
import { guarded, openDiskBlobs, type DiskBlobsOptions } from "./disk-blobs.ts";

export interface S3Options extends Pick<DiskBlobsOptions, "backend" | "hashers"> {
  /** `https://…`, or `http://` on this machine alone; the bucket is the first part of the path. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Before each name, as `parley/`; may be empty. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where blobs wait until they are uploaded. */
  readonly staging: string;
  readonly clock: () => Instant;
  /** For one request of at most one part. */
  readonly timeoutMs?: number;
}

/** S3 asks for at least 5 MiB in every part but the last, and takes 10,000 parts: 156 GiB. */
const PART_SIZE_BYTES = 16 * 1_048_576;
/** Small enough to be held for one more attempt. */
const SINGLE_SIZE_LIMIT_BYTES = 8 * 1_048_576;
const TIMEOUT_MS = 120_000;
/** Pages of a listing and errors: XML of at most this many bytes is read. */
const XML_SIZE_LIMIT_BYTES = 4 * 1_048_576;

/** Sweeps what a crash left staged or half-uploaded. Throws `VaultFault`. */
export async function openS3Blobs(options: S3Options): Promise<BlobStore> {
  requireSafeEndpoint(options.endpoint);
  const { staging: directory, backend, hashers } = options;
  await guarded(() => rm(join(directory, "blobs"), { recursive: true, force: true }));
  const staging = await openDiskBlobs({ directory, backend, hashers });
  await guarded(() => mkdir(join(directory, "uploads"), { recursive: true, mode: 0o700 }));
  const blobs = new S3Blobs(options, staging);
  await blobs.sweep();
  return blobs;
}

/** Signatures protect what is sent; only TLS hides which blobs are asked for. */
function requireSafeEndpoint(endpoint: string): void {
  const { protocol, hostname } = new URL(endpoint);
  const isLocal = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
  if (protocol !== "https:" && !(protocol === "http:" && isLocal))
    throw new TypeError("an S3 endpoint is https, or http on this machine");
}

interface Ask {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Key below the bucket; empty for the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

class S3Blobs implements BlobStore {
  readonly #options: S3Options;
  readonly #staging: BlobStore;
  readonly #client: AwsClient;

  constructor(options: S3Options, staging: BlobStore) {
    this.#options = options;
    this.#staging = staging;
    const { accessKeyId, secretAccessKey, region } = options;
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3" });
  }

  async create(options?: CreateOptions): Promise<BlobWriter> {
    const writer = await this.#staging.create(options);
    let staged: string | undefined;
    const unstage = async (): Promise<void> => {
      if (staged !== undefined) await this.#staging.remove(staged);
    };
    return {
      write: (bytes) => writer.write(bytes),
      commit: async () => {
        const blob = await writer.commit();
        staged = blob.name;
        const whole = { from: 0, length: blob.sizeBytes };
        await this.#upload(blob, this.#staging.read(blob.name, whole));
        await unstage();
        return blob;
      },
      abort: async () => {
        await writer.abort();
        await unstage().catch(() => undefined);
      },
    };
  }

  async adopt(path: string, blob: StoredBlob): Promise<void> {
    await this.#upload(blob, createReadStream(path, { highWaterMark: 1_048_576 }));
    await guarded(() => rm(path, { force: true }));
  }

  async *read(name: string, { from, length }: ByteRange): AsyncGenerator<Uint8Array> {
    if (length === 0) return;
    const range = `bytes=${from}-${from + length - 1}`;
    const response = await this.#ask({ method: "GET", key: this.#keyOf(name), headers: { range } });
    if (response.status !== 206 && !(response.status === 200 && from === 0)) {
      await response.body?.cancel();
      throw new VaultFault("io");
    }
    let left = length;
    try {
      for await (const bytes of response.body ?? []) {
        left -= bytes.length;
        if (left < 0) throw new VaultFault("length");
        yield bytes;
      }
    } catch (cause) {
      throw cause instanceof VaultFault ? cause : new VaultFault("unreachable", { cause });
    }
    if (left > 0) throw new VaultFault("length");
  }

  async sizeOf(name: string): Promise<number | undefined> {
    const response = await this.#try({ method: "HEAD", key: this.#keyOf(name) });
    if (response.status === 404) return undefined;
    const length = response.headers.get("content-length") ?? "";
    if (!response.ok || !/^[0-9]{1,15}$/.test(length)) throw faultOf(response.status);
    return Number(length);
  }

  async verify(name: string): Promise<void> {
    const size = await this.sizeOf(name);
    if (size === undefined) throw new VaultFault("missing");
    const hasher = this.#options.hashers.create();
    for await (const bytes of this.read(name, { from: 0, length: size })) await hasher.update(bytes);
    if ((await hasher.digest()) !== name) throw new VaultFault("altered");
  }

  /** The store's word for it is not taken: afterwards it must not be found. */
  async remove(name: string): Promise<void> {
    const response = await this.#try({ method: "DELETE", key: this.#keyOf(name) });
    await response.body?.cancel();
    if (!response.ok && response.status !== 404) throw faultOf(response.status);
    if ((await this.sizeOf(name)) !== undefined) throw new VaultFault("io");
  }

  async *names(): AsyncGenerator<string> {
    const { prefix } = this.#options;
    for (let token: string | undefined, more = true; more;) {
      const page = { "list-type": "2", prefix, ...(token !== undefined && { "continuation-token": token }) };
      const xml = await readXml(await this.#ask({ method: "GET", key: "", query: page }));
      for (const [, key = ""] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) {
        const name = key.startsWith(prefix) ? hexToName(key.slice(prefix.length)) : undefined;
        if (name !== undefined) yield name;
      }
      const next = /<NextContinuationToken>([^<]*)<\/NextContinuationToken>/.exec(xml)?.[1];
      more = xml.includes("<IsTruncated>true<") && next !== undefined && next !== token;
      token = next;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#staging[Symbol.asyncDispose]();
  }

  /** Uploads that a crash left unfinished are given up; what the store does not know is fine. */
  async sweep(): Promise<void> {
    const directory = join(this.#options.staging, "uploads");
    for (const file of await guarded(() => readdir(directory))) {
      const uploadId = await guarded(() => readFile(join(directory, file), "utf8"));
      await this.#giveUp(file, uploadId);
    }
  }

  #keyOf(name: string): string {
    return this.#options.prefix + nameToHex(name);
  }

  /** Whole and read back, or not there. */
  async #upload(blob: StoredBlob, source: AsyncIterable<Uint8Array>): Promise<void> {
    const key = this.#keyOf(blob.name);
    if (blob.sizeBytes <= SINGLE_SIZE_LIMIT_BYTES) {
      for await (const body of inParts(source, SINGLE_SIZE_LIMIT_BYTES)) await this.#put({ key, body });
    } else {
      await this.#uploadInParts(blob, source);
    }
    try {
      await this.verify(blob.name);
    } catch (fault) {
      await this.remove(blob.name).catch(() => undefined);
      throw fault;
    }
  }

  async #uploadInParts({ name }: StoredBlob, source: AsyncIterable<Uint8Array>): Promise<void> {
    const key = this.#keyOf(name);
    const begun = await readXml(await this.#ask({ method: "POST", key, query: { uploads: "" } }));
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(begun)?.[1];
    if (uploadId === undefined) throw new VaultFault("io");
    const note = nameToHex(name);
    await guarded(() => writeFile(join(this.#options.staging, "uploads", note), uploadId, { mode: 0o600 }));
    try {
      const parts: string[] = [];
      for await (const body of inParts(source, PART_SIZE_BYTES)) {
        const query = { partNumber: String(parts.length + 1), uploadId };
        const etag = (await this.#put({ key, query, body })).headers.get("etag");
        if (etag === null || !/^"?[0-9A-Za-z-]{1,128}"?$/.test(etag)) throw new VaultFault("io");
        parts.push(`<Part><PartNumber>${parts.length + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
      }
      const body = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
      const done = await readXml(await this.#put({ method: "POST", key, query: { uploadId }, body }));
      if (done.includes("<Error>")) throw new VaultFault("io"); // S3 may say 200 first and fail then
    } catch (fault) {
      await this.#giveUp(note, uploadId);
      throw fault;
    }
    await guarded(() => rm(join(this.#options.staging, "uploads", note), { force: true }));
  }

  async #giveUp(note: string, uploadId: string): Promise<void> {
    const key = this.#options.prefix + note;
    const response = await this.#try({ method: "DELETE", key, query: { uploadId } }).catch(() => undefined);
    await response?.body?.cancel();
    if (response !== undefined)
      await guarded(() => rm(join(this.#options.staging, "uploads", note), { force: true }));
  }

  async #put(ask: Omit<Ask, "method"> & { readonly method?: "POST" }): Promise<Response> {
    return this.#ask({ method: "PUT", ...ask });
  }

  async #ask(ask: Ask): Promise<Response> {
    const response = await this.#try(ask);
    if (response.ok) return response;
    await response.body?.cancel();
    throw faultOf(response.status);
  }

  /** Once more after a connection that broke or a 5xx; every request may be repeated. */
  async #try(ask: Ask): Promise<Response> {
    const first = await this.#send(ask).catch((cause: unknown) => cause);
    if (first instanceof Response && first.status < 500) return first;
    if (first instanceof Response) await first.body?.cancel();
    try {
      return await this.#send(ask);
    } catch (cause) {
      throw cause instanceof VaultFault ? cause : new VaultFault("unreachable", { cause });
    }
  }

  async #send({ method, key, query = {}, headers = {}, body }: Ask): Promise<Response> {
    const { endpoint, bucket, clock, timeoutMs = TIMEOUT_MS } = this.#options;
    const url = new URL(`${endpoint.replace(/\/$/, "")}/${bucket}${key === "" ? "" : `/${key}`}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const sha256 = createHash("sha256")
      .update(body ?? "")
      .digest("hex");
    const signed = await this.#client.sign(url.href, {
      method,
      headers: { ...headers, "accept-encoding": "identity", "x-amz-content-sha256": sha256 },
      ...(body !== undefined && { body }),
      aws: { datetime: new Date(clock() * 1000).toISOString().replace(/[:-]|\.\d{3}/g, "") },
    });
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(signed, { redirect: "error", signal });
    if (response.headers.get("content-encoding") === null) return response;
    await response.body?.cancel();
    throw new VaultFault("io");
  }
}

function faultOf(status: number): VaultFault {
  if (status === 404) return new VaultFault("missing");
  if (status === 416) return new VaultFault("length");
  if (status === 507 || status === 413) return new VaultFault("full");
  return new VaultFault(status >= 500 ? "unreachable" : "io");
}

async function readXml(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of response.body ?? []) {
    size += bytes.length;
    if (size > XML_SIZE_LIMIT_BYTES) throw new VaultFault("io");
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Parts of exactly `size` bytes, the last one shorter; one empty part for no bytes. */
async function* inParts(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let part = new Uint8Array(size);
  let filled = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length;) {
      if (filled === size) {
        yield part;
        part = new Uint8Array(size);
        filled = 0;
      }
      const piece = bytes.subarray(at, at + size - filled);
      part.set(piece, filled);
      filled += piece.length;
      at += piece.length;
    }
  }
  yield part.slice(0, filled);
}
