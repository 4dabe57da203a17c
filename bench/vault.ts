/**
 * Evidence files of 1 GiB: taken in and sealed, against the disk and the cipher alone; carried between two nodes over
 * mutual TLS on loopback, against a plain HTTPS copy. The sides take turns; each pair is measured in one run.
 */
import { createCipheriv, createHash, createSecretKey, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { createServer, get } from "node:https";
import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { addressGuard } from "#parley/peer/address-guard.ts";
import { createPeerClient } from "#parley/peer/https-client.ts";
import { startPeerServer } from "#parley/peer/https-server.ts";
import { sealItem } from "#parley/vault/sealed-item.ts";
import { startHashers } from "#parley/vault/threaded-hasher.ts";
import { openDiskVault, type Vault } from "#parley/vault/vault.ts";
import { Transfers } from "#parley/node/transfer.ts";
import { addItem } from "#parley/node/evidence.ts";
import { makeIdentity } from "../test/peer/keys.ts";
import { accepted, agree, makeWorld, speak, who, type Resident } from "../test/kit/world.ts";
import { noticeBody } from "../test/kit/materials.ts";
import { cpuMs, median, printRows, wallMs } from "./kit.ts";

const SIZE_BYTES = Number(process.env["VAULT_BENCH_MIB"] ?? 1024) * 1_048_576;
const BLOCK_BYTES = 1_048_576;
const CHUNK_BYTES = 65_536;
const ROUNDS = Number(process.env["VAULT_BENCH_ROUNDS"] ?? 5);
const backend = createNodeBackend();
const block = randomBytes(BLOCK_BYTES);

export async function benchVault(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "parley-vault-bench-"));
  try {
    await benchIntake(directory);
    await benchTransfer(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function benchIntake(directory: string): Promise<void> {
  await using vault = await openVault(join(directory, "intake"));
  const walls = { intake: [] as number[], disk: [] as number[], cipher: [] as number[] };
  const cpu = { intake: [] as number[], passes: [] as number[] };
  const recipients = [backend.xWing.publicKey(backend.randomBytes(32))];
  for (let round = 0; round < ROUNDS; round++) {
    const passes = [
      await cost(() => writeDisk(join(directory, "floor"))),
      await cost(sealAlone),
      await cost(hashTwice),
    ] as const;
    walls.disk.push(passes[0].wall);
    walls.cipher.push(passes[1].wall);
    cpu.passes.push(passes[0].cpu + passes[1].cpu + passes[2].cpu);
    const intake = await cost(async () => {
      const { blobs, hashers } = vault;
      const source = plaintext();
      const made = await sealItem({ backend, blobs, hashers, recipients, source, sizeLimit: SIZE_BYTES });
      if (isRefusal(made)) throw new Error(made.code);
      await blobs.remove(made.name);
    });
    walls.intake.push(intake.wall);
    cpu.intake.push(intake.cpu);
  }
  const floor = Math.max(median(walls.disk), median(walls.cipher));
  const intake = median(walls.intake);
  printRows("vault: intake", [
    {
      what: `intake and sealing of ${SIZE_BYTES / 2 ** 20} MiB, hashed twice, durable`,
      figure: speed(intake),
      against: `disk ${speed(median(walls.disk))}, ChaCha20-Poly1305 ${speed(median(walls.cipher))}`,
      ratio: floor / intake,
      asked: "≥ 0.70 of the slower, < 200 MB",
    },
    {
      what: "what two idle cores could do at most: CPU of one cipher, two hashes and the write, halved",
      figure: speed(median(cpu.passes) / 2),
      against: "the slower of disk and cipher",
      ratio: (2 * floor) / median(cpu.passes),
      asked: "–",
    },
    {
      what: "CPU of intake",
      figure: `${Math.round(median(cpu.intake))} ms`,
      against: `the passes alone ${Math.round(median(cpu.passes))} ms`,
      ratio: median(cpu.passes) / median(cpu.intake),
      asked: "–",
    },
  ]);
}

/** Wall and CPU milliseconds of one call, all threads. */
async function cost(work: () => unknown): Promise<{ readonly wall: number; readonly cpu: number }> {
  let wall = 0;
  const cpu = await cpuMs(async () => {
    wall = await wallMs(work);
  });
  return { wall, cpu };
}

/** Content and sealed file: SPEC 12.1.5 and the blob's name. */
function hashTwice(): void {
  for (let pass = 0; pass < 2; pass++) {
    const hash = createHash("sha256");
    for (let at = 0; at < SIZE_BYTES; at += BLOCK_BYTES) hash.update(block);
    hash.digest();
  }
}

function openVault(directory: string): Promise<Vault> {
  return openDiskVault({ directory, backend, nowMs: () => performance.now(), hashers: startHashers() });
}

function speed(ms: number): string {
  return `${Math.round(SIZE_BYTES / 1e3 / ms)} MB/s`;
}

async function* plaintext(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < SIZE_BYTES; at += BLOCK_BYTES) yield await Promise.resolve(block);
}

async function writeDisk(path: string): Promise<void> {
  const file = await open(path, "w");
  for (let at = 0; at < SIZE_BYTES; at += BLOCK_BYTES) await file.write(block);
  await file.datasync();
  await file.close();
  await rm(path);
}

function sealAlone(): void {
  const key = createSecretKey(randomBytes(32));
  const nonce = Buffer.alloc(12);
  for (let at = 0; at < SIZE_BYTES; at += CHUNK_BYTES) {
    nonce.writeUInt32BE(at / CHUNK_BYTES, 7);
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    cipher.update(block.subarray(0, CHUNK_BYTES));
    cipher.final();
    cipher.getAuthTag();
  }
}

/** Both ends of each copy run in this process, so that both pay for the same two ends. */
async function benchTransfer(directory: string): Promise<void> {
  const path = join(directory, "plain");
  await writeFile(path);
  const walls = { parley: [] as number[], opened: [] as number[], plain: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    walls.plain.push(await plainCopy(path, join(directory, "copy")));
    const { arrivedMs, recordedMs } = await nodeCopy(join(directory, `nodes-${round}`));
    walls.parley.push(arrivedMs);
    walls.opened.push(recordedMs);
    await rm(join(directory, `nodes-${round}`), { recursive: true });
  }
  const plain = median(walls.plain);
  const against = `HTTPS copy to a durable file ${speed(plain)}`;
  printRows("vault: transfer", [
    {
      what: "attachment between two nodes: asked in ranges, hashed, durable",
      figure: speed(median(walls.parley)),
      against,
      ratio: plain / median(walls.parley),
      asked: "≥ 0.60",
    },
    {
      what: "the same, until it is opened, checked against the message and recorded",
      figure: speed(median(walls.opened)),
      against,
      ratio: plain / median(walls.opened),
      asked: "–",
    },
  ]);
}

async function writeFile(path: string): Promise<void> {
  await pipeline(plaintext(), createWriteStream(path));
}

async function plainCopy(from: string, to: string): Promise<number> {
  const server = createServer(
    { ...makeIdentity(), minVersion: "TLSv1.3" },
    (_, response) => void pipeline(createReadStream(from, { highWaterMark: BLOCK_BYTES }), response),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const ms = await wallMs(async () => {
    const call = get({ host: "127.0.0.1", port, path: "/", rejectUnauthorized: false, agent: false });
    const [response] = (await once(call, "response")) as [IncomingMessage];
    await pipeline(response, createWriteStream(to, { highWaterMark: BLOCK_BYTES, flush: true }));
  });
  server.close();
  return ms;
}

/** Two whole nodes with a channel; the peer's door of the first is a real one. */
async function nodeCopy(
  directory: string,
): Promise<{ readonly arrivedMs: number; readonly recordedMs: number }> {
  const vaults = [await openVault(`${directory}-a`), await openVault(`${directory}-b`)];
  let next = 0;
  const world = await makeWorld(
    ["meridia", "rimal"],
    backend,
    backend,
    undefined,
    async () => vaults[next++],
  );
  const [a, b] = world.residents;
  if (a === undefined || b === undefined) throw new Error("the bench has no parties");
  const channel = await agree(world, a, b);
  const input = { role: "analyst", media_type: "application/octet-stream" } as const;
  const item = accepted(await addItem(a.node.core, who(a, "analyst"), input, plaintext()));
  const notice = {
    type: "notice.open",
    role: "analyst",
    body: noticeBody(),
    envelope: { tlp: "AMBER" },
  } as const;
  const { stop } = b.node.transfers;
  await stop.call(b.node.transfers);
  accepted(await speak(a, channel, { ...notice, attach: [{ item: item.item }] }));
  await world.settle();
  await using _ = await wire(a, b);
  const transfers = new Transfers(b.node.core);
  const started = performance.now();
  let arrivedMs = 0;
  const { add } = vaults[1]?.pending ?? {};
  Object.assign(vaults[1]?.pending ?? {}, {
    add: async (name: string) => {
      await add?.(name);
      arrivedMs = performance.now() - started;
    },
  });
  transfers.start();
  await transfers.idle();
  const recordedMs = performance.now() - started;
  if (b.node.core.house.state.evidence.items.size !== 1) throw new Error("the file did not arrive");
  for (const end of ["a", "b"]) await rm(`${directory}-${end}`, { recursive: true });
  await rm(directory, { recursive: true, force: true });
  const { mkdir } = await import("node:fs/promises");
  await mkdir(directory);
  return { arrivedMs, recordedMs };
}

/** `b` reaches `a` over mutual TLS; what else it says goes as before. */
async function wire(a: Resident, b: Resident): Promise<AsyncDisposable> {
  const [server, client] = [makeIdentity(), makeIdentity()];
  const door = await startPeerServer({
    ...server,
    host: "127.0.0.1",
    port: 0,
    exchange: (body, from) => a.node.exchange(body, from),
    ownChain: () => new Uint8Array(0),
    partyOfPin: (pin) => (pin === client.pin ? b.party : undefined),
    log: () => undefined,
  });
  const peer = createPeerClient({
    ...client,
    addressOf: () => ({ urls: [`https://127.0.0.1:${door.port}`], pins: [server.pin] }),
    allowAddress: addressGuard(["127.0.0.1"]),
    log: () => undefined,
  });
  Object.assign(b.node.core.ports.transport, { exchange: peer.exchange.bind(peer) });
  return {
    [Symbol.asyncDispose]: async () => {
      peer[Symbol.dispose]();
      await door[Symbol.asyncDispose]();
    },
  };
}
