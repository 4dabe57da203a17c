/**
 * What people would write: good bodies for the messages of one supply-chain ransomware case between two invented
 * parties. CERT Meridia has the victims; CSIRT Rimal has the network that the control server stands in.
 *
 * Every body passes its schema and the pack carries exactly the level that its name says, at any instant of the two
 * days after `MATERIAL_START`. Functions give fresh objects, so a test may spoil its own. Invented addresses only.
 */
import type { Json, JsonObject } from "#parley/codec/json.ts";
import { sentenceOf } from "#parley/protocols/comms_check/corpus.ts";

/** When the case begins; the clock of the world kit starts here too. */
export const MATERIAL_START = "2026-11-22T02:10:00Z";
const SOON = "2026-11-23T02:10:00Z";
const LATER = "2026-12-22T02:10:00Z";

export const CONTROL_ADDRESS = "192.0.2.17";
export const CONTROL_NAME = "update.vendor.example";
const LOG_DIGEST = "c2FtcGxlLWxvZy1vZi1tZXJpZGlhLWdhdGV3YXktMDE";
const DROPPER_DIGEST = "c2FtcGxlLWRyb3BwZXItb2YtdGhlLXVwZGF0ZS0wMDE";

/** `texts` of the envelope: what an officer wrote in words. */
export function words(text: string, lang = "en"): JsonObject {
  return { texts: [{ form: "original", lang, text }] };
}

/** An early notice on belief alone: no indicator, no evidence. */
export function noticeBody(change: JsonObject = {}): JsonObject {
  return {
    aware_at: "2026-11-22T01:40:00Z",
    class_1: "malicious-code",
    direction: "from-your-territory",
    life_safety: false,
    outlook_6h: "worsening",
    sector: "ict-service-management",
    severity: 4,
    stage: "early",
    state_involvement_claim: "none-made",
    suspected_malicious: "yes",
    wish: "please-watch",
    ...change,
  };
}

/** The next stage, with the indicators known by now. */
export function noticeUpdateBody(change: JsonObject = {}): JsonObject {
  return {
    class_1: "malicious-code",
    class_2: "c2-server",
    indicators: [
      { role: "command-and-control", type: "ipv4", value: CONTROL_ADDRESS },
      { role: "command-and-control", type: "domain", value: CONTROL_NAME },
      { role: "payload", type: "sha256", value: "5f".repeat(32) },
    ],
    material_change: true,
    stage: "full",
    victims: { count: 37, pseudonyms: ["V-0001", "V-0002"] },
    ...change,
  };
}

export function noticeAssessBody(code = "not-known-will-look"): JsonObject {
  return { code, will_revert_by: SOON };
}

export function noticeToRequestBody(requestCase: string): JsonObject {
  return { request_case: requestCase };
}

export function noticeCloseBody(code = "became-request"): JsonObject {
  return { code };
}

/** `of` is the id of the message that an officer opened. */
export function ackBody(of: string, change: JsonObject = {}): JsonObject {
  return { of, text_used: "original", understood: "yes", ...change };
}

/** Enough to preserve, to ask and to notify (S1), and not enough to have anything blocked. */
export function packS1(): JsonObject {
  return {
    contact: { office: "CERT Meridia watch desk", valid_until: LATER },
    events: [event("e1", "2026-11-22T01:31:07Z"), event("e2", "2026-11-22T01:42:55Z")],
    handling: { pap: "AMBER", tlp: "AMBER" },
    harm_statement:
      "Thirty-seven firms cannot invoice since their remote management server pushed an update.",
    jurisdiction: [{ basis: "rir", value: "192.0.2.0/24" }],
    language: { receiver_declared: ["en", "ar", "ru"], texts: ["en"] },
    receiver_retention: { days: 90 },
  };
}

