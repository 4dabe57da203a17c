/**
 * Redaction in a process of its own (SPEC 13.6): decoders meet hostile bytes where there is no key to read, no file
 * to write, no network worth having, and an end to memory and time.
 *
 * Guarantees: of the child's answer nothing is believed that this process can compute: digests, sizes, the
 * commitment to the original. A child that dies, stalls or grows is a refusal, and its bytes count for nothing.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { encodeBase64url, u32be, utf8 } from "#parley/codec/bytes.ts";
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import { commitToValue } from "#parley/crypto/payload.ts";
import { RedactionMap, RevealedPiece } from "#parley/ledger/redaction-map.ts";
import { REDACTION_CODES, type RedactionCode } from "./codes.ts";
import type { RedactionPlan } from "./plan.ts";
import type { Redaction, RedactionInput } from "./redact.ts";
import { originalSalt } from "./work.ts";

export interface ApartLimits {
  /** Resident memory of the child, on Linux; the JavaScript heap has its own limit everywhere. */
  readonly memoryBytes: number;
  /** Without a byte in or out. */
  readonly stallMs: number;
}

const MIB = 1_048_576;
/** What streams one batch at a time never needs more. */
const STREAM_MEMORY_BYTES = 200 * MIB;
/** Streams hold one batch; a picture of 100 million pixels takes 300 MB decoded, and covering it as much again. */
const LIMITS_BY_FORMAT: Readonly<Record<RedactionPlan["format"], ApartLimits>> = {
  json: { memoryBytes: 2_048 * MIB, stallMs: 60_000 },
  stix: { memoryBytes: 2_048 * MIB, stallMs: 60_000 },
  csv: { memoryBytes: STREAM_MEMORY_BYTES, stallMs: 60_000 },
  log: { memoryBytes: STREAM_MEMORY_BYTES, stallMs: 60_000 },
  mail: { memoryBytes: 1_024 * MIB, stallMs: 60_000 },
  capture: { memoryBytes: STREAM_MEMORY_BYTES, stallMs: 60_000 },
  pdf: { memoryBytes: 1_024 * MIB, stallMs: 60_000 },
  image: { memoryBytes: 1_536 * MIB, stallMs: 60_000 },
};

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = fileURLToPath(new URL("./apart-process.ts", import.meta.url));
const WATCH_INTERVAL_MS = 50;
const PAGE_SIZE_BYTES = 4_096;
const ANSWER_SIZE_LIMIT_BYTES = 128 * MIB;
const FRAME_SIZE_LIMIT_BYTES = 1_024 * MIB;

type Child = ChildProcessByStdio<Writable, Readable, null>;

const Answer = Type.Union([
  Type.Object({
    refusal: Type.Object({
      code: Type.String(),
      facts: Type.Record(Type.String(), Type.Union([Type.String({ maxLength: 64 }), Type.Integer()])),
    }),
  }),
  Type.Object({ summary: RedactionMap, piece: Type.Optional(RevealedPiece) }),
]);
const answerShape = Compile(Answer);

/** As `redact`, in a child. Throws only for what the source or `write` threw, or when the child cannot be started. */
export async function redactApart(
  input: RedactionInput,
  limits: ApartLimits = LIMITS_BY_FORMAT[input.plan.format],
): Promise<Redaction | Refusal<RedactionCode>> {
  const child = start(input.plan.format, limits);
  const watch = new Watch(child, limits);
  const [original, copy] = [new Meter(), new Meter()];
  const feeding = feed(child, input, original, watch);
  try {
    const answer = await readAnswer(child, async (chunk) => {
      watch.touch();
      copy.add(chunk);
      await input.write(chunk);
      watch.touch();
    });
    if (answer === undefined || !answerShape.Check(answer)) {
      await feeding;
      return refuse("redaction-limit", { what: watch.ended ?? "memory" });
    }
    if ("refusal" in answer) return readRefusal(answer.refusal);
    await feeding;
    return complete(input, answer, original, copy);
  } finally {
    watch.stop();
    child.kill("SIGKILL");
  }
}

/** What a child of Node is started with: no right but to read the program. */
export function childFlags(format: RedactionPlan["format"], { memoryBytes }: ApartLimits): readonly string[] {
  return [
    "--permission",
    // The program and nothing beside it: a data directory may lie in the same folder.
    ...["src/*", "node_modules/*", "package.json"].map((path) => `--allow-fs-read=${ROOT}${path}`),
    // A picture is decoded by libvips, which is an addon; nothing else is.
    ...(format === "image" ? ["--allow-addons"] : []),
    `--max-old-space-size=${Math.floor(memoryBytes / 2 / MIB)}`,
    // Streams make much garbage and keep little: a small nursery is emptied before it grows into the limit.
    ...(memoryBytes <= STREAM_MEMORY_BYTES ? ["--max-semi-space-size=1"] : []),
    "--disable-warning=SecurityWarning",
  ];
}

