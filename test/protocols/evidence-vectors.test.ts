/** Every vector of `vectors/evidence/` through the public interface, byte for byte. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Compile } from "typebox/compile";
import { utf8ToText } from "#parley/codec/bytes.ts";
import { encodeJson, isJsonObject, jsonToText, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import {
  DEFAULT_PROFILE,
  evaluate,
  ITEMS,
  PackSchema,
  ProfileSchema,
  REASONS,
  RELAY_RESULTS,
  type Ask,
} from "#parley/protocols/evidence/index.ts";
import { Type } from "typebox";
import { evidenceVectors } from "../../tools/make-vectors-evidence.ts";

const FOLDER = new URL("../../vectors/evidence/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const packs = Compile(PackSchema);
const vectors = Compile(
  Type.Object({
    pack: PackSchema,
    asks: Type.Array(Type.Object({ ask: Type.String(), legal_basis: Type.Optional(Type.String()) })),
    reference_time: Type.String(),
    life_safety: Type.Boolean(),
    expect: Type.Unsafe<JsonObject>({ type: "object" }),
  }),
);

function readVector(name: string) {
  const bytes = readFileSync(new URL(name, FOLDER));
  const value = parseJson(bytes.subarray(0, bytes.length - 1));
  assert.ok(!isRefusal(value) && isJsonObject(value), `${name} is strict JSON`);
  assert.ok(vectors.Check(value), `${name} has the shape of a vector`);
  return value;
}

describe("evidence vectors", () => {
  it("are what the script writes", () => {
    const written = evidenceVectors();
    assert.deepEqual(FILES.toSorted(), [...written.keys()].sort());
    for (const [name, text] of written) assert.equal(readFileSync(new URL(name, FOLDER), "utf8"), text, name);
  });

  for (const name of FILES) {
    it(name, () => {
      const vector = readVector(name);
      assert.ok(packs.Check(vector.pack));
      const referenceTime = parseInstant(vector.reference_time);
      assert.ok(!isRefusal(referenceTime));
      const asks: readonly Ask[] = vector.asks;
      const options = { asks, referenceTime, lifeSafety: vector.life_safety };
      const result = encodeJson(evaluate(DEFAULT_PROFILE, vector.pack, options));
      assert.equal(utf8ToText(result), jsonToText(vector.expect));
    });
  }

  it("leave out no item, no reason and no relay result", () => {
    const all = FILES.map((name) => JSON.stringify(readVector(name)));
    for (const item of ITEMS) assert.ok(FILES.includes(`only-${item}-missing.json`), item);
    for (const code of REASONS)
      assert.ok(
        all.some((text) => text.includes(`"code":"${code}"`)),
        code,
      );
    for (const result of RELAY_RESULTS)
      assert.ok(
        all.some((text) => text.includes(`"${result}"`)),
        result,
      );
  });

  it("judge by a profile that is itself valid data", () => {
    assert.ok(Compile(ProfileSchema).Check(DEFAULT_PROFILE));
    assert.doesNotThrow(() => encodeJson(parsed(DEFAULT_PROFILE)));
  });
});

/** The profile as strict JSON, as the genesis names it. */
function parsed(profile: unknown): JsonObject {
  const value = parseJson(new TextEncoder().encode(JSON.stringify(sorted(profile))));
  assert.ok(!isRefusal(value) && isJsonObject(value));
  return value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}
