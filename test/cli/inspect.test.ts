import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { encodeHex, utf8 } from "#parley/codec/bytes.ts";
import { BUNDLE_SIZE_LIMIT_BYTES, MESSAGE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { createParty } from "#parley/party/create.ts";
import { encodePartyChain } from "#parley/party/chain.ts";
import { ROOT } from "../../tools/tidy/sources.ts";
import { backend, makeDesk } from "./desk.ts";

const KINDS = ["json", "entry", "checkpoint", "bundle", "party", "proof"];

const CASES: readonly (readonly [kind: string, input: Uint8Array | string, status: number, first: string])[] =
  [
    ["json", '{"a":1}', 0, "accepted"],
    ["json", "", 1, "refused json-syntax layer=json clause=1.2.4"],
    ["json", '{"a":1.0}', 1, "refused json-number layer=json clause=1.2.6"],
    ["json", '{"b":1,"a":1}', 1, "refused json-key-order layer=json clause=1.2.9"],
    ["json", "[".repeat(100_000), 1, "refused json-depth layer=json clause=1.2.13"],
    [
      "json",
      `"${"a".repeat(MESSAGE_SIZE_LIMIT_BYTES)}"`,
      1,
      "refused json-too-large layer=json clause=1.2.1",
    ],
    ["json", new Uint8Array([0x22, 0xff, 0x22]), 1, "refused json-utf8 layer=json clause=1.2.2"],
    ["entry", '{"a":1}', 1, "refused entry-schema layer=entry clause=3.1.2"],
    ["entry", "a".repeat(20_000), 1, "refused entry-too-large layer=entry clause=3.1.1"],
    ["checkpoint", "hello\n", 1, "refused note-malformed layer=note clause=1.6.1"],
    ["bundle", "parley-bundle/1\n", 0, "accepted"],
    ["bundle", "parley-bundle/2\n", 1, "refused bundle-magic layer=bundle clause=1.5.1"],
    ["bundle", "parley-bundle/1\nentry 9\nx", 1, "refused bundle-truncated layer=bundle clause=1.5.4"],
    ["party", "parley-bundle/1\n", 1, "refused party-chain layer=party clause=4.2.1"],
    ["proof", "c2sp.org/tlog-proof@v1\n", 1, "refused proof-malformed layer=proof clause=3.6.1"],
  ];

for (const [kind, input, status, first] of CASES) {
  test(`inspect ${kind}: ${first}`, async () => {
    const { run } = makeDesk({ "-": input });
    const shown = await run("inspect", kind, "-");
    assert.equal(shown.out, `${first}\n`);
    assert.equal(shown.status, status);
    const json = await run("inspect", kind, "-", "--json");
    assert.equal(json.status, status);
    const value = JSON.parse(json.out) as Record<string, string | boolean>;
    assert.equal(value["accepted"], status === 0);
    if (status === 1)
      assert.equal(
        first,
        `refused ${String(value["code"])} layer=${String(value["layer"])} clause=${String(value["clause"])}`,
      );
  });
}

test("inspect party: a chain made here is accepted, one bit changed is refused", async () => {
  const created = createParty(backend, {
    expires: "2027-11-22T00:00:00Z",
    handle: "MERIDIA",
    languages: ["en"],
    name: "CERT Meridia",
    offices: [],
    tls_pins: ["A".repeat(43)],
    urls: ["https://parley.meridia.example:8443"],
  });
  const chain = encodePartyChain(created.chain.signed);
  const good = await makeDesk({ f: chain }).run("inspect", "party", "f");
  assert.equal(good.out, "accepted\n");
  const changed = chain.slice();
  changed[chain.length - 10] = (changed[chain.length - 10] ?? 0) ^ 1;
  const bad = await makeDesk({ f: changed }).run("inspect", "party", "f");
  assert.equal(bad.status, 1);
  assert.match(bad.out, /^refused party-/);
});

test("inspect reads one chunk past the limit and no further", async () => {
  const chunkSize = 1_048_576;
  const zeros = new Uint8Array(4 * BUNDLE_SIZE_LIMIT_BYTES);
  const { run, taken } = makeDesk({ f: zeros }, { chunkSize });
  const expected: Readonly<Record<string, number>> = {
    json: 2,
    entry: 1,
    checkpoint: 1,
    proof: 1,
    bundle: 65,
    party: 65,
  };
  for (const kind of KINDS) {
    taken.clear();
    const { status } = await run("inspect", kind, "f");
    assert.equal(status, 1);
    assert.equal(taken.get("f"), expected[kind], kind);
  }
});

test("inspect bundle: 257 entries are too many for an exchange and none too many for a transcript", async () => {
  const entries = Array.from({ length: 257 }, () => ({ type: "entry", bytes: utf8("x") }) as const);
  const exchange = await makeDesk({ f: encodeBundle(entries) }).run("inspect", "bundle", "f");
  assert.match(exchange.out, /^refused too-many layer=bundle/);
  const whole = encodeBundle([{ type: "manifest", bytes: utf8("m") }, ...entries]);
  assert.equal((await makeDesk({ f: whole }).run("inspect", "bundle", "f")).out, "accepted\n");
});

test("inspect: any bytes get an answer", async () => {
  const start = fc.constantFrom(
    "",
    "parley-bundle/1\n",
    '{"',
    "c2sp.org/tlog-proof@v1\nindex 0\n",
    "parley.example/\n1\n",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...KINDS),
      start,
      fc.uint8Array({ maxLength: 300 }),
      async (kind, head, tail) => {
        const { status, out } = await makeDesk({ f: Buffer.concat([utf8(head), tail]) }).run(
          "inspect",
          kind,
          "f",
        );
        assert.ok(status === 0 || status === 1);
        assert.match(out, /^(?:accepted|refused [a-z0-9-]+ layer=[a-z]+ clause=[0-9.-]+)\n$/);
      },
    ),
    { numRuns: 300 },
  );
});

