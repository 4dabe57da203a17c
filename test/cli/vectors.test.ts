/**
 * `parley inspect` and `parley verify` over every vector: what a stranger's implementation is compared with is what
 * the command line says: accepted, or the code with its layer and clause.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { concatBytes, hexToBytes, utf8 } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { isJsonObject } from "#parley/codec/json.ts";
import { integerIn, objectIn, stringIn } from "#parley/protocols/body.ts";
import { INSPECT_SIGNATURES } from "#parley/cli/inspect-signatures.ts";
import { INSPECT_COMMANDS } from "#parley/cli/inspect.ts";
import { rowsIn } from "#parley/protocols/phrase-arguments.ts";
import { makeDesk } from "./desk.ts";

const ROOT = new URL("../../vectors/", import.meta.url);
const FOLDERS = ["codec", "ledger", "party", "transcript"] as const;

/** Kind of vector to kind of inspection. */
const INSPECTED: Readonly<Record<string, string>> = {
  json: "json",
  bundle: "bundle",
  entry: "entry",
  head: "checkpoint",
  receipt: "checkpoint",
  proof: "proof",
  party: "party",
  "redaction-map": "redaction",
};

/** Parts of other forms, and questions that need what was held before: no file of its own. */
const NOT_A_FILE: ReadonlySet<string> = new Set([
  "base64",
  "time",
  "note",
  "fork",
  "admission",
  "pairing",
  "redaction-piece",
]);

/** What form alone cannot tell of a checkpoint or a proof: whose key signed, and which entry is meant. */
const BEYOND_FORM: ReadonlySet<string> = new Set([
  "signature-bad",
  "signature-length",
  "signature-missing",
  "signature-s-range",
  "signature-small-order-r",
  "unknown-key",
  "receipt-time",
  "proof-mismatch",
]);

interface Vector {
  readonly name: string;
  readonly value: JsonObject;
}

function vectorsOf(folder: string): readonly Vector[] {
  return readdirSync(new URL(`${folder}/`, ROOT))
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const value = JSON.parse(readFileSync(new URL(`${folder}/${name}`, ROOT), "utf8")) as JsonObject;
      return { name: `${folder}/${name}`, value };
    });
}

function bytesOf(input: JsonObject): Uint8Array {
  if (typeof input["text"] === "string") return utf8(input["text"]);
  if (typeof input["hex"] === "string")
    return hexToBytes(input["hex"]) ?? assert.fail("a vector has bad hexadecimal");
  const repeated = stringIn(input, "repeat").repeat(integerIn(input, "times"));
  return utf8(stringIn(input, "before") + repeated + stringIn(input, "after"));
}

function expectedOf(value: JsonObject): readonly string[] {
  return [stringIn(value, "expect"), stringIn(value, "layer"), stringIn(value, "clause")];
}

async function inspected(kind: string, value: JsonObject): Promise<JsonObject> {
  const { run } = makeDesk({ "-": bytesOf(objectIn(value, "input")) });
  const { status, out } = await run("inspect", kind, "--json", "-");
  const said = JSON.parse(out) as JsonObject;
  assert.equal(status, said["accepted"] === true ? 0 : 1);
  return said;
}

for (const folder of FOLDERS.slice(0, 3))
  test(`inspect: every vector of ${folder}, by code, layer and clause`, async () => {
    const seen = { accepted: 0, refused: 0 };
    for (const { name, value } of vectorsOf(folder)) {
      const kind = stringIn(value, "kind");
      const inspection = INSPECTED[kind];
      assert.equal(inspection === undefined, NOT_A_FILE.has(kind), `${name}: a kind that nobody inspects`);
      if (inspection === undefined) continue;
      const said = await inspected(inspection, value);
      const [expect = "", layer, clause] = expectedOf(value);
      if (said["accepted"] === true) {
        seen.accepted += 1;
        const isFormAlone = isJsonObject(said["facts"]) && objectIn(said, "facts")["judged"] === "form";
        assert(expect === "accept" || (isFormAlone && BEYOND_FORM.has(expect)), `${name}: ${expect}`);
        continue;
      }
      seen.refused += 1;
      assert.deepEqual([said["code"], said["layer"], said["clause"]], [expect, layer, clause], name);
    }
    assert(seen.accepted > 0 && seen.refused > 5, JSON.stringify(seen));
  });

