/**
 * The number and the words that people read aloud (SPEC 8.1.3): `P/A>B/2026/000123/REQ/F` and five words.
 *
 * Pure: the digest is passed in. The number is for people and decides nothing; what names a message is its id, and
 * the words are of the whole message, so that two callers know that they speak of the same bytes.
 */
import { wordlist } from "@scure/bip39/wordlists/english.js";
import type { Envelope, Precedence } from "./envelope.ts";

export const CHECK_WORDS = 5;
const WORD_BITS = 11n;
const DIGEST_BITS = 256n;
const SERIAL_DIGITS = 6;

const PRECEDENCE_LETTERS: Readonly<Record<Precedence, string>> = {
  flash: "F",
  immediate: "I",
  priority: "P",
  routine: "R",
};

/** First segments of a type; a new protocol without a row shows the first three letters of its name. */
const TYPE_LETTERS: ReadonlyMap<string, string> = new Map([
  ["notice", "NOT"],
  ["request", "REQ"],
  ["dispute", "DIS"],
  ["comms_check", "CHK"],
  ["channel", "CHN"],
  ["directory", "DIR"],
  ["ack", "ACK"],
  ["sys", "SYS"],
  ["precedence", "PRE"],
  ["timer", "TIM"],
  ["reveal", "REV"],
  ["erase", "ERA"],
  ["close", "CLO"],
  ["retract", "RET"],
]);

export interface Correspondents {
  /** Handles of the author and of the receiver. */
  readonly from: string;
  readonly to: string;
  /** Text form of the entry's `time`. */
  readonly time: string;
}

/** SPEC 8.1.3.1. */
export function serialText(
  message: Pick<Envelope, "type" | "serial" | "precedence">,
  { from, to, time }: Correspondents,
): string {
  const name = message.type.split(".")[0] ?? "";
  const letters = TYPE_LETTERS.get(name) ?? name.slice(0, 3).toUpperCase();
  const number = String(message.serial).padStart(SERIAL_DIGITS, "0");
  return `P/${from}>${to}/${time.slice(0, 4)}/${number}/${letters}/${PRECEDENCE_LETTERS[message.precedence]}`;
}

/** SPEC 8.1.3.2: the first 55 bits of SHA-256 of the message's bytes, 11 to a word, most significant first. */
export function checkPhrase(message: Uint8Array, sha256: (bytes: Uint8Array) => Uint8Array): string {
  let value = 0n;
  for (const byte of sha256(message)) value = (value << 8n) | BigInt(byte);
  const words = Array.from({ length: CHECK_WORDS }, (_, index) => {
    const shift = DIGEST_BITS - WORD_BITS * BigInt(index + 1);
    return wordlist[Number((value >> shift) & 2047n)] ?? "";
  });
  return words.join(" ");
}