/** Enough to have the control server blocked or taken down (S2). */
export function packS2(): JsonObject {
  return {
    ...packS1(),
    events: [
      portedEvent("e1", "2026-11-22T01:31:07Z", 51_413),
      portedEvent("e2", "2026-11-22T01:42:55Z", 49_822),
    ],
    exhibits: [
      {
        acquired_sha256: LOG_DIGEST,
        custody: [{ act: "acquired", at: "2026-11-22T01:50:00Z", by: "watch-desk", tool: "tcpdump 4.99" }],
        excerpt: "2026-11-22T01:31:07Z 192.0.2.17:51413 > 198.51.100.9:443 TLS update.vendor.example",
        id: "x1",
        kind: "log",
        verbatim: true,
      },
    ],
    malware: [{ family: "examplelocker", family_basis: "config", sha256: DROPPER_DIGEST }],
    relay_screen: [{ as_of: "2026-11-22T01:55:00Z", events: ["e1", "e2"], results: ["none-found"] }],
    sensors: [{ class: "network-flow", clock: { max_error_ms: 50, source: "ntp" }, id: "s1" }],
    sources: [{ admiralty: "B2", collector: "meridia-flow", id: "flow", raw_sha256: [LOG_DIGEST] }],
  };
}

/** `packS2` without source ports: an address behind address translation names nobody. */
export function packWithoutPorts(): JsonObject {
  return { ...packS2(), events: [event("e1", "2026-11-22T01:31:07Z"), event("e2", "2026-11-22T01:42:55Z")] };
}

function event(id: string, time: string): JsonObject {
  return {
    count: 1_200,
    dst_address: "198.51.100.9",
    dst_port: 443,
    host: CONTROL_NAME,
    id,
    protocol: "tcp",
    sensor: "s1",
    src_address: CONTROL_ADDRESS,
    time,
  };
}

function portedEvent(id: string, time: string, port: number): JsonObject {
  return { ...event(id, time), src_port: port };
}

/** Asks by code in this order, numbered from 1. */
export function askRows(codes: readonly string[]): readonly JsonObject[] {
  return codes.map((code, index) => ({
    ask: index + 1,
    code,
    legal_basis: "none-voluntary",
    target: CONTROL_ADDRESS,
  }));
}

/** By default: preserve (A01) and block (A05). Not sufficient means that item E04 is missing for A05. */
export function requestBody(options: {
  readonly sufficient: boolean;
  readonly codes?: readonly string[];
  readonly pack?: JsonObject;
  readonly lifeSafety?: boolean;
}): JsonObject {
  const { sufficient, codes = ["A01", "A05"], lifeSafety = false } = options;
  return {
    asks: askRows(codes),
    harm: { life_safety: lifeSafety, outlook_6h: "worsening", sector: "ict-service-management", severity: 4 },
    if_done: "The update server can no longer reach the victims.",
    no_state_involvement_alleged: true,
    pack: options.pack ?? (sufficient ? packS2() : packWithoutPorts()),
  };
}

export function supplementBody(asks?: readonly number[], pack: JsonObject = packS2()): JsonObject {
  return { pack, ...(asks !== undefined && { asks }) };
}

export function preserveBody(): JsonObject {
  return { state: "confirmed", until: LATER };
}

export function clarifyAskBody(code = "Q-PORT", ask = 2): JsonObject {
  return { questions: [{ ask, code, question: 1 }] };
}

export function clarifyAnswerBody(text = "Source ports follow with the supplement."): JsonObject {
  return { answers: [{ answer: "answered", question: 1, text }] };
}

export interface VerdictRow {
  readonly ask: number;
  readonly verdict: string;
  readonly items?: readonly string[];
}

/** One row per ask: `{ ask: 2, verdict: "insufficient", items: ["E04"] }`. */
export function verdictBody(rows: readonly VerdictRow[]): JsonObject {
  return { verdicts: rows.map((row): Json => ({ ...row })) };
}

export interface DecisionRow {
  readonly ask: number;
  readonly decision: string;
  /** Of a decline. */
  readonly code?: string;
  /** Message id of the verdict that a decline D11 rests on. */
  readonly verdict?: string;
}

