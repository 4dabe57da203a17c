/**
 * PDF (SPEC 13.5.7): pages are copied into a new document, and nothing else.
 *
 * Guarantees: the copy holds what its pages reach and no more, so earlier versions, unused objects, document
 * information, XMP, attachments, scripts, forms, layers' switches and outlines are gone; annotations go, since they
 * carry authors and actions; metadata inside embedded JPEG pictures goes. It does not remove text from a page: what
 * is under a black bar is still there, so a page is dropped whole, or sent as a picture.
 */
import {
  decodePDFRawStream,
  PDFDict,
  PDFDocument,
  PDFArray,
  PDFHexString,
  PDFName,
  PDFRawStream,
  PDFRef,
  PDFStream,
  PDFString,
  type PDFObject,
} from "@cantoo/pdf-lib";
import { withoutJpegMetadata } from "./jpeg-segments.ts";
import type { PdfPlan } from "./plan.ts";
import { collect, RedactionStop, refuseLeak, stop, type Source, type Work } from "./work.ts";

export const PDF_SIZE_LIMIT_BYTES = 64 * 1_048_576;
const PAGES_LIMIT = 10_000;
/** Where a reader looks for the end of a document. */
const END_WINDOW_BYTES = 1_024;

/** Of any dictionary that a page reaches: what is not for showing the page. */
const STRIPPED = [
  "Metadata",
  "PieceInfo",
  "AA",
  "A",
  "AF",
  "OpenAction",
  "JS",
  "JavaScript",
  "EmbeddedFiles",
  "EF",
  "Annots",
  "StructParents",
  "StructParent",
  "Thumb",
  "LastModified",
  "B",
].map((name) => PDFName.of(name));

export async function* redactPdf(source: Source, plan: PdfPlan, work: Work): AsyncGenerator<Uint8Array> {
  const bytes = await collect(source, PDF_SIZE_LIMIT_BYTES);
  checkFrame(bytes);
  const original = await parse(bytes);
  const hidden = stripDocument(original, work);
  const kept = keptPages(original, plan, work);
  const copy = await PDFDocument.create({ updateMetadata: false });
  try {
    for (const page of await copy.copyPages(original, [...kept])) copy.addPage(page);
  } catch {
    stop("redaction-malformed", { what: "pdf" });
  }
  stripReached(copy, work);
  delete copy.context.trailerInfo.Info;
  const written = await copy.save({
    useObjectStreams: false,
    addDefaultPage: false,
    updateFieldAppearances: false,
  });
  refuseLeak(written, hidden);
  yield written;
}

/** A document begins where the file begins; behind a foreign beginning it would be two things at once. */
function checkFrame(bytes: Uint8Array): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.subarray(0, 5).toString("latin1") !== "%PDF-") stop("redaction-format", { what: "pdf" });
  if (!view.subarray(-END_WINDOW_BYTES).includes("%%EOF")) stop("redaction-truncated", { what: "pdf" });
}

async function parse(bytes: Uint8Array): Promise<PDFDocument> {
  try {
    const document = await PDFDocument.load(bytes, {
      updateMetadata: false,
      throwOnInvalidObject: true,
      ignoreEncryption: true,
    });
    if (document.isEncrypted) stop("redaction-encrypted");
    if (document.getPageCount() > PAGES_LIMIT) stop("redaction-limit", { what: "pages", limit: PAGES_LIMIT });
    return document;
  } catch (fault) {
    if (fault instanceof RedactionStop) throw fault;
    // The library tries to decrypt before it says that it cannot.
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("/Encrypt"))
      stop("redaction-encrypted");
    return stop("redaction-malformed", { what: "pdf" });
  }
}

/** Pieces of the document itself; answers texts that must not stand in the copy. */
function stripDocument(document: PDFDocument, work: Work): readonly Uint8Array[] {
  const { context, catalog } = document;
  const hidden: Uint8Array[] = [];
  const info = context.lookupMaybe(context.trailerInfo.Info, PDFDict);
  for (const [name, object] of info?.entries() ?? []) {
    const value = context.lookup(object);
    if (!(value instanceof PDFString) && !(value instanceof PDFHexString)) continue;
    const text = Buffer.from(value.decodeText(), "utf8");
    work.leaveOut({ at: `/info/${name.decodeText()}`, how: "stripped", value: text });
    hidden.push(text);
  }
  for (const [name, object] of catalog.entries()) {
    const key = name.decodeText();
    if (key === "Type" || key === "Pages") continue;
    work.leaveOut({ at: `/catalog/${key}`, how: "stripped", value: contentOf(document, object) });
  }
  for (const [ref, object] of context.enumerateIndirectObjects()) {
    const type = object instanceof PDFStream ? object.dict.get(PDFName.of("Type")) : undefined;
    if (type !== PDFName.of("EmbeddedFile") && type !== PDFName.of("Metadata")) continue;
    const at = `/objects/${ref.objectNumber}`;
    work.leaveOut({ at, how: "stripped", value: contentOf(document, object) });
  }
  return hidden;
}

function keptPages(document: PDFDocument, { rules }: PdfPlan, work: Work): readonly number[] {
  const kept: number[] = [];
  for (const [index, page] of document.getPages().entries()) {
    const hits = rules.flatMap(({ pages: [from, to] }, rule) =>
      index + 1 >= from && index + 1 <= to ? [rule] : [],
    );
    for (const rule of hits) work.match(rule);
    if (hits.length === 0) kept.push(index);
    else
      work.leaveOut({
        at: `/pages/${index + 1}`,
        how: "dropped",
        value: contentOf(document, page.node.Contents() ?? page.node),
      });
  }
  if (kept.length === 0) stop("redaction-plan", { what: "every-page" });
  return kept;
}

/** Decoded where it is a stream that this version decodes, else as written. */
function contentOf(document: PDFDocument, object: PDFObject): Uint8Array {
  const found = object instanceof PDFRef ? document.context.lookup(object) : object;
  if (found instanceof PDFArray) return Buffer.concat(found.asArray().map((one) => contentOf(document, one)));
  if (!(found instanceof PDFRawStream)) return Buffer.from(String(found ?? ""), "latin1");
  try {
    return decodePDFRawStream(found).decode();
  } catch {
    return found.contents;
  }
}

function stripReached({ context }: PDFDocument, work: Work): void {
  for (const [ref, object] of context.enumerateIndirectObjects()) {
    stripObject(object);
    if (!(object instanceof PDFRawStream)) continue;
    if (!isJpeg(object.dict.get(PDFName.of("Filter")))) continue;
    const { bytes, removed } = withoutJpegMetadata(object.contents);
    if (removed.length === 0) continue;
    for (const segment of removed) work.leaveOut({ at: "/pictures", how: "stripped", value: segment });
    context.assign(ref, PDFRawStream.of(object.dict, bytes));
  }
}

/** One filter, alone or in a list. */
function isJpeg(filter: PDFObject | undefined): boolean {
  const one = filter instanceof PDFArray && filter.size() === 1 ? filter.get(0) : filter;
  return one === PDFName.of("DCTDecode");
}

function stripObject(object: PDFObject): void {
  const dictionary = object instanceof PDFStream ? object.dict : object;
  if (dictionary instanceof PDFArray) dictionary.asArray().forEach(stripObject);
  if (!(dictionary instanceof PDFDict)) return;
  for (const name of STRIPPED) dictionary.delete(name);
  for (const [, value] of dictionary.entries()) if (!(value instanceof PDFRef)) stripObject(value);
}
