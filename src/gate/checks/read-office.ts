/**
 * Documents that are ZIP archives of XML (SPEC 14.6.4): Word, Excel, PowerPoint, OpenDocument. Who wrote them,
 * what they still hold of earlier states, and the text as a reader sees it: runs joined, paragraphs apart.
 */
import type { Notes } from "./notes.ts";
import { readText } from "./spellings.ts";
import { readZip } from "./read-zip.ts";
import type { FileReading } from "./unpacking.ts";

/** Names that programs put where an author stands. */
const NOBODY =
  /^(?:|unknown|user|author|admin|python-docx|openpyxl|libreoffice|microsoft office user|apache poi)$/i;

export function* readOffice(file: FileReading): Generator<void> {
  const notes = file.unpacking.notesOf(file.inner);
  yield* readZip(file, function* (name, bytes, inner) {
    if (/\.(?:xml|rels)$/i.test(name)) readPart(name, Buffer.from(bytes).toString("utf8"), file, notes);
    else if (/vbaProject\.bin$/i.test(name)) notes.add("unreadable", 0, 0);
    else if (!/^(?:mimetype|Thumbnails\/)/.test(name)) yield* file.readInner(bytes, inner, file.nesting + 1);
  });
}

function readPart(name: string, xml: string, { unpacking }: FileReading, notes: Notes): void {
  if (/(?:^docProps\/|^meta\.xml$)/.test(name)) noteAuthors(xml, notes, unpacking.rules.publicTexts);
  if (hidesContent(name, xml)) notes.add("hidden-content", 0, 0);
  readText(xmlToText(xml), unpacking.rules, notes);
}

/** Tags whose content is a person or an organisation. */
const AUTHOR_TAGS = [
  "dc:creator",
  "cp:lastModifiedBy",
  "Manager",
  "Company",
  "meta:initial-creator",
  "meta:printed-by",
  "pdf:Author",
  "xmp:Author",
] as const;

/** Also for XMP of images and PDF. */
export function noteAuthors(xml: string, notes: Notes, publicTexts: ReadonlySet<string>): void {
  for (const tag of AUTHOR_TAGS) {
    const at = xml.indexOf(`<${tag}`);
    if (at === -1) continue;
    const start = xml.indexOf(">", at) + 1;
    const end = xml.indexOf(`</${tag}>`, start);
    if (start === 0 || end === -1) continue;
    const value = stripTags(xml.slice(start, Math.min(end, start + 2_048)), "").trim();
    if (!NOBODY.test(value) && !publicTexts.has(value.toLowerCase())) notes.add("author", start, end - start);
  }
}

function hidesContent(name: string, xml: string): boolean {
  if (/\/comments[0-9]*\.xml$|\/notesSlides\//.test(name)) return stripTags(xml, "").trim() !== "";
  const signs = [
    "<w:ins ",
    "<w:del ",
    "<w:vanish/>",
    'state="hidden"',
    'state="veryHidden"',
    "<text:tracked-changes",
    "<office:annotation",
  ];
  return signs.some((sign) => xml.includes(sign));
}

/** Ends of what stands on a line of its own. */
const LINE_ENDS =
  /<(?:\/(?:w:p|a:p|text:p|text:h|si|row|c|table:table-cell|li|tr)|w:br\b[^>]*|w:tab\b[^>]*)\/?>/g;

/** What a reader sees, and the values of attributes that can hold a text (authors, targets, paths). */
export function xmlToText(xml: string): string {
  const attributes = [
    ...xml.matchAll(
      / (?:w:author|r:id|Target|xlink:href|name|dc:creator|w:val|descr|title)="([^"]{3,512})"/g,
    ),
  ];
  const text = stripTags(xml.replace(LINE_ENDS, "\n"), "");
  return unescapeXml(`${text}\n${attributes.map(([, value = ""]) => value).join("\n")}`);
}

/** Without tags, in one pass; an open `<` without an end is text. */
export function stripTags(xml: string, gap: string): string {
  const out: string[] = [];
  let at = 0;
  for (;;) {
    const open = xml.indexOf("<", at);
    const close = open === -1 ? -1 : xml.indexOf(">", open);
    if (close === -1) break;
    out.push(xml.slice(at, open), gap);
    at = close + 1;
  }
  out.push(xml.slice(at));
  return out.join("");
}

function unescapeXml(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
