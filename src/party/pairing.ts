/** Pairing (SPEC 4.4): 132 bits of a party id as 8 groups of 5 digits, or as 12 English words. */
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { parseBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";

const BITS = 132n;
const DIGITS = 40;
const WORDS = 12;

function prefixOf(party: string): bigint {
  const id = parseBase64url(party, 32);
  if (isRefusal(id)) throw new TypeError("a party id is 32 bytes in base64url");
  let value = 0n;
  for (const byte of id) value = (value << 8n) | BigInt(byte);
  return value >> (256n - BITS);
}

/** The first 132 bits as one number in 40 decimal digits, in 8 groups of 5. */
export function partyToDigits(party: string): string {
  const digits = prefixOf(party).toString().padStart(DIGITS, "0");
  return digits.match(/.{5}/g)?.join(" ") ?? digits;
}

/** The same bits, 11 to a word of the BIP-39 English list, most significant first. */
export function partyToWords(party: string): string {
  const value = prefixOf(party);
  const words: string[] = [];
  for (let i = WORDS - 1; i >= 0; i--) words.push(wordlist[Number((value >> BigInt(11 * i)) & 2047n)] ?? "");
  return words.join(" ");
}

/** What somebody typed after hearing it: digits or words, any spacing and case. */
export function isPairingText(party: string, typed: string): boolean {
  const words = typed
    .trim()
    .toLowerCase()
    .split(/[\s-]+/)
    .join(" ");
  return (
    words === partyToWords(party) || typed.replace(/[\s-]/g, "") === partyToDigits(party).replace(/ /g, "")
  );
}