function start(format: RedactionPlan["format"], limits: ApartLimits): Child {
  const flags = childFlags(format, limits);
  return spawn(process.execPath, [...flags, ENTRY], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {},
    cwd: ROOT,
  });
}

/** The request, then the file, as fast as the child takes it. A child that stopped reading has its reasons. */
async function feed(child: Child, input: RedactionInput, original: Meter, watch: Watch): Promise<void> {
  let isOpen = true;
  const closed = new Promise<void>((resolve) => {
    const close = (): void => {
      isOpen = false;
      resolve();
    };
    child.stdin.once("error", close);
    child.stdin.once("close", close);
    child.once("exit", close);
  });
  const head = { plan: input.plan, seed: encodeBase64url(input.seed), reveal: input.reveal };
  const bytes = utf8(JSON.stringify(head));
  child.stdin.write(u32be(bytes.length));
  child.stdin.write(bytes);
  for await (const chunk of input.source) {
    if (!isOpen) return;
    original.add(chunk);
    watch.touch();
    if (child.stdin.write(chunk)) continue;
    const drained = new Promise<void>((resolve) => child.stdin.once("drain", resolve));
    await Promise.race([drained, closed]);
  }
  if (isOpen) child.stdin.end();
}

/** Frames until the answer. Undefined when the child ended without one, or spoke what is none. */
async function readAnswer(child: Child, write: (chunk: Uint8Array) => Promise<void>): Promise<unknown> {
  let held: Buffer = Buffer.alloc(0);
  let left = 0;
  for await (const part of child.stdout as AsyncIterable<Buffer>) {
    let bytes = held.length === 0 ? part : Buffer.concat([held, part]);
    held = Buffer.alloc(0);
    while (bytes.length > 0) {
      if (left > 0) {
        const chunk = bytes.subarray(0, left);
        await write(chunk);
        left -= chunk.length;
        bytes = bytes.subarray(chunk.length);
        continue;
      }
      const kind = bytes.length < 5 ? undefined : String.fromCharCode(bytes[0] ?? 0);
      const size = kind === undefined ? 0 : bytes.readUInt32BE(1);
      if (size > (kind === "r" ? ANSWER_SIZE_LIMIT_BYTES : FRAME_SIZE_LIMIT_BYTES)) return undefined;
      if (kind === "d") {
        left = size;
        bytes = bytes.subarray(5);
      } else if (kind === "r" && bytes.length >= 5 + size) {
        return parseJsonText(bytes.subarray(5, 5 + size));
      } else if (kind === undefined || kind === "r") {
        held = bytes;
        break;
      } else return undefined;
    }
  }
  return undefined;
}

function parseJsonText(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function readRefusal({
  code,
  facts,
}: {
  code: string;
  facts: Record<string, string | number>;
}): Refusal<RedactionCode> {
  for (const known of Object.keys(REDACTION_CODES))
    if (known === code) return refuse(known as RedactionCode, facts);
  return refuse("redaction-limit", { what: "answer" });
}

function complete(
  { plan, seed, backend }: RedactionInput,
  { summary, piece }: Extract<Static<typeof Answer>, { summary: unknown }>,
  original: Meter,
  copy: Meter,
): Redaction {
  const identity = original.identity;
  const salt = originalSalt(backend, seed);
  const { pieces, left_out, places } = summary;
  return {
    map: {
      v: 1,
      type: "redaction",
      format: plan.format,
      copy: copy.identity,
      original: { commit: commitToValue(backend, salt, identity) },
      pieces,
      left_out,
      places,
    },
    original: { salt: encodeBase64url(salt), value: identity },
    ...(piece !== undefined && { piece }),
  };
}

class Meter {
  readonly #hash: Hash = createHash("sha256");
  #size = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  /** Once, at the end. */
  get identity(): { readonly digest: string; readonly size_bytes: number } {
    return { digest: encodeBase64url(this.#hash.digest()), size_bytes: this.#size };
  }
}

/** Ends a child that grows or stalls, and remembers which. */
class Watch {
  ended: "memory" | "time" | undefined;
  #stalledMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(child: Child, { memoryBytes, stallMs }: ApartLimits) {
    this.#timer = setInterval(() => {
      this.#stalledMs += WATCH_INTERVAL_MS;
      if (this.#stalledMs > stallMs) this.#end(child, "time");
      void residentBytes(child.pid).then((bytes) => {
        if (bytes > memoryBytes) this.#end(child, "memory");
      });
    }, WATCH_INTERVAL_MS);
  }

  touch(): void {
    this.#stalledMs = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #end(child: Child, why: "memory" | "time"): void {
    this.ended ??= why;
    child.kill("SIGKILL");
  }
}

/** 0 where the platform does not say. */
async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const statm = await readFile(`/proc/${pid}/statm`, "latin1");
    return Number(statm.split(" ")[1] ?? 0) * PAGE_SIZE_BYTES;
  } catch {
    return 0;
  }
}