test("verify: every vector of transcript, by verdict, code, layer, clause and first bad entry", async () => {
  let count = 0;
  for (const { name, value } of vectorsOf("transcript")) {
    let bytes: Uint8Array = readFileSync(new URL(`transcript/${stringIn(value, "base")}`, ROOT));
    for (const edit of rowsIn(value, "edits").toReversed()) {
      const [at, remove] = [integerIn(edit, "at"), integerIn(edit, "remove")];
      const insert = hexToBytes(stringIn(edit, "insert")) ?? utf8("");
      bytes = concatBytes(bytes.subarray(0, at), insert, bytes.subarray(at + remove));
    }
    const { run } = makeDesk({ t: bytes, trust: stringIn(value, "trust") });
    const { status, out } = await run("verify", "t", "--trust", "trust", "--json");
    const report = JSON.parse(out) as {
      readonly verdict: string;
      readonly reasons: readonly { readonly code: string; readonly layer: string; readonly clause: string }[];
      readonly feeds: readonly {
        readonly first_bad?: { readonly code: string; readonly index: number };
        readonly warnings: readonly { readonly code: string }[];
      }[];
    };
    assert.equal(report.verdict, value["verdict"], name);
    assert.equal(status, report.verdict === "complete" ? 0 : 1, name);
    const [expect, layer, clause] = expectedOf(value);
    count += 1;
    if (expect === "accept") continue;
    if (report.verdict === "complete") {
      const warnings = report.feeds.flatMap((feed) => feed.warnings.map(({ code }) => code));
      assert(warnings.includes(String(expect)), `${name}: ${warnings.join(", ")}`);
      continue;
    }
    const reasons = report.reasons.map((one) => [one.code, one.layer, one.clause].join(" "));
    assert(reasons.includes([expect, layer, clause].join(" ")), `${name}: ${reasons.join(", ")}`);
    if (typeof value["feed"] !== "number") continue;
    const bad = report.feeds[value["feed"]]?.first_bad;
    assert.deepEqual([bad?.code, bad?.index], [expect, value["index"]], name);
  }
  assert(count > 15);
});

/** The bytes of the first vector that an inspection accepts. */
function goodFor(inspection: string): Uint8Array {
  const all = FOLDERS.slice(0, 3).flatMap(vectorsOf);
  const found = all.find(({ value }) => {
    return INSPECTED[stringIn(value, "kind")] === inspection && value["expect"] === "accept";
  });
  return found === undefined
    ? assert.fail(`no good vector for ${inspection}`)
    : bytesOf(objectIn(found.value, "input"));
}

test("inspect: the examples of its help do what they say", async () => {
  for (const { path, examples } of INSPECT_COMMANDS) {
    const kind = path.replace("inspect ", "");
    const bytes = goodFor(kind);
    const { run } = makeDesk({ [`example.${kind}`]: bytes, "-": bytes });
    for (const example of examples) {
      const { status, out } = await run(...example.split(" ").slice(1));
      assert.equal(status, 0, example);
      assert.match(out, /accepted/);
    }
  }
  const signed = vectorsOf("crypto").filter(({ value }) => value["operation"] === "ed25519-signature");
  const lines = signed.map(({ value: { message = "", public_key = "", signature = "" } }) =>
    JSON.stringify({ message, public_key, signature }),
  );
  const wanted = signed.map(({ value }) => value["expect"]);
  const { run } = makeDesk({ "-": lines.join("\n"), "signatures.jsonl": lines.join("\n") });
  for (const example of INSPECT_SIGNATURES.examples) {
    const [command = ""] = example.split(" <");
    const { out } = await run(...command.split(" ").slice(1));
    const answers = out.trimEnd().split("\n");
    assert.equal(answers.length, wanted.length, example);
    for (const [i, answer] of answers.entries())
      assert(answer.includes(String(wanted[i])), `${i}: ${answer}`);
  }
});
