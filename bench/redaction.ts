/**
 * A capture of 1 GiB redacted as a stream (SPEC 13.5.6), beside a bare copy of the same file in the same run, in
 * the process apart that a node uses. Every packet is changed, so every packet is a piece.
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { redactApart } from "#parley/redaction/apart.ts";
import { readRedactionPlan } from "#parley/redaction/plan.ts";
import { printRows, wallMs } from "./kit.ts";

const FILE_SIZE_BYTES = 2 ** 30;
const MIB = 2 ** 20;
const PLAN = {
  v: 1,
  format: "capture",
  rules: [],
  payload: 64,
  addresses: { keep: ["192.0.2.0/24"] },
  mac: "zero",
  vlan: "remove",
};
/** What captures hold: acknowledgements, small records, full segments. */
const SIZES = [66, 66, 90, 590, 1_514, 1_514, 1_514];
const ADDRESSES = 50_000;

export async function benchRedaction(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "parley-redaction-"));
  try {
    const file = join(directory, "original.pcap");
    const packets = await writeCapture(file);
    const backend = createNodeBackend();
    const plan = readRedactionPlan(PLAN);
    if (isRefusal(plan)) throw new Error(plan.code);
    const seed = backend.randomBytes(32);
    const copyMs = await wallMs(() => through(file, join(directory, "bare"), pump));
    const watch = watchChildren();
    const ms = await wallMs(() =>
      through(file, join(directory, "copy.pcap"), async (source, write) => {
        const done = await redactApart({ source, plan, seed, backend, write });
        if (isRefusal(done)) throw new Error(done.code);
        if (done.map.pieces.count !== packets) throw new Error("not every packet was changed");
      }),
    );
    const peak = Math.round(watch.stop() / MIB);
    const rate = (spentMs: number): number => Math.round((FILE_SIZE_BYTES / MIB / spentMs) * 1_000);
    printRows("redaction of a 1 GiB capture", [
      {
        what: `every one of ${packets} packets changed and committed to`,
        figure: `${rate(ms)} MB/s; the process apart peaked at ${peak} MB`,
        against: `bare copy: ${rate(copyMs)} MB/s`,
        ratio: ms / copyMs,
        asked: "streaming, ≤ 200 MB",
      },
    ]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Write = (chunk: Uint8Array) => Promise<void>;

async function through(
  from: string,
  to: string,
  work: (source: AsyncIterable<Uint8Array>, write: Write) => Promise<void>,
): Promise<void> {
  const sink = createWriteStream(to, { highWaterMark: MIB });
  await work(createReadStream(from, { highWaterMark: MIB }), async (chunk) => {
    if (!sink.write(chunk)) await once(sink, "drain");
  });
  sink.end();
  await once(sink, "close");
  rmSync(to);
}

async function pump(source: AsyncIterable<Uint8Array>, write: Write): Promise<void> {
  for await (const chunk of source) await write(chunk);
}

/** How many packets were written. */
async function writeCapture(path: string): Promise<number> {
  const sink = createWriteStream(path, { highWaterMark: MIB });
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt32LE(0x00040002, 4);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(1, 20);
  let [size, packets] = [head.length, 0];
  sink.write(head);
  while (size < FILE_SIZE_BYTES) {
    const batch = Buffer.concat(Array.from({ length: 1_000 }, () => record(packets++)));
    size += batch.length;
    if (!sink.write(batch)) await once(sink, "drain");
  }
  sink.end();
  await once(sink, "close");
  return packets;
}

function record(number: number): Buffer {
  const size = SIZES[number % SIZES.length] ?? 66;
  const bytes = Buffer.alloc(16 + size, number & 255);
  bytes.writeUInt32LE(1_700_000_000 + Math.floor(number / 1_000), 0);
  bytes.writeUInt32LE(number % 1_000_000, 4);
  bytes.writeUInt32LE(size, 8);
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt16BE(0x0800, 16 + 12);
  const ip = 16 + 14;
  bytes.writeUInt16BE(0x4500, ip);
  bytes.writeUInt16BE(size - 14, ip + 2);
  bytes.writeUInt16BE(0, ip + 6);
  bytes[ip + 9] = 6;
  bytes.writeUInt32BE(0x0a000000 + ((Math.imul(number, 2_654_435_761) >>> 0) % ADDRESSES), ip + 12);
  bytes.writeUInt32BE(0xc0000200 + (number % 250), ip + 16);
  bytes[ip + 20 + 12] = 0x80;
  return bytes;
}

/** The largest resident size of any child of this process, on Linux. */
function watchChildren(): { readonly stop: () => number } {
  let peak = 0;
  const look = async (): Promise<void> => {
    const children = await readFile(`/proc/self/task/${process.pid}/children`, "latin1").catch(() => "");
    for (const pid of children.trim().split(" ")) {
      const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024);
    }
  };
  const timer = setInterval(() => void look(), 100);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}
