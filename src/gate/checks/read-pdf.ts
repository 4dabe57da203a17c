/**
 * PDF (SPEC 14.6.6): who wrote it, the strings of its objects, the text that its pages show where their fonts
 * spell it in a plain code, pictures and files inside.
 *
 * Every stream of the file is read, also those that a later version of the page no longer uses. A document whose
 * fonts number their own glyphs, or that is encrypted, cannot be read by rule, and says so.
 */
import { readXmp } from "./read-image.ts";
import { readText } from "./spellings.ts";
import { innerOf, latin1, type FileReading } from "./unpacking.ts";

const NOBODY = /^(?:|unknown|anonymous|user)$/i;

export function* readPdf(file: FileReading): Generator<void> {
  const { bytes, unpacking } = file;
  const notes = unpacking.notesOf(file.inner);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const outside: string[] = [];
  let at = 0;
  for (let number = 1; ; number++) {
    const start = buffer.indexOf("stream", at, "latin1");
    const end = start === -1 ? -1 : buffer.indexOf("endstream", start, "latin1");
    if (end === -1) break;
    outside.push(latin1(bytes, at, start));
    if (!unpacking.takePart()) {
      notes.add("too-large", start, 6);
      break;
    }
    const from = start + (bytes[start + 6] === 13 ? 8 : 7);
    const dictionary = latin1(bytes, Math.max(at, start - 1_024), start);
    yield* readStream(
      file,
      dictionary.slice(dictionary.lastIndexOf(" obj")),
      bytes.subarray(from, end),
      number,
    );
    at = end + 9;
    yield;
  }
  outside.push(latin1(bytes, at));
  const objects = outside.join("\n");
  if (objects.includes("/Encrypt")) notes.add("unreadable", 0, 5);
  readObjects(file, objects);
}

function* readStream(
  file: FileReading,
  dictionary: string,
  raw: Uint8Array,
  number: number,
): Generator<void> {
  const { unpacking, inner, nesting } = file;
  const notes = unpacking.notesOf(inner);
  const isPacked = /\/FlateDecode|\/Fl\b/.test(dictionary);
  const content = isPacked ? unpacking.inflate(raw, "zlib") : raw;
  if (typeof content === "string") {
    notes.add(content, 0, 5);
    return;
  }
  if (/\/Subtype\s*\/(?:Image|Type1C|CIDFontType0C|OpenType)|\/Length[123]\b/.test(dictionary)) {
    if (content[0] === 0xff && content[1] === 0xd8)
      yield* file.readInner(content, innerOf(file, number), nesting + 1);
    return;
  }
  if (dictionary.includes("/EmbeddedFile")) {
    notes.add("hidden-content", 0, 5);
    yield* file.readInner(content, innerOf(file, number), nesting + 1);
    return;
  }
  const text = latin1(content);
  if (text.includes("<x:xmpmeta") || text.includes("<rdf:RDF"))
    readXmp(file, Buffer.from(content).toString("utf8"));
  else if (dictionary.includes("/ObjStm")) readObjects(file, text);
  else if (!/\/(?:XRef|CMapName)/.test(dictionary) && !text.includes("begincmap"))
    readText(shownText(text), unpacking.rules, notes);
}

const AUTHOR = /\/(?:Author|Manager|Company)\s*(\((?:[^()\\]|\\.){0,512}\)|<[0-9A-Fa-f\s]{0,2048}>)/g;

/** Author of the document, fonts without a plain code, and every string of the objects. */
function readObjects(file: FileReading, objects: string): void {
  const { rules } = file.unpacking;
  const notes = file.unpacking.notesOf(file.inner);
  for (const found of objects.matchAll(AUTHOR)) {
    const value = shownText(found[1] ?? "").trim();
    if (!NOBODY.test(value) && !rules.publicTexts.has(value.toLowerCase()))
      notes.add("author", found.index, found[0].length);
  }
  if (/\/Identity-[HV]\b/.test(objects)) notes.add("unreadable", objects.indexOf("/Identity-"), 11);
  readText(shownText(objects), rules, notes);
}

/** Strings in the order in which they stand; operators that move to another line end one. */
function shownText(content: string): string {
  const out: string[] = [];
  for (let i = 0; i < content.length; i++) {
    const character = content[i];
    if (character === "(") {
      const end = literalEnd(content, i);
      out.push(unescapeLiteral(content.slice(i + 1, end)));
      i = end;
    } else if (character === "<" && content[i + 1] !== "<") {
      const end = content.indexOf(">", i);
      if (end === -1) break;
      out.push(hexString(content.slice(i + 1, end)));
      i = end;
    } else if (character === "T" && /[dDm*]/.test(content[i + 1] ?? "")) out.push("\n");
    else if (character === "E" && content[i + 1] === "T") out.push("\n");
    else if (character === "/" || character === "'") out.push("\n");
    else if (character === "-" && /^-[2-9][0-9]{2}/.test(content.slice(i, i + 4))) out.push(" ");
  }
  return out.join("");
}

function literalEnd(content: string, start: number): number {
  let depth = 0;
  for (let i = start; i < content.length; i++) {
    const character = content[i];
    if (character === "\\") i++;
    else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return i;
  }
  return content.length;
}

function unescapeLiteral(text: string): string {
  const plain = text.replace(/\\(?:([0-7]{1,3})|(.))/gs, (_, octal?: string, one?: string) =>
    octal === undefined
      ? one === "n" || one === "r"
        ? "\n"
        : (one ?? "")
      : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return fromPdfBytes(Buffer.from(plain, "latin1"));
}

function hexString(text: string): string {
  const digits = text.replace(/\s/g, "");
  return /^[0-9A-Fa-f]*$/.test(digits) ? fromPdfBytes(Buffer.from(digits, "hex")) : "";
}

/** A string with a byte order mark is UTF-16. */
function fromPdfBytes(bytes: Buffer): string {
  return bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0
    ? Buffer.from(bytes.subarray(2)).swap16().toString("utf16le")
    : bytes.toString("latin1");
}
