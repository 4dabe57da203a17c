/**
 * `parley verify FILE --trust FILE`: a whole transcript, or one message shown to a third party (SPEC 7.3, 7.5).
 *
 * Status 0 means complete and nothing less. What was established is printed before what was not; a fault names its
 * feed, its first bad index and its cause. It needs no node, no network and no data directory.
 */
import { TRANSCRIPT_LIMITS } from "#parley/codec/bundle.ts";
import { bytesEqual, encodeBase64url, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { isRefusal, refuse } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { encodeForkProof } from "#parley/ledger/fork.ts";
import { verifyOneMessage } from "#parley/transcript/open-one.ts";
import { renderReport, renderStory } from "#parley/transcript/render.ts";
import type { Reason, TranscriptReport } from "#parley/transcript/report.ts";
import { tellStory, type Story, type StoryLine } from "#parley/transcript/story.ts";
import { parseTrust, type Trust } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, FILE, REFUSED, type Call, type Command } from "./command.ts";
import { readUpTo } from "./files.ts";
import { printRefusal, type Tone } from "./output.ts";
import { escapeUntrustedLines } from "./safe-text.ts";
import { showRefusal } from "./shown.ts";

/** A trust file is written by hand. */
const TRUST_SIZE_LIMIT_BYTES = 1_048_576;
const ONE_MESSAGE_START = utf8("parley-bundle/1\nentry ");

export const VERIFY: Command = {
  path: "verify",
  operands: [FILE],
  options: {
    trust: { kind: "value", value: "FILE" },
    signatures: { kind: "value", value: "all|last", choices: ["all", "last"] },
  },
  examples: [
    "parley verify transcript.parley --trust trust.policy",
    "parley verify transcript.parley --trust trust.policy --json",
    "parley verify transcript.parley --trust trust.policy --signatures last --lang ar",
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { ports, args, words, out } = call;
  const [path = "-"] = args.operands;
  const trustPath = args.one("trust");
  if (trustPath === undefined) throw new UsageFault("option-missing", { option: "--trust" });
  const trustText = utf8ToText(await readUpTo(ports, trustPath, TRUST_SIZE_LIMIT_BYTES));
  const trust = trustText === undefined ? refuse("trust-malformed", { line: 1 }) : parseTrust(trustText);
  if (isRefusal(trust)) return printRefusal(out, words, showRefusal(trust));
  await out.progress(words.say("verify.reading"));
  const bytes = await readUpTo(ports, path, TRANSCRIPT_LIMITS.sizeBytes);
  if (bytesEqual(bytes.subarray(0, ONE_MESSAGE_START.length), ONE_MESSAGE_START))
    return verifyOne(call, bytes, trust);
  await out.progress(words.say("verify.verifying", { size: bytes.length }));
  const signatures = args.one("signatures") === "last" ? "last" : "all";
  const report = verifyTranscript(ports.backend, bytes, trust, { signatures });
  const story = tellStory(ports.backend, report);
  await out.done();
  if (out.json) await out.value(reportToJson(report, story));
  else await printReport(call, report, story);
  return report.verdict === "complete" ? DONE : REFUSED;
}

async function verifyOne({ ports, words, out }: Call, bytes: Uint8Array, trust: Trust): Promise<number> {
  const said = verifyOneMessage(ports.backend, bytes, trust);
  await out.done();
  if (isRefusal(said)) return printRefusal(out, words, showRefusal(said));
  const { channel, party, name, handle, seq, size, message } = said;
  const text = utf8ToText(message) ?? "";
  if (out.json) {
    await out.value({ accepted: true, channel, party, name, handle, seq, size, message: text });
    return DONE;
  }
  await out.line(out.paint("good", words.say("verify.one", { name, handle, seq, size })));
  await out.line(words.say("verify.channel", { channel }));
  await out.line(escapeUntrustedLines(text));
  return DONE;
}

const VERDICT_TONES: Readonly<Record<TranscriptReport["verdict"], Tone>> = {
  complete: "good",
  incomplete: "warn",
  failed: "bad",
};

/** In words first; then each reason by its code, for whoever looks it up in the specification. */
async function printReport({ words, out }: Call, report: TranscriptReport, story: Story): Promise<void> {
  const rendering = { book: words.book, lang: words.lang, isolate: words.lang === "ar" };
  const [verdict = "", ...rest] = renderReport(report, rendering);
  await out.line(out.paint("strong", out.paint(VERDICT_TONES[report.verdict], verdict)));
  for (const line of rest) await out.line(line);
  for (const reason of report.reasons) await out.line(out.paint("faint", reasonLine(words, report, reason)));
  if (story.lines.length > 0) await out.line();
  for (const line of renderStory(story, rendering)) await out.line(line);
}

type Sayer = Call["words"];

function reasonLine(words: Sayer, report: TranscriptReport, reason: Reason): string {
  const { code, layer, clause, facts, feed } = reason;
  const fault = report.feeds
    .flatMap((one) => (one.feed === feed ? one.faults : []))
    .find((one) => one.code === code);
  const where = {
    code,
    layer,
    clause,
    handle: feed === undefined ? "" : handleOf(report, feed),
    facts: factsToText(facts),
  };
  if (fault === undefined)
    return words.say(feed === undefined ? "verify.reason" : "verify.reason_feed", where);
  if (fault.certain) return words.say("verify.first_bad", { ...where, index: fault.index });
  return words.say("verify.first_bad_from", { ...where, index: fault.index, until: fault.until ?? "?" });
}

function handleOf({ parties }: TranscriptReport, party: string): string {
  return parties.find((one) => one.party === party)?.handle ?? party;
}

function factsToText(facts: Reason["facts"]): string {
  return Object.entries(facts)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

/** The report without the bytes of messages; instants as text, the proof of a fork whole. */
function reportToJson(report: TranscriptReport, story: Story): unknown {
  const { forks, feeds } = report;
  const instant = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : encodeInstant(at);
  return {
    verdict: report.verdict,
    reasons: report.reasons,
    signatures_checked: report.signatures_checked,
    channel: report.channel,
    exporter: report.exporter,
    exported_at: instant(report.exported_at),
    parties: report.parties,
    feeds: feeds.map((feed) => ({
      ...feed,
      receipted: feed.receipted.map((receipt) => ({ ...receipt, at: encodeInstant(receipt.at) })),
    })),
    faults: report.faults,
    warnings: report.warnings,
    forks: forks.map(({ feed, proof }) => ({ feed, proof: encodeBase64url(encodeForkProof(proof)) })),
    story: story.lines.map((line) => storyLineToJson(line, instant)),
    balance: story.balance,
  };
}

function storyLineToJson(line: StoryLine, instant: (at: number | undefined) => string | undefined): unknown {
  const { claimed_at, held_at, bracket, ...rest } = line;
  return {
    ...rest,
    claimed_at: encodeInstant(claimed_at),
    held_at: instant(held_at),
    not_before: instant(bracket.after),
    not_after: instant(bracket.before),
  };
}
