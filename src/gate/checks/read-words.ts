/** What is read after a word of the gate's own: marks, numbers of segments, ids of weaknesses (SPEC 14.4). */
import { TLP } from "#parley/protocols/envelope.ts";
import { judgeSensor } from "./read-network.ts";
import { notePhone } from "./read-personal.ts";
import { readBearer, readBegin, readSecret } from "./read-secrets.ts";
import type { Scan } from "./scan.ts";

/** Digits of a number after a word such as `tel`. */
const NAMED_PHONE_DIGITS = 7;

export function readKeyword(scan: Scan, reader: string, at: number, length: number): void {
  const end = at + length;
  switch (reader) {
    case "tlp":
      return readTlp(scan, at, end);
    case "vlan":
      return readVlan(scan, at, end);
    case "secret":
      return readSecret(scan, end);
    case "bearer":
      return readBearer(scan, end);
    case "phone":
      return readPhone(scan, end);
    case "begin":
      return readBegin(scan, end);
    case "weakness_id":
      return readWeakness(scan, at);
    case "mail_client":
      return readMailHeader(scan, at, end);
    case "sensor":
      return judgeSensor(scan, at, length);
    default:
      throw new TypeError("a keyword without a reader");
  }
}

/** How strong a mark is: `RED` is 0. */
export function tlpRank(mark: string): number {
  const found = TLP.findIndex((one) => one === mark);
  return mark === "WHITE" ? TLP.length - 1 : found;
}

function readTlp(scan: Scan, at: number, end: number): void {
  const found = /^[ :_-]{0,3}(red|amber[ +_-]{0,2}strict|amber|green|clear|white)(?![a-z])/.exec(
    scan.folded.slice(end, end + 24),
  );
  if (found === null) return;
  const mark = found[1]?.replace(/^amber.+$/, "amber+strict").toUpperCase() ?? "";
  if (tlpRank(mark) >= scan.notes.tlpRank) return;
  scan.notes.add(mark === "RED" ? "tlp-red-mark" : "tlp-mark", at, end - at + found[0].length);
}

function readVlan(scan: Scan, at: number, end: number): void {
  const found =
    /^(?: tag)?[ :=#_-]{0,3}(?:id|tag|number|no)?[ :=#_.-]{0,3}([0-9]{1,4})(?![0-9]|[.][0-9])/.exec(
      scan.folded.slice(end, end + 24),
    );
  const number = Number(found?.[1] ?? 0);
  if (found !== null && number > 0 && number < 4_095) scan.notes.add("vlan", at, end - at + found[0].length);
}

function readPhone(scan: Scan, end: number): void {
  const gap = /^[ .:#/=-]{1,4}(?=[+(]?[0-9])/.exec(scan.text.slice(end, end + 8))?.[0];
  if (gap !== undefined) notePhone(scan, end + gap.length, NAMED_PHONE_DIGITS);
}

function readWeakness(scan: Scan, at: number): void {
  const found = /^cve[\u2010-\u2013 _-]?([0-9]{4})[\u2010-\u2013 _-]?([0-9]{4,19})/.exec(
    scan.folded.slice(at, at + 32),
  );
  if (found !== null && scan.rules.openWeaknesses.has(`CVE-${found[1]}-${found[2]}`))
    scan.notes.add("weakness-listed", at, found[0].length);
}

/** A header that tells the sender's own machine; it stands at the beginning of a line. */
function readMailHeader(scan: Scan, at: number, end: number): void {
  const before = at === 0 ? "\n" : scan.text[at - 1];
  if (before === "\n" && /^[ \t]*:[ \t]*\S/.test(scan.text.slice(end, end + 16)))
    scan.notes.add("mail-client", at, end - at);
}
