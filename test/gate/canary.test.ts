/** Canaries (SPEC 15.4, threats.md 33): variants differ, mean the same, and are found again after what a leaker does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { digestOf, makeVariant, type Canary, type CanaryInput } from "#parley/gate/canary.ts";
import { keyOf, valuesIn, type ListFormat } from "#parley/gate/canary-list.ts";
import type { DisclosureRow } from "#parley/gate/disclosure.ts";
import { traceCopy } from "#parley/gate/trace.ts";
import { chanceOf } from "../simulation/seeded.ts";

const backend = createNodeBackend();

function hashOf(i: number): string {
  return Buffer.from(backend.sha256(utf8(`sample ${i}`))).toString("hex");
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  hosts: Array.from({ length: 200 }, (_, i) => `node-${i}.example.net`),
  hashes: Array.from({ length: 200 }, (_, i) => hashOf(i)),
  addresses: Array.from({ length: 200 }, (_, i) => `198.18.${i >> 4}.${i}`),
};

interface Made {
  readonly bytes: Uint8Array;
  readonly canary: Canary;
}

let made = 0;
function variant(text: string, options: Partial<CanaryInput> = {}, earlier: readonly Made[] = []): Made {
  const seed = backend.sha256(utf8(`seed ${made++}`));
  const taken = new Set(earlier.flatMap(({ canary }) => canary.decoys));
  const input: CanaryInput = { bytes: utf8(text), format: "text", order: "free", seed, taken, ...options };
  const result = makeVariant(backend, input);
  assert(!isRefusal(result), isRefusal(result) ? JSON.stringify(result.facts) : "");
  const { bytes, kind, decoys, rows } = result;
  const canary: Canary = {
    canary: `canary-${made}`,
    officer: 1,
    party: `party-${made}`,
    original: digestOf(backend, input.bytes),
    variant: digestOf(backend, bytes),
    format: input.format,
    kind,
    order: input.order,
    seed: encodeBase64url(seed),
    decoys,
    rows,
  };
  return { bytes, canary };
}

function traced(bytes: Uint8Array, all: readonly Made[]) {
  return traceCopy(backend, bytes, { rows: [], canaries: all.map(({ canary }) => canary) });
}

function textOf({ bytes }: Made): string {
  return new TextDecoder().decode(bytes);
}

function family(name: string, count = 5): readonly Made[] {
  const all: Made[] = [];
  for (let i = 0; i < count; i++) all.push(variant((VALUES[name] ?? []).join("\n"), {}, all));
  return all;
}

test("a variant holds every value of the original, and only declared decoys beside", () => {
  for (const [name, values] of Object.entries(VALUES)) {
    for (const one of family(name)) {
      const found = new Set([...valuesIn(textOf(one))].map(({ key }) => key));
      const expected = new Set([...values, ...one.canary.decoys]);
      assert.deepEqual(found, expected, name);
      assert.equal(one.canary.decoys.length, 12);
      assert.equal(/[^\n\x21-\x7e]/.test(textOf(one)), false, "no character is hidden");
    }
    assert.equal(new Set(family(name).map(textOf)).size, 5, "no two are alike");
  }
});

test("every decoy is of a range kept for documentation", () => {
  const networks = /^(?:192[.]0[.]2|198[.]51[.]100|203[.]0[.]113)[.][0-9]{1,3}$/;
  for (const { canary } of family("addresses"))
    for (const decoy of canary.decoys) assert.match(decoy, networks);
  for (const { canary } of family("hosts"))
    for (const decoy of canary.decoys) assert.match(decoy, /^[a-p]{12}[.]example$/);
  const six = variant(
    Array.from({ length: 20 }, (_, i) => `2001:db8:7::${(i + 16).toString(16)}`).join("\n"),
  );
  for (const decoy of six.canary.decoys) {
    assert.match(decoy, /^2001:db8(?::[1-9a-f][0-9a-f]{0,3}){6}$/);
    assert.equal([...valuesIn(decoy)][0]?.kind, "ipv6");
  }
});

test("the same seed gives the same bytes; JSON, CSV and logs keep their form", () => {
  const rows = (VALUES["hosts"] ?? []).slice(0, 20);
  const csv = `value,seen\n${rows.map((host, i) => `${host},"2026-11-${10 + i}, noon"`).join("\n")}\n`;
  const made_ = variant(csv, { format: "csv", column: "value" });
  assert.equal(textOf(made_).split("\n")[0], "value,seen");
  assert.equal(textOf(made_).trim().split("\n").length, 33);
  for (const line of textOf(made_).trim().split("\n").slice(1))
    assert.match(line, /^[^,]+,"2026-11-[0-9]{2}, noon"$/);
  const json = variant(JSON.stringify(rows.map((value) => ({ type: "host", value }))), { format: "json" });
  assert.equal((JSON.parse(textOf(json)) as unknown[]).length, 32);
  const log = variant(rows.map((host) => `deny from ${host} rule 7`).join("\n"), { format: "log" });
  for (const line of textOf(log).trim().split("\n")) assert.match(line, /^deny from \S+ rule 7$/);
  const seed = backend.sha256(utf8("again"));
  const twice = [1, 2].map(() => textOf(variant(csv, { format: "csv", seed })));
  assert.equal(twice[0], twice[1]);
});

interface Deed {
  readonly name: string;
  readonly does: (text: string) => string;
}

function lines(text: string): readonly string[] {
  return text.trim().split("\n");
}

const chance = chanceOf("gate/canary");
const half = (text: string) =>
  lines(text)
    .filter(() => chance.below(2) === 0)
    .join("\n");
const DEEDS: readonly Deed[] = [
  { name: "half of the rows deleted", does: half },
  { name: "sorted again", does: (text) => [...lines(text)].sort().join("\n") },
  { name: "as JSON", does: (text) => JSON.stringify(lines(text).map((value) => ({ kind: "x", value }))) },
  {
    name: "as CSV, defanged",
    does: (text) =>
      lines(text)
        .map((one) => `${one.replaceAll(".", "[.]")};seen`)
        .join("\r\n"),
  },
  { name: "in lower case", does: (text) => text.toLowerCase() },
  {
    name: "half deleted, sorted, lower case, as JSON",
    does: (text) => JSON.stringify([...lines(half(text.toLowerCase()))].sort()),
  },
  {
    name: "without any documentation value",
    does: (text) =>
      lines(text)
        .filter((one) => !/[.]example$|^192[.]0[.]2|^198[.]51[.]100|^203[.]0[.]113/i.test(one))
        .join("\n"),
  },
];

for (const name of Object.keys(VALUES)) {
  for (const { name: deed, does } of DEEDS) {
    test(`${name}, ${deed}: the copy names its disclosure and no other`, () => {
      const all = family(name);
      for (const one of all) {
        const traces = traced(utf8(does(textOf(one))), all);
        assert.deepEqual(
          traces.map(({ canary, verdict }) => [canary, verdict]),
          [[one.canary.canary, "certain"]],
        );
      }
    });
  }
}

test("rows sorted and decoys removed: hashes are still known by their writing, with its confidence", () => {
  const all = family("hashes");
  for (const one of all) {
    const kept = lines(textOf(one)).filter((line) => !one.canary.decoys.includes(line.toLowerCase()));
    const [first, ...rest] = traced(utf8(half([...kept].sort().join("\n"))), all);
    assert.equal(first?.canary, one.canary.canary);
    assert.equal(first?.decoys.found, 0);
    assert((first?.writing?.log10_chance ?? 0) <= -6);
    assert.deepEqual(rest, []);
  }
});

test("the original and foreign lists point at nobody", () => {
  for (const [name, values] of Object.entries(VALUES)) {
    const all = family(name, 20);
    assert.deepEqual(traced(utf8(values.join("\n")), all), [], name);
    assert.deepEqual(traced(utf8([...values].reverse().join("\n").toUpperCase()), all), [], name);
    assert.deepEqual(traced(utf8("nothing of the kind"), all), []);
    assert.deepEqual(traced(Uint8Array.of(0xff, 0xfe, 0), all), []);
  }
});

test("a file without a canary is found by its digest alone, and one bit ends that", () => {
  const bytes = Uint8Array.of(1, 2, 3, 255);
  const attachments = [
    { digest: digestOf(backend, bytes), size_bytes: 4, media_type: "application/octet-stream" },
  ];
  const row = { id: "message", party: "rimal", attachments } as unknown as DisclosureRow;
  const [trace] = traceCopy(backend, bytes, { rows: [row], canaries: [] });
  assert.deepEqual([trace?.party, trace?.disclosures, trace?.exact], ["rimal", ["message"], true]);
  assert.deepEqual(traceCopy(backend, Uint8Array.of(1, 2, 3, 254), { rows: [row], canaries: [] }), []);
});

test("with the order kept, rows stay in their order", () => {
  const hosts = VALUES["hosts"] ?? [];
  const one = variant(hosts.join("\n"), { order: "kept" });
  const decoys = new Set(one.canary.decoys);
  const kept = lines(textOf(one).toLowerCase()).filter((line) => !decoys.has(line));
  assert.deepEqual(kept, hosts);
});

const BROKEN: readonly (readonly [string, ListFormat, string])[] = [
  ["too few", "text", "a.example.net\nb.example.net"],
  ["a row without a value", "text", `${(VALUES["hosts"] ?? []).join("\n")}\n???`],
  ["not JSON", "json", "[1,"],
  ["a cell over two lines", "csv", `v\n${'"a.example\n'.repeat(20)}`],
  ["an unknown column", "csv", `v\n${"a.example\n".repeat(20)}`],
];
for (const [name, format, text] of BROKEN) {
  test(`a list is refused: ${name}`, () => {
    const seed = backend.sha256(utf8(name));
    const column = name === "an unknown column" ? "w" : undefined;
    const result = makeVariant(backend, {
      bytes: utf8(text),
      format,
      order: "free",
      seed,
      taken: new Set(),
      ...(column !== undefined && { column }),
    });
    assert(isRefusal(result));
    assert.equal(result.code, "canary-format");
  });
}

test("writing is compared without defanging and letter case, except in the path of a URL", () => {
  assert.equal(keyOf("host", "A[.]Example"), "a.example");
  assert.equal(keyOf("url", "hxxps://A[.]example/Path"), "https://a.example/Path");
});
