/** The S3 engine under the contract, against a real server process, and against one that lies. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { after, test } from "node:test";
import { nameToHex, type BlobStore } from "#parley/vault/blobs.ts";
import { INLINE_HASHERS } from "#parley/vault/hasher.ts";
import { openS3Blobs } from "#parley/vault/s3-blobs.ts";
import { AwsClient } from "aws4fetch";
import { nodeBackend } from "../crypto/backends.ts";
import { collect, patternOf } from "../kit/vault.ts";
import { scratchDirectory } from "../store/scratch-directory.ts";
import { blobContract, store, type Engine } from "./blob-contract.ts";
import { BUCKET, KEY, startLyingDoor, startS3Server, type Lie } from "./s3-server.ts";

const server = await startS3Server();
after(() => server[Symbol.asyncDispose]());
let prefixes = 0;

async function engine(endpoint = server.endpoint): Promise<Engine & { readonly staging: string }> {
  const scratch = await scratchDirectory();
  const prefix = `t${prefixes++}/`;
  const open = (): Promise<BlobStore> =>
    openS3Blobs({
      endpoint,
      bucket: BUCKET,
      prefix,
      region: "us-east-1",
      accessKeyId: KEY,
      secretAccessKey: KEY,
      staging: scratch.path,
      backend: nodeBackend,
      hashers: INLINE_HASHERS,
      clock: () => Date.now() / 1000,
    });
  const client = new AwsClient({
    accessKeyId: KEY,
    secretAccessKey: KEY,
    region: "us-east-1",
    service: "s3",
  });
  return {
    blobs: await open(),
    staging: scratch.path,
    reopen: open,
    tamper: async (name, change) => {
      const url = `${server.endpoint}/${BUCKET}/${prefix}${nameToHex(name)}`;
      const old = new Uint8Array(await (await client.fetch(url)).arrayBuffer());
      const changed = await client.fetch(url, { method: "PUT", body: new Uint8Array(change(old)) });
      assert(changed.ok);
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

blobContract("s3", engine);

test("s3: nothing stays staged on this machine", async () => {
  await using it = await engine();
  await store(it.blobs, patternOf(9_000_000));
  const left = await readdir(it.staging, { recursive: true, withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => entry.isFile()).map(({ name }) => name),
    [],
  );
});

test("s3: a server that lies is refused, and what it took counts for nothing", async () => {
  const lie: { current: Lie | undefined } = { current: undefined };
  await using door = await startLyingDoor(server.endpoint, lie);
  await using it = await engine(door.endpoint);
  const bytes = patternOf(500_000, 77);
  const name = await store(it.blobs, bytes);
  const whole = { from: 0, length: bytes.length };
  const onGet =
    (change: (body: Buffer) => Uint8Array): Lie =>
    ({ method }, { body }) =>
      method === "GET" ? { body: change(body) } : undefined;
  const reading: readonly (readonly [string, Lie])[] = [
    ["length", onGet((body) => body.subarray(0, 100))],
    ["length", onGet((body) => Buffer.concat([body, body]))],
    ["length", ({ method }) => (method === "GET" ? { status: 416 } : undefined)],
    ["missing", ({ method }) => (method === "GET" ? { status: 404 } : undefined)],
    ["unreachable", () => ({ status: 503 })],
    ["io", ({ method }) => (method === "GET" ? { headers: { "content-encoding": "gzip" } } : undefined)],
    [
      "unreachable",
      ({ method }) => (method === "GET" ? { status: 302, headers: { location: "/x" } } : undefined),
    ],
  ];
  for (const [kind, one] of reading) {
    lie.current = one;
    await assert.rejects(collect(it.blobs.read(name, whole)), { name: "VaultFault", kind }, kind);
  }
  lie.current = onGet((body) => body.map((byte, i) => (i === 400_000 ? byte ^ 1 : byte)));
  await assert.rejects(it.blobs.verify(name), { name: "VaultFault", kind: "altered" });
  await assert.rejects(store(it.blobs, patternOf(400_001, 5)), { kind: "altered" }, "read back after upload");
  lie.current = ({ method }) => (method === "HEAD" ? { headers: { "content-length": "12" } } : undefined);
  await assert.rejects(it.blobs.verify(name), { kind: "altered" });
  lie.current = ({ method }) => (method === "DELETE" ? { status: 204 } : undefined);
  lie.current = ({ method }, answer) =>
    method === "HEAD" && answer.status === 404 ? { status: 200 } : undefined;
  await assert.rejects(it.blobs.remove(name), { name: "VaultFault" }, "a deletion is looked after");
});

test("s3: only TLS, or this machine", async () => {
  await assert.rejects(engine("http://192.0.2.7:9000"), TypeError);
  await assert.rejects(engine("ftp://127.0.0.1"), TypeError);
});

test("s3: a server that is gone is a fault, and the node's own words say so", async () => {
  const gone = await engine("http://127.0.0.1:9").catch(() => undefined);
  assert(gone !== undefined, "opening asks nothing of the store");
  await assert.rejects(gone.blobs.sizeOf("A".repeat(43)), { name: "VaultFault", kind: "unreachable" });
  const { vaultRefusal } = await import("#parley/node/evidence.ts");
  const { VaultFault } = await import("#parley/vault/blobs.ts");
  assert.equal(vaultRefusal(new VaultFault("unreachable")).code, "vault-fault");
});
