/**
 * E-mail by header, part and literal (SPEC 13.5.5). What is left out leaves a mark, so the copy stays a valid
 * message.
 *
 * Guarantees: headers and parts that no rule touches stay byte for byte; a literal is found in base64,
 * quoted-printable and encoded words too; the copy is read again by another parser, and refused if it shows what
 * was left out. Preamble and epilogue, which no reader shows, go. Signatures over the message no longer verify,
 * and say so.
 */
import PostalMime, { decodeWords } from "postal-mime";
import { latin1, latin1ToBytes, literal } from "./lines.ts";
import { leavesOf, partsOf, readMime, unfold, type Field, type Part } from "./mime.ts";
import type { MailPlan } from "./plan.ts";
import { collect, refuseLeak, stop, type Source, type Work } from "./work.ts";

/** Twice what mail servers let pass. */
export const MAIL_SIZE_LIMIT_BYTES = 64 * 1_048_576;
export const MAIL_MASK = "[withheld]";
/** How a message is put together: without them it is another message. */
const STRUCTURAL = new Set(["content-type", "content-transfer-encoding", "mime-version"]);

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Sheet {
  readonly text: string;
  readonly newline: string;
  readonly work: Work;
  readonly edits: Edit[];
  readonly hidden: Uint8Array[];
}

export async function* redactMail(source: Source, plan: MailPlan, work: Work): AsyncGenerator<Uint8Array> {
  const bytes = await collect(source, MAIL_SIZE_LIMIT_BYTES);
  if (bytes.includes(0)) stop("redaction-format", { what: "zero-byte" });
  const text = latin1(bytes);
  const root = readMime(text);
  const newline = text.slice(0, root.bodyStart).includes("\r\n") ? "\r\n" : "\n";
  const sheet: Sheet = { text, newline, work, edits: [], hidden: [] };
  const gone = droppedParts(root, plan, sheet);
  const literals = plan.rules.flatMap((rule, index) =>
    "literal" in rule
      ? [{ index, text: literal(rule.literal), remain: rule.may_remain === true, said: rule.literal }]
      : [],
  );
  for (const one of literals) if (MAIL_MASK.includes(one.text)) stop("redaction-plan", { rule: one.index });
  let number = 0;
  const numbers = new Map(leavesOf(root).map((leaf) => [leaf, ++number]));
  for (const part of partsOf(root)) {
    if ([...gone].some((one) => part.start >= one.start && part.end <= one.end && part !== root)) continue;
    const owner = `/parts/${numbers.get(part) ?? 0}`;
    for (const field of part.fields) redactField(field, part === root ? "" : owner, plan, literals, sheet);
    if (part.parts.length > 0) dropUnshown(part, sheet);
    else if (!gone.has(part)) redactBody(part, owner, literals, sheet);
  }
  const copy = latin1ToBytes(apply(text, sheet.edits));
  await checkCopy(copy, sheet.hidden, literals);
  yield copy;
}

interface LiteralRule {
  readonly index: number;
  /** UTF-8 bytes, one character each. */
  readonly text: string;
  readonly said: string;
  readonly remain: boolean;
}

/** A dropped part keeps its place: the message stays valid, and its reader sees that something was there. */
function droppedParts(root: Part, { rules }: MailPlan, sheet: Sheet): ReadonlySet<Part> {
  const leaves = leavesOf(root);
  const gone = new Set<Part>();
  for (const [index, rule] of rules.entries()) {
    const leaf = "part" in rule ? leaves[rule.part - 1] : undefined;
    if (leaf === undefined || !("part" in rule)) continue;
    sheet.work.match(index);
    if (gone.has(leaf)) continue;
    gone.add(leaf);
    const { text, newline, work, edits, hidden } = sheet;
    const from = leaf === root ? leaf.bodyStart : leaf.start;
    const raw = text.slice(from, leaf.end);
    work.leaveOut({ at: `/parts/${rule.part}`, how: "dropped", value: latin1ToBytes(raw) });
    if (rule.may_remain !== true) hidden.push(latin1ToBytes(decodeBody(leaf, text).trim()));
    const note = `Content-Type: text/plain; charset=us-ascii${newline}${newline}${MAIL_MASK}`;
    edits.push({ start: from, end: leaf.end, text: leaf === root ? `${MAIL_MASK}${newline}` : note });
    if (leaf === root) edits.push(...withoutContentFields(root));
  }
  return gone;
}

