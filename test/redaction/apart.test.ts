/** The process that reads hostile bytes (SPEC 13.6): the same copy and map, and an end to memory and time. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import { childFlags, redactApart, type ApartLimits } from "#parley/redaction/apart.ts";
import { readRedactionPlan } from "#parley/redaction/plan.ts";
import type { Redaction } from "#parley/redaction/redact.ts";
import { backend, chunksOf, copied, SEED } from "./kit.ts";

interface Answer {
  readonly done: Redaction | Refusal;
  readonly copy: Buffer;
}

async function apart(
  source: AsyncIterable<Uint8Array>,
  value: unknown,
  limits?: ApartLimits,
  reveal?: number,
): Promise<Answer> {
  const plan = readRedactionPlan(value);
  assert(!isRefusal(plan));
  const chunks: Uint8Array[] = [];
  const write = (chunk: Uint8Array): void => void chunks.push(chunk.slice());
  const input = { source, plan, seed: SEED, backend, write, ...(reveal !== undefined && { reveal }) };
  return { done: await redactApart(input, limits), copy: Buffer.concat(chunks) };
}

const LOG = { v: 1, format: "log", rules: [{ after: "user=", until: " ", how: "mask" }] };

test("apart: the same copy, map and piece as beside", async () => {
  const text = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i} user=u${i} ok\n`).join(""));
  const beside = await copied(text, LOG, { reveal: 17 });
  const { done, copy } = await apart(chunksOf(text, 10_000), LOG, undefined, 17);
  assert(!isRefusal(done));
  const { copy: expected, ...rest } = beside;
  assert.deepEqual(copy, expected);
  assert.deepEqual(done, rest);
});

test("apart: a picture is decoded there; a refusal comes back with its facts", async () => {
  const picture = await sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const plan = { v: 1, format: "image", boxes: [{ left: 0, top: 0, width: 3, height: 3 }] };
  const { done, copy } = await apart(chunksOf(picture, 100), plan);
  assert(!isRefusal(done));
  assert.equal((await sharp(copy).metadata()).width, 9);
  const refusal = await apart(chunksOf(Buffer.from("no picture"), 100), plan);
  assert(isRefusal(refusal.done));
  assert.deepEqual([refusal.done.code, refusal.done.facts], ["redaction-format", { what: "image" }]);
});

test("apart: a child that grows is ended", async () => {
  // An object stream that unpacks to 250 MB.
  const bomb = deflateSync(Buffer.alloc(250_000_000));
  const body = `1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length ${bomb.length}>>\nstream\n`;
  const file = Buffer.concat([
    Buffer.from(`%PDF-1.7\n${body}`),
    bomb,
    Buffer.from("\nendstream\nendobj\n%%EOF\n"),
  ]);
  const limits = { memoryBytes: 200 * 1_048_576, stallMs: 60_000 };
  const { done, copy } = await apart(chunksOf(file, 65_536), { v: 1, format: "pdf", rules: [] }, limits);
  assert(isRefusal(done));
  assert.deepEqual([done.code, done.facts, copy.length], ["redaction-limit", { what: "memory" }, 0]);
});

test("apart: a file that never goes on is ended", async () => {
  const stalled = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("line user=a b\n");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    yield Buffer.from("line user=b c\n");
  };
  const { done } = await apart(stalled(), LOG, { memoryBytes: 2 ** 30, stallMs: 500 });
  assert(isRefusal(done));
  assert.deepEqual([done.code, done.facts], ["redaction-limit", { what: "time" }]);
});

test("apart: the child may read the program, and nothing else", () => {
  const root = new URL("../../", import.meta.url).pathname;
  const asked = `for (const [scope, path] of [["fs.read", "${root}src/main.ts"], ["fs.read", "${root}README.md"],
    ["fs.write", "/tmp/x"], ["child"], ["worker"], ["addon"]]) console.log(process.permission.has(scope, path));`;
  const limits = { memoryBytes: 2 ** 28, stallMs: 1_000 };
  const { stdout } = spawnSync(process.execPath, [...childFlags("log", limits), "-e", asked], {
    encoding: "utf8",
  });
  assert.deepEqual(stdout.trim().split("\n"), ["true", "false", "false", "false", "false", "false"]);
});
