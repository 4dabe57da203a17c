/**
 * PNG, JPEG and WebP (SPEC 13.5.8): decoded, covered, and encoded anew from the pixels alone.
 *
 * Guarantees: metadata, previews, hidden colours under transparency and whatever stood behind the end of the file
 * do not reach the copy; a box is opaque before anything is encoded. Pixels outside the boxes are kept as well as
 * the format keeps them: exactly in PNG, nearly in JPEG and WebP. It does not recognise what a picture shows.
 */
import sharp, { type Metadata, type OverlayOptions, type Sharp } from "sharp";
import type { ImagePlan } from "./plan.ts";
import { collect, stop, type Source, type Work } from "./work.ts";

export const IMAGE_SIZE_LIMIT_BYTES = 64 * 1_048_576;
/** A scan of A3 at 600 dpi has 70 million; 30,000 × 30,000 would take 2.7 GB. */
export const PIXELS_LIMIT = 100_000_000;
/** JPEG and WebP: below the step that a reader of a screenshot sees. */
const QUALITY = 92;
const COVER = { r: 0, g: 0, b: 0, alpha: 1 };
const PAPER = { r: 255, g: 255, b: 255 };

/** Every other loader of libvips stays shut, SVG, PDF and ImageMagick among them. */
const LOADERS = [
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadWebpBuffer",
] as const;

type Kind = "png" | "jpeg" | "webp";

export async function* redactImage(source: Source, plan: ImagePlan, work: Work): AsyncGenerator<Uint8Array> {
  const bytes = await collect(source, IMAGE_SIZE_LIMIT_BYTES);
  const kind = kindOf(bytes);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: [...LOADERS] });
  sharp.cache(false);
  sharp.concurrency(1);
  const metadata = await decoded(open(bytes).metadata());
  if (metadata.width * metadata.height > PIXELS_LIMIT)
    stop("redaction-limit", { what: "pixels", limit: PIXELS_LIMIT });
  if ((metadata.pages ?? 1) > 1 || isAnimatedPng(bytes, kind))
    stop("redaction-unsupported", { what: "animation" });
  stripped(metadata, work);
  const picture = open(bytes).autoOrient().flatten({ background: PAPER });
  const { data, info } = await decoded(picture.raw().toBuffer({ resolveWithObject: true }));
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const covered = await cover(data, raw, plan, work);
  yield await encode(covered, kind).toBuffer();
}

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}

async function cover(data: Buffer, raw: Raw, { boxes }: ImagePlan, work: Work): Promise<Sharp> {
  const overlays: OverlayOptions[] = [];
  for (const [index, box] of boxes.entries()) {
    const width = Math.min(box.width, raw.width - box.left);
    const height = Math.min(box.height, raw.height - box.top);
    if (width <= 0 || height <= 0) stop("redaction-no-match", { box: index });
    const { left, top } = box;
    const pixels = await sharp(data, { raw }).extract({ left, top, width, height }).png().toBuffer();
    work.leaveOut({ at: `/boxes/${index + 1}`, how: "covered", value: pixels });
    overlays.push({ input: { create: { width, height, channels: 4, background: COVER } }, left, top });
  }
  return sharp(data, { raw }).composite(overlays);
}

function open(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: "warning", limitInputPixels: PIXELS_LIMIT, sequentialRead: true });
}

function encode(picture: Sharp, kind: Kind): Sharp {
  switch (kind) {
    case "png":
      return picture.png();
    case "jpeg":
      return picture.jpeg({ quality: QUALITY, chromaSubsampling: "4:4:4" });
    case "webp":
      return picture.webp({ quality: QUALITY });
  }
}

function stripped({ exif, xmp, iptc, icc, comments }: Metadata, work: Work): void {
  const blobs = { exif, xmp, iptc, icc, comments: comments && Buffer.from(JSON.stringify(comments)) };
  for (const [name, value] of Object.entries(blobs))
    if (value !== undefined) work.leaveOut({ at: `/metadata/${name}`, how: "stripped", value });
}

function kindOf(bytes: Uint8Array): Kind {
  const text = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return "webp";
  return stop("redaction-format", { what: "image" });
}

/** libvips reads the first picture of an animated PNG and says nothing of the others. */
function isAnimatedPng(bytes: Uint8Array, kind: Kind): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536));
  return kind === "png" && head.includes("acTL");
}

/** The library's words repeat names and places of the file; the code says enough. */
async function decoded<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (fault) {
    const text = fault instanceof Error ? fault.message : "";
    if (/pixel limit/i.test(text)) return stop("redaction-limit", { what: "pixels", limit: PIXELS_LIMIT });
    if (/premature|truncat|end of|eof/i.test(text)) return stop("redaction-truncated", { what: "image" });
    return stop("redaction-malformed", { what: "image" });
  }
}
