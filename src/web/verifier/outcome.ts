/**
 * From two files to what is known (SPEC 7.3, 7.5): the same calls that `parley verify` makes, without a page.
 *
 * It draws no randomness, knows no clock and touches no document. Sizes are bounded before anything is parsed.
 */
import { TRANSCRIPT_LIMITS } from "#parley/codec/bundle.ts";
import { bytesEqual, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { verifyOneMessage, type SaidMessage } from "#parley/transcript/open-one.ts";
import type { TranscriptReport } from "#parley/transcript/report.ts";
import { tellStory, type Story } from "#parley/transcript/story.ts";
import { parseTrust } from "#parley/transcript/trust.ts";
import { verifyTranscript, type VerifyOptions } from "#parley/transcript/verify.ts";

export type Outcome =
  | { readonly kind: "report"; readonly report: TranscriptReport; readonly story: Story }
  | { readonly kind: "said"; readonly said: SaidMessage }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const ONE_MESSAGE_START = utf8("parley-bundle/1\nentry ");
const TRUST_START = utf8("parley-trust/");

const backend = createNobleBackend({
  randomBytes: () => {
    throw new Error("a verifier draws no random bytes");
  },
});

/** `trustText` as it was read: line ends are part of its form. */
export function judge(bytes: Uint8Array, trustText: string, options: VerifyOptions): Outcome {
  const trust = parseTrust(trustText);
  if (isRefusal(trust)) return { kind: "refused", refusal: trust };
  if (bytes.length > TRANSCRIPT_LIMITS.sizeBytes)
    return { kind: "refused", refusal: refuse("too-large", { limit: TRANSCRIPT_LIMITS.sizeBytes }) };
  if (startsWith(bytes, ONE_MESSAGE_START)) {
    const said = verifyOneMessage(backend, bytes, trust);
    return isRefusal(said) ? { kind: "refused", refusal: said } : { kind: "said", said };
  }
  const report = verifyTranscript(backend, bytes, trust, options);
  return { kind: "report", report, story: tellStory(backend, report) };
}

/** Which of two dropped files is the trust file. */
export function looksLikeTrust(bytes: Uint8Array): boolean {
  return startsWith(bytes, TRUST_START);
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytesEqual(bytes.subarray(0, start.length), start);
}