interface SignatureVector {
  readonly operation: string;
  readonly name: string;
  readonly expect: string;
  readonly public_key?: string;
  readonly message?: string;
  readonly signature?: string;
}

test("inspect signatures: every Ed25519 vector gets the verdict it names", async () => {
  const folder = join(ROOT, "vectors/crypto");
  const vectors = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as SignatureVector)
    .filter(({ name, signature }) => name.startsWith("ed25519-") && signature !== undefined);
  assert.ok(vectors.length > 10);
  const { run } = makeDesk({ "-": vectors.map((vector) => JSON.stringify(vector)).join("\n") });
  const { out, status } = await run("inspect", "signatures");
  assert.equal(status, 1);
  assert.deepEqual(
    out.trimEnd().split("\n"),
    vectors.map(({ expect }) => (expect === "accepted" || expect === "accept" ? "accept" : expect)),
  );
});

test("inspect signatures: a bad line is named and the next is judged, whatever the chunks", async () => {
  const seed = new Uint8Array(32).fill(7);
  const message = utf8("heard");
  const good = JSON.stringify({
    public_key: encodeHex(backend.ed25519.publicKey(seed)),
    message: encodeHex(message),
    signature: encodeHex(backend.ed25519.sign(seed, message)),
  });
  const lines: readonly (readonly [line: string, verdict: string])[] = [
    [good, "accept"],
    ["", "line-malformed"],
    ["[]", "line-malformed"],
    ["null", "line-malformed"],
    ['{"public_key":"0","message":"","signature":""}', "line-malformed"],
    ['{"public_key":"zz","message":"","signature":""}', "line-malformed"],
    ['{"public_key":"","message":"","signature":""}', "key-length"],
    [`{"__proto__":${good}}`, "line-malformed"],
    ["x".repeat(3_000_000), "line-too-long"],
    [good, "accept"],
  ];
  for (const chunkSize of [1_000, 65_536, 100_000_000]) {
    const { run } = makeDesk({ "-": lines.map(([line]) => line).join("\n") }, { chunkSize });
    const { out } = await run("inspect", "signatures");
    assert.deepEqual(
      out.trimEnd().split("\n"),
      lines.map(([, verdict]) => verdict),
    );
    const json = await run("inspect", "signatures", "--json");
    const verdicts = json.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { code?: string });
    assert.deepEqual(
      verdicts.map(({ code }) => code ?? "accept"),
      lines.map(([, verdict]) => verdict),
    );
  }
  const invalid = await makeDesk({ "-": new Uint8Array([0xff, 0x0a]) }).run("inspect", "signatures");
  assert.equal(invalid.out, "line-utf8\n");
  assert.equal((await makeDesk({ "-": good }).run("inspect", "signatures", "-")).status, 0);
  assert.equal((await makeDesk({ "-": "" }).run("inspect", "signatures", "-")).out, "");
});
