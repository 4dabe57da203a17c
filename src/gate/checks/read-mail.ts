/**
 * Mail (SPEC 14.6.8): headers as text, each part decoded and read as a file of its own.
 *
 * Boundaries are followed by hand and to a depth: a mail that nests further is not read to its end, and says so.
 */
import { readText } from "./spellings.ts";
import { innerOf, latin1, type FileReading } from "./unpacking.ts";

const HEADERS_LIMIT = 256 * 1024;

/** Whether a text begins as a mail does: header lines, and at least two that a mail has. */
export function isMail(head: string): boolean {
  if (!/^(?:From |[A-Za-z][A-Za-z0-9-]{1,60}:)/.test(head)) return false;
  const names = head
    .slice(0, 16_384)
    .match(/^(?:received|from|to|subject|date|message-id|mime-version|return-path|dkim-signature):/gim);
  return new Set((names ?? []).map((name) => name.toLowerCase())).size >= 3;
}

interface Part {
  readonly headers: string;
  readonly from: number;
  readonly to: number;
}

export function* readMail(file: FileReading): Generator<void> {
  const { bytes, unpacking } = file;
  const notes = unpacking.notesOf(file.inner);
  const text = latin1(bytes);
  const { headers, from } = splitHeaders(text, 0, text.length);
  if (/^(?:user-agent|x-mailer|x-originating-ip):[ \t]*\S/im.test(headers))
    notes.add("mail-client", 0, headers.length);
  readText(decodeWords(headers), unpacking.rules, notes);
  const open: Part[] = [{ headers, from, to: text.length }];
  let number = 0;
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (!unpacking.takePart()) {
      notes.add("too-large", part.from, 0);
      return;
    }
    const boundary = /boundary="?([^"\r\n;]{1,200})/i.exec(part.headers)?.[1]?.trim();
    const isMany = /^content-type:\s*multipart\//im.test(part.headers);
    if (isMany && boundary !== undefined) open.push(...partsOf(text, part, boundary));
    else {
      if (part.from !== from) readText(decodeWords(part.headers), unpacking.rules, notes);
      yield* file.readInner(
        decodeBody(text.slice(part.from, part.to), part.headers),
        innerOf(file, ++number),
        file.nesting + 1,
      );
    }
    yield;
  }
}

function splitHeaders(text: string, from: number, to: number): Part {
  const end = /\r?\n\r?\n/.exec(text.slice(from, Math.min(to, from + HEADERS_LIMIT)));
  const at = end === null ? to : from + end.index;
  return {
    headers: text.slice(from, at).replace(/\r?\n[ \t]+/g, " "),
    from: at + (end?.[0].length ?? 0),
    to,
  };
}

function partsOf(text: string, { from, to }: Part, boundary: string): readonly Part[] {
  const mark = `--${boundary}`;
  const parts: Part[] = [];
  for (let at = text.indexOf(mark, from); at !== -1 && at < to;) {
    const next = text.indexOf(mark, at + mark.length);
    const end = next === -1 || next > to ? to : next;
    const start = text.indexOf("\n", at) + 1;
    if (start > 0 && start < end && !text.startsWith("--", at + mark.length))
      parts.push(splitHeaders(text, start, end));
    at = next;
  }
  return parts.reverse();
}

function decodeBody(body: string, headers: string): Uint8Array {
  const encoding = /^content-transfer-encoding:\s*([a-z0-9-]+)/im.exec(headers)?.[1]?.toLowerCase();
  if (encoding === "base64") return Buffer.from(body.replace(/[^A-Za-z0-9+/]/g, ""), "base64");
  if (encoding === "quoted-printable") return Buffer.from(decodeQuoted(body), "latin1");
  return Buffer.from(body, "latin1");
}

function decodeQuoted(text: string): string {
  return text
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** RFC 2047: `=?utf-8?Q?…?=` in a header. */
function decodeWords(headers: string): string {
  const utf8 = Buffer.from(headers, "latin1").toString("utf8");
  return utf8.replace(/=\?[\w-]{2,20}\?([bq])\?([^?\s]{0,400})\?=/gi, (_, kind: string, text: string) =>
    kind.toLowerCase() === "b"
      ? Buffer.from(text, "base64").toString("utf8")
      : Buffer.from(decodeQuoted(text.replaceAll("_", " ")), "latin1").toString("utf8"),
  );
}