export function decideBody(rows: readonly DecisionRow[]): JsonObject {
  return { decisions: rows.map((row): Json => ({ ...row, ...DECISION_WORDS[row.decision] })) };
}

const DECISION_WORDS: Readonly<Record<string, JsonObject>> = {
  "accepted-partly": { part: "One of the two addresses, for thirty days." },
  conditional: { conditions: "The block ends when the operator has cleaned the host." },
  referred: { to: "National regulator" },
};

export function progressBody(stage = "operator-contacted", asks?: readonly number[]): JsonObject {
  return { expected_by: SOON, stage, ...(asks !== undefined && { asks }) };
}

/** Result codes by ask number: `{ 1: "O01", 2: "O05" }`. */
export function outcomeBody(codes: Readonly<Record<number, string>>): JsonObject {
  const outcomes = Object.entries(codes).map(([ask, code]): Json => ({
    ask: Number(ask),
    results: [{ code, ...RESULT_FACTS[code] }],
  }));
  return { outcomes };
}

const RESULT_FACTS: Readonly<Record<string, JsonObject>> = {
  O05: { since: "2026-11-22T03:00:00Z", state: "active" },
  O07: { state: "active" },
  O11: { reference: "2026/17" },
  O12: { reference: "2026/17" },
  O15: { country: "ZZ", next_hop: "198.51.100.1" },
  O16: { kind: "spoofed-source" },
  O19: { reason: "N-TECH" },
};

/** What the asking side observed, by ask number: `{ 2: "V3" }`. */
export function verifyBody(codes: Readonly<Record<number, string>>): JsonObject {
  const verifications = Object.entries(codes).map(([ask, code]): Json => ({
    ask: Number(ask),
    code,
    ...OBSERVED_FACTS[code],
  }));
  return { verifications };
}

const OBSERVED_FACTS: Readonly<Record<string, JsonObject>> = {
  V3: { observed_at: "2026-11-22T04:00:00Z" },
  V4: { moved_to: "203.0.113.9" },
  V5: { recurred_at: SOON },
};

export function requestCloseBody(disposition = "C01"): JsonObject {
  return { disposition };
}

export function withdrawBody(reason = "resolved-itself"): JsonObject {
  return { reason };
}

/** `target` is the disputed case (SPEC 8-3.2.3); `disputeRefs` shows the dispute beside it. */
export function disputeRaiseBody(
  target: string,
  point: { readonly kind: string; readonly ref: string },
): JsonObject {
  return {
    ground: "facts",
    point: { ...point },
    statement: {
      lang: "en",
      text: "Our sensors still record connections to the control server after the time given for the block.",
    },
    target,
  };
}

/** Envelope references that show a dispute beside the case that it is about. */
export function disputeRefs(disputed: { readonly case: string; readonly message: string }): JsonObject {
  return {
    refs: [
      { id: disputed.case, kind: "case" },
      { id: disputed.message, kind: "message" },
    ],
  };
}

export function disputeAnswerBody(): JsonObject {
  return {
    statement: {
      lang: "en",
      text: "The block was active at our border. What was observed may have come by another provider.",
    },
  };
}

export function disputeRecordBody(): JsonObject {
  return { statement: { lang: "en", text: "We part on this point; both statements stand in the record." } };
}

/** Envelope of a communication check: it has no other precedence. */
export const CHECK_ENVELOPE: JsonObject = { precedence: "immediate" };

export function checkPingBody(corpusRef = "en-01"): JsonObject {
  return { corpus_ref: corpusRef, kind: "K1", path: "https", sent_at: MATERIAL_START };
}

/** The echo of an officer of the watch who read the sentence. */
export function checkEchoBody(corpusRef = "en-01", secondsToAck = 40): JsonObject {
  const sentence = sentenceOf(corpusRef);
  if (sentence === undefined) throw new RangeError("the corpus has no such sentence");
  return { lang: sentence.lang, role: "watch", same_text_hash: sentence.hash, seconds_to_ack: secondsToAck };
}