/** The whole message was one part: how its body was encoded goes with it. */
function withoutContentFields({ fields }: Part): readonly Edit[] {
  return fields
    .filter(({ name }) => name.startsWith("content-"))
    .map(({ start, end }) => ({ start, end, text: "" }));
}

function redactField(
  field: Field,
  owner: string,
  { rules }: MailPlan,
  literals: readonly LiteralRule[],
  { text, newline, work, edits, hidden }: Sheet,
): void {
  // Headers of a dropped whole are cut above; one edit for each place.
  if (edits.some(({ start, end }) => field.start >= start && field.end <= end)) return;
  const raw = text.slice(field.start, field.end);
  const value = unfold(text.slice(field.valueStart, field.end));
  const at = `${owner}/headers/${field.name}`;
  const named = rules.findIndex((rule) => "header" in rule && rule.header.toLowerCase() === field.name);
  const rule = rules[named];
  if (rule !== undefined) {
    if (STRUCTURAL.has(field.name)) stop("redaction-plan", { rule: named });
    work.match(named);
    work.leaveOut({ at, how: rule.how === "drop" ? "dropped" : "masked", value: latin1ToBytes(raw) });
    if (rule.may_remain !== true) hidden.push(latin1ToBytes(value), Buffer.from(decodeWords(value), "utf8"));
    const masked = `${text.slice(field.start, field.valueStart)} ${MAIL_MASK}${newline}`;
    edits.push({ start: field.start, end: field.end, text: rule.how === "drop" ? "" : masked });
    return;
  }
  const decoded = literal(decodeWords(Buffer.from(value, "latin1").toString("utf8")));
  const found = literals.filter((one) => value.includes(one.text) || decoded.includes(one.text));
  if (found.length === 0) return;
  if (STRUCTURAL.has(field.name)) stop("redaction-unsupported", { what: "structural-header" });
  for (const { index } of found) work.match(index);
  work.leaveOut({ at, how: "masked", value: latin1ToBytes(raw) });
  const plain = found.every((one) => value.includes(one.text)) && decoded === value;
  const put = plain ? found.reduce((all, one) => all.replaceAll(one.text, MAIL_MASK), value) : MAIL_MASK;
  edits.push({
    start: field.start,
    end: field.end,
    text: `${text.slice(field.start, field.valueStart)} ${put}${newline}`,
  });
}

function dropUnshown(part: Part, { text, work, edits, newline }: Sheet): void {
  const [first, last] = [part.parts[0], part.parts.at(-1)];
  if (first === undefined || last === undefined || !part.type.startsWith("multipart/")) return;
  const delimiter = text.lastIndexOf("\n", first.start - 2) + 1;
  const preamble = text.slice(part.bodyStart, Math.max(part.bodyStart, delimiter));
  const closing = text.indexOf("\n", last.end + 2);
  const afterClosing = closing < 0 || closing >= part.end ? part.end : closing + 1;
  const epilogue = text.slice(afterClosing, part.end);
  if (preamble.trim() !== "") {
    work.leaveOut({ at: "/preamble", how: "stripped", value: latin1ToBytes(preamble) });
    edits.push({ start: part.bodyStart, end: part.bodyStart + preamble.length, text: "" });
  }
  if (epilogue.trim() === "") return;
  work.leaveOut({ at: "/epilogue", how: "stripped", value: latin1ToBytes(epilogue) });
  edits.push({ start: afterClosing, end: part.end, text: text.charAt(part.end - 1) === "\n" ? newline : "" });
}

