/** The map and what is revealed later (SPEC 13.2, 13.3), judged as another party would: from the map alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { opensCommitment } from "#parley/crypto/payload.ts";
import {
  parseRedactionMap,
  parseRevealedPiece,
  verifyCopy,
  verifyRevealedOriginal,
  verifyRevealedPiece,
} from "#parley/ledger/redaction-map.ts";
import { backend, copied, refused, run, SEED } from "./kit.ts";

const FILE = Array.from({ length: 37 }, (_, i) => `line ${i} user=u${i} ok\n`).join("");
const PLAN = { v: 1, format: "log", rules: [{ after: "user=", until: " ", how: "mask" }] };

test("map: strict JSON, read again as it is; it shows no value and no salt", async () => {
  const { map, copy, original } = await copied(FILE, PLAN);
  const read = parseRedactionMap(encodeJson(map));
  assert.deepEqual(read, map);
  assert.equal(map.pieces.count, 37);
  assert.equal(map.places[3]?.at, "/lines/4/bytes/13-14");
  assert.equal(verifyCopy(backend, map, copy), true);
  assert(isRefusal(verifyCopy(backend, map, utf8(FILE))));
  const text = JSON.stringify(map);
  assert(!text.includes("u17") && !text.includes(original.salt) && !text.includes(original.value.digest));
});

test("map: another form, counts that do not add up, a list cut short", async () => {
  const { map } = await copied(FILE, PLAN);
  const wrong: readonly object[] = [
    { ...map, more: 1 },
    { ...map, left_out: [{ how: "masked", count: 36 }] },
    { ...map, places: map.places.slice(1) },
    { ...map, format: "zip" },
  ];
  for (const one of wrong) {
    const read = parseRedactionMap(utf8(JSON.stringify(one)));
    assert(isRefusal(read));
    assert.equal(read.code, "redaction-map-malformed");
  }
  assert(isRefusal(parseRedactionMap(encodeJson({ v: 1 }))));
  assert(isRefusal(parseRevealedPiece(utf8("{}"))));
});

test("reveal: the original opens the commitment, and no other file does", async () => {
  const { map, original } = await copied(FILE, PLAN);
  assert.equal(verifyRevealedOriginal(backend, map, original), true);
  const digest = encodeBase64url(backend.sha256(utf8(`${FILE}x`)));
  for (const other of [
    { ...original, value: { ...original.value, digest } },
    { ...original, value: { ...original.value, size_bytes: 1 } },
    { ...original, salt: "A".repeat(43) },
    { ...original, salt: "no salt" },
  ]) {
    const judged = verifyRevealedOriginal(backend, map, other);
    assert(isRefusal(judged));
    assert.equal(judged.code, "reveal-mismatch");
  }
  // The form of a `reveal` in a message (SPEC 9.5.6).
  assert(opensCommitment(backend, map.original.commit, original));
});

test("reveal: each piece alone, by its path; nothing about it can be changed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 36 }), fc.nat({ max: 5 }), async (index, change) => {
      const { map, piece } = await copied(FILE, PLAN, { reveal: index });
      assert(piece !== undefined);
      const read = parseRevealedPiece(encodeJson(piece));
      assert(!isRefusal(read));
      assert.deepEqual(verifyRevealedPiece(backend, map, read), utf8(`u${index}`));
      const other = [
        { ...read, value: encodeBase64url(utf8("somebody")) },
        { ...read, index: (index + 1) % 37 },
        { ...read, at: "/lines/1" },
        { ...read, how: "dropped" as const },
        { ...read, path: read.path.slice(1) },
        { ...read, salt: "A".repeat(43) },
      ][change];
      assert(other !== undefined);
      const judged = verifyRevealedPiece(backend, map, other);
      assert(isRefusal(judged));
      assert.equal(judged.code, "reveal-mismatch");
    }),
    { numRuns: 40 },
  );
  await refusedPiece(37);
});

async function refusedPiece(reveal: number): Promise<void> {
  const done = await run(FILE, PLAN, { reveal });
  assert(isRefusal(done));
  assert.equal(done.code, "redaction-no-match");
}

test("the same again for the same seed; another seed shares nothing that could be compared", async () => {
  const [one, same, other] = [
    await copied(FILE, PLAN),
    await copied(FILE, PLAN, { chunkBytes: 3 }),
    await copied(FILE, PLAN, { seed: backend.randomBytes(32) }),
  ];
  assert.deepEqual(same, one);
  assert.deepEqual(other.copy, one.copy);
  assert.notEqual(other.map.pieces.root, one.map.pieces.root);
  assert.notEqual(other.map.original.commit, one.map.original.commit);
  assert.notDeepEqual(SEED, backend.randomBytes(32));
});

const INDICATOR = {
  type: "indicator",
  spec_version: "2.1",
  id: "indicator--00000000-0000-4000-8000-000000000001",
  created_by_ref: "identity--00000000-0000-4000-8000-00000000000a",
  created: "2026-11-01T00:00:00.000Z",
  modified: "2026-11-02T00:00:00.000Z",
  pattern: "[ipv4-addr:value = '192.0.2.7']",
  pattern_type: "stix",
  valid_from: "2026-11-01T00:00:00Z",
  description: "seen by sensor-seven in the ministry",
  granular_markings: [
    { marking_ref: "marking-definition--1", selectors: ["description", "pattern"] },
    { marking_ref: "marking-definition--2", selectors: ["description"] },
  ],
};
const ADDRESS = {
  type: "ipv4-addr",
  spec_version: "2.1",
  id: "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
  value: "198.51.100.3",
};
const OBSERVED = {
  type: "observed-data",
  spec_version: "2.1",
  id: "observed-data--00000000-0000-4000-8000-000000000002",
  created: "2026-11-01T00:00:00.000Z",
  modified: "2026-11-01T00:00:00.000Z",
  object_refs: [ADDRESS.id],
};
const MALWARE = {
  type: "malware",
  spec_version: "2.1",
  id: "malware--00000000-0000-4000-8000-000000000003",
  created: "2026-11-01T00:00:00.000Z",
  modified: "2026-11-01T00:00:00.000Z",
  is_family: false,
};
const stix = (...rules: object[]): object => ({
  v: 1,
  format: "stix",
  redactor: "identity--00000000-0000-4000-8000-00000000000b",
  at: "2026-11-22T02:10:00Z",
  rules,
});

test("stix: a changed object is a new one that names its original; the others stay byte for byte", async () => {
  const unchanged = JSON.stringify(MALWARE, undefined, 3);
  const bundle = `{"type":"bundle","id":"bundle--1","objects":[${JSON.stringify(INDICATOR)}, ${unchanged}]}`;
  const { copy, map } = await copied(bundle, stix({ type: "indicator", at: "/description", how: "drop" }));
  assert(copy.includes(unchanged));
  const { objects } = JSON.parse(copy.toString()) as { objects: Record<string, unknown>[] };
  const [changed, , link] = objects;
  assert(changed !== undefined && link !== undefined && objects.length === 3);
  assert.match(
    String(changed["id"]),
    /^indicator--[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.notEqual(changed["id"], INDICATOR.id);
  assert.equal(changed["created_by_ref"], "identity--00000000-0000-4000-8000-00000000000b");
  assert.equal(changed["pattern"], INDICATOR.pattern);
  assert(!("description" in changed) && !copy.includes("sensor-seven"));
  assert.deepEqual(changed["granular_markings"], [
    { marking_ref: "marking-definition--1", selectors: ["pattern"] },
  ]);
  assert.deepEqual(
    [link["relationship_type"], link["source_ref"], link["target_ref"]],
    ["derived-from", changed["id"], INDICATOR.id],
  );
  assert.equal(map.places[0]?.at, "/objects/0");
});

test("stix: an observable's id would give its value away, so nothing leads back to it", async () => {
  const bundle = JSON.stringify({ type: "bundle", id: "bundle--1", objects: [ADDRESS, OBSERVED] });
  const { copy } = await copied(bundle, stix({ type: "ipv4-addr", at: "/value", how: "mask" }));
  assert(!copy.includes(ADDRESS.id) && !copy.includes(ADDRESS.value));
  const { objects } = JSON.parse(copy.toString()) as { objects: Record<string, unknown>[] };
  assert.deepEqual(objects[1]?.["object_refs"], [objects[0]?.["id"]]);
  assert.notEqual(objects[1]?.["id"], OBSERVED.id);
});

test("stix: what is no STIX, or would be none", async () => {
  const rule = { at: "/description", how: "drop" };
  await refused('{"a":1}', stix(rule), "redaction-format");
  await refused(JSON.stringify({ ...INDICATOR, id: "malware--1" }), stix(rule), "redaction-format");
  await refused(JSON.stringify(INDICATOR), stix({ at: "/id", how: "mask" }), "redaction-plan");
  await refused(JSON.stringify(MALWARE), stix(rule), "redaction-no-match");
  const twice = { type: "bundle", id: "bundle--1", objects: [INDICATOR, { ...INDICATOR, description: "x" }] };
  await refused(JSON.stringify(twice), stix(rule), "redaction-ambiguous");
});
