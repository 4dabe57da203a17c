/**
 * `npm run demo [-- --once] [--material FILE]`: two nodes on this machine, one case, one transcript, verified.
 *
 * Leaves `demo-out/transcript.parley` and `demo-out/trust.policy`. Without `--once` both nodes stay up until Ctrl-C.
 * Status 0 only if every step did what it should.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { parseMaterial } from "#parley/intel/material.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import { renderReport, renderStory } from "#parley/transcript/render.ts";
import { tellStory } from "#parley/transcript/story.ts";
import { encodeTrust, trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { exportTranscript, ownNames, pairAndAgree, playCase, type OwnMaterial } from "./demo/case.ts";
import { playFox } from "./demo/fox.ts";
import { closeSide, openSide, type Side } from "./demo/side.ts";
import { requirePinnedNode } from "./pinned-node.ts";

requirePinnedNode();

const { values } = parseArgs({
  options: { once: { type: "boolean", default: false }, material: { type: "string" } },
});
const out = join(import.meta.dirname, "..", "demo-out");
const directory = mkdtempSync(join(tmpdir(), "parley-demo-"));
const sides: Side[] = [];
const started = performance.now();

function say(line: string): void {
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${line}`);
}

try {
  await run();
} catch (fault) {
  console.error(fault);
  process.exitCode = 1;
} finally {
  if (values.once || process.exitCode === 1) await stop();
}

async function run(): Promise<void> {
  const own = readMaterial();
  say("Two nodes start with fresh keys.");
  sides.push(
    await openSide(directory, "CERT Meridia", "MERIDIA"),
    await openSide(directory, "CSIRT Rimal", "RIMAL"),
  );
  const [a, b] = sides;
  assert(a !== undefined && b !== undefined);
  const channel = await pairAndAgree(a, b, say);
  const stage = { a, b, channel, inPlaceOf: ownNames(own), say };
  await playCase(stage, own);
  await playFox(stage);
  const transcript = await exportTranscript(stage);
  const trust = trustParties([a.party, b.party], [channel]);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "transcript.parley"), transcript);
  writeFileSync(join(out, "trust.policy"), encodeTrust(trust));
  verify(transcript, trust);
  for (const side of sides)
    say(`${side.name}: ${side.api} (tokens in ${join(side.dataDirectory, "tokens")})`);
  if (!values.once) keepUp();
}

/** The stranger's part: nothing but the file and the trust policy. */
function verify(transcript: Uint8Array, trust: ReturnType<typeof trustParties>): void {
  const backend = createNodeBackend();
  const rendering = { book: createPhrasebook(), lang: "en", isolate: false } as const;
  const report = verifyTranscript(backend, transcript, trust);
  assert.equal(report.verdict, "complete", JSON.stringify(report.reasons));
  say("The transcript verifies offline. This is what it tells:");
  for (const line of renderStory(tellStory(backend, report, {}), rendering)) console.log(`         ${line}`);
  for (const line of renderReport(report, rendering)) console.log(`         ${line}`);
  const tampered = transcript.slice();
  const at = positionOf(tampered, '"kind":"message"');
  tampered[at + 9] = "n".charCodeAt(0);
  const caught = verifyTranscript(backend, tampered, trust);
  assert.equal(caught.verdict, "failed");
  assert(caught.feeds.some(({ first_bad }) => first_bad !== undefined));
  say("One byte of one entry changed. The verifier names it:");
  for (const line of renderReport(caught, rendering).slice(0, 2)) console.log(`         ${line}`);
}

function positionOf(bytes: Uint8Array, text: string): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(text);
  assert(at > 0, "the transcript has a message entry");
  return at;
}

function readMaterial(): OwnMaterial {
  if (values.material === undefined) return { indicators: [], digest: "" };
  const bytes = readFileSync(values.material);
  const { indicators, unread, repeated } = parseMaterial(bytes.toString("utf8"));
  say(
    `${values.material}: ${indicators.length} indicators, ${repeated} repeated, ${unread.length} lines not read.`,
  );
  for (const { line, reason } of unread.slice(0, 10)) say(`  line ${line}: ${reason}`);
  return { indicators, digest: encodeBase64url(createNodeBackend().sha256(bytes)) };
}

/** Both nodes stay up for whoever wants to look; Ctrl-C ends them. */
function keepUp(): void {
  say("Both nodes stay up. Ctrl-C ends the demo.");
  process.once("SIGINT", () => void stop());
  process.once("SIGTERM", () => void stop());
}

async function stop(): Promise<void> {
  for (const side of sides) await closeSide(side);
  rmSync(directory, { recursive: true, force: true });
}