function redactBody(part: Part, at: string, literals: readonly LiteralRule[], sheet: Sheet): void {
  const { text, newline, work, edits } = sheet;
  const decoded = decodeBody(part, text);
  const found = literals.filter((one) => decoded.includes(one.text));
  if (found.length === 0) return;
  if (!part.type.startsWith("text/")) stop("redaction-unsupported", { what: "literal-in-attachment" });
  for (const { index } of found) work.match(index);
  work.leaveOut({ at, how: "masked", value: latin1ToBytes(text.slice(part.bodyStart, part.end)) });
  const put = found.reduce((all, one) => all.replaceAll(one.text, MAIL_MASK), decoded);
  edits.push({ start: part.bodyStart, end: part.end, text: encodeBody(put, part.encoding, newline) });
}

function decodeBody({ encoding, bodyStart, end }: Part, text: string): string {
  const raw = text.slice(bodyStart, end);
  switch (encoding) {
    case "base64":
      return Buffer.from(raw, "base64").toString("latin1");
    case "quoted-printable":
      return raw
        .replace(/[ \t]+(?=\r?\n|$)/g, "")
        .replace(/=\r?\n/g, "")
        .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    case "7bit":
    case "8bit":
    case "binary":
      return raw;
    default:
      return stop("redaction-unsupported", { what: "transfer-encoding" });
  }
}

function encodeBody(body: string, encoding: string, newline: string): string {
  if (encoding === "base64") return (latin1Base64(body).match(/.{1,76}/g) ?? []).join(newline);
  if (encoding !== "quoted-printable") return body;
  return body
    .split(/\r?\n/)
    .map((line) => wrapQuoted(line, newline))
    .join(newline);
}

function latin1Base64(text: string): string {
  return Buffer.from(text, "latin1").toString("base64");
}

/** RFC 2045, 6.7: at most 76 characters to a line, and no blank at its end. */
function wrapQuoted(line: string, newline: string): string {
  const tokens = Array.from(line, (character, index) => {
    const code = character.charCodeAt(0);
    const last = index === line.length - 1;
    const plain = (code >= 33 && code <= 126 && code !== 61) || ((code === 32 || code === 9) && !last);
    return plain ? character : `=${code.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  let [wrapped, width] = ["", 0];
  for (const token of tokens) {
    if (width + token.length > 75) {
      wrapped += `=${newline}`;
      width = 0;
    }
    wrapped += token;
    width += token.length;
  }
  return wrapped;
}

function apply(text: string, edits: readonly Edit[]): string {
  let [copy, at] = ["", 0];
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) continue;
    copy += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return copy + text.slice(at);
}

/** SPEC 13.4.8: as another parser reads the copy. */
async function checkCopy(
  copy: Uint8Array,
  hidden: readonly Uint8Array[],
  literals: readonly LiteralRule[],
): Promise<void> {
  const strict = literals.filter(({ remain }) => !remain);
  const values = [...hidden, ...strict.map(({ said }) => Buffer.from(said, "utf8"))];
  refuseLeak(copy, values);
  const read = await PostalMime.parse(copy, { forceRfc822Attachments: false }).catch(() =>
    stop("redaction-malformed", { what: "mail" }),
  );
  const texts = [
    read.text ?? "",
    read.html ?? "",
    plainOf(read.html ?? ""),
    ...read.headers.map(({ value }) => decodeWords(value)),
    ...read.attachments.map(({ filename }) => filename ?? ""),
  ];
  refuseLeak(Buffer.from(texts.join("\n"), "utf8"), values);
  for (const { content } of read.attachments)
    refuseLeak(typeof content === "string" ? Buffer.from(content) : new Uint8Array(content), values);
}

/** What an HTML part says to a person: without marks, characters instead of numbers. */
function plainOf(html: string): string {
  const character = (digits: string, base: number): string => {
    const code = Number.parseInt(digits, base);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
  };
  return html
    .replace(/<[^>]*>/g, "")
    .replace(/&#x([0-9a-f]{1,6});?/gi, (_, hex: string) => character(hex, 16))
    .replace(/&#([0-9]{1,7});?/g, (_, digits: string) => character(digits, 10))
    .replace(/&commat;/g, "@")
    .replace(/&period;/g, ".")
    .replace(/&amp;/g, "&");
}
