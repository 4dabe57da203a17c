/** How a vector of `vectors/{codec,ledger,party,transcript}/` is run; what its kind means, its folder's test says. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { hexToBytes, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { admitNodeKey, type NodeKey } from "#parley/crypto/node-key.ts";
import { lookUpCode } from "#parley/transcript/catalogue.ts";

export const VECTORS = new URL("../../vectors/", import.meta.url);

export const Input = Type.Union([
  Type.Object({ text: Type.String() }, { additionalProperties: false }),
  Type.Object({ hex: Type.String() }, { additionalProperties: false }),
  Type.Object(
    { before: Type.String(), repeat: Type.String(), times: Type.Integer(), after: Type.String() },
    { additionalProperties: false },
  ),
]);
export const Keys = Type.Array(Type.Object({ ed25519: Type.String(), ml_dsa_44: Type.String() }));
export const Common = {
  name: Type.String(),
  clause: Type.String(),
  layer: Type.String(),
  expect: Type.String(),
  kind: Type.String(),
};
const common = Compile(Type.Object(Common));
const plainShape = Compile(Type.Object({ ...Common, input: Input }));

/** Answers a refusal, false, or anything else, which is acceptance. */
export type Runner = (backend: CryptoBackend, vector: unknown) => unknown;

export function bytesOf(input: Static<typeof Input>): Uint8Array {
  if ("text" in input) return utf8(input.text);
  if ("hex" in input) return hexToBytes(input.hex) ?? assert.fail("a vector has bad hexadecimal");
  return utf8(input.before + input.repeat.repeat(input.times) + input.after);
}

export function textOf(input: Static<typeof Input>): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(input));
}

export function keysOf(backend: CryptoBackend, listed: Static<typeof Keys>): readonly NodeKey[] {
  return listed.map(({ ed25519, ml_dsa_44: mlDsa44 }) => {
    const [classic, quantum] = [parseBase64url(ed25519), parseBase64url(mlDsa44)];
    assert.ok(!isRefusal(classic) && !isRefusal(quantum));
    const key = admitNodeKey(backend, classic, quantum);
    assert.ok(!isRefusal(key));
    return key;
  });
}

export function checked<T>(schema: { Check: (value: unknown) => value is T }, vector: unknown): T {
  assert.ok(schema.Check(vector), "a vector has its kind's members");
  return vector;
}

/** For a kind that has nothing but `input`. */
export function plain(run: (bytes: Uint8Array, text: () => string, name: string) => unknown): Runner {
  return (_backend, vector) => {
    const { input, name } = checked(plainShape, vector);
    return run(bytesOf(input), () => textOf(input), name);
  };
}

/** One test for each file of `vectors/FOLDER/`. */
export function testVectors(
  folder: string,
  backends: readonly CryptoBackend[],
  runners: Readonly<Record<string, Runner>>,
): void {
  describe(`vectors/${folder}`, () => {
    for (const file of vectorFiles(folder)) {
      test(file, () => {
        const vector = readVector(folder, file);
        const { kind, expect, layer, clause } = checked(common, vector);
        if (expect !== "accept") assert.deepEqual(lookUpCode(expect), { code: expect, layer, clause });
        const run = runners[kind];
        assert.ok(run, `no runner for ${kind}`);
        for (const backend of backends) {
          const answer: unknown = run(backend, vector);
          const got = isRefusal(answer) ? answer.code : answer === false ? "false" : "accept";
          assert.equal(got, expect, backend.name);
        }
      });
    }
  });
}

export function vectorFiles(folder: string): readonly string[] {
  return readdirSync(new URL(`${folder}/`, VECTORS)).filter((name) => name.endsWith(".json"));
}

export function expectationOf(folder: string, file: string): string {
  return checked(common, readVector(folder, file)).expect;
}

function readVector(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(new URL(`${folder}/${file}`, VECTORS), "utf8"));
}
