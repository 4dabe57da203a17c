/** JPEG without what is not picture: application segments and comments go, the picture's own bytes stay as they are. */
import { stop } from "./work.ts";

/** JFIF (density) and Adobe (how colours are to be read). */
const KEPT = new Set([0xe0, 0xee]);
const START_OF_SCAN = 0xda;

export function withoutJpegMetadata(jpeg: Uint8Array): {
  readonly bytes: Uint8Array;
  readonly removed: readonly Uint8Array[];
} {
  const view = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length);
  if (view.length < 4 || view.readUInt16BE(0) !== 0xffd8) stop("redaction-malformed", { what: "jpeg" });
  const kept: Uint8Array[] = [view.subarray(0, 2)];
  const removed: Uint8Array[] = [];
  let at = 2;
  while (at + 4 <= view.length && view[at] === 0xff && view[at + 1] !== START_OF_SCAN) {
    const marker = view[at + 1] ?? 0;
    const end = at + 2 + view.readUInt16BE(at + 2);
    if (end > view.length) stop("redaction-malformed", { what: "jpeg" });
    const isApplication = marker >= 0xe0 && marker <= 0xef;
    const isMetadata = (isApplication && !KEPT.has(marker)) || marker === 0xfe;
    (isMetadata ? removed : kept).push(view.subarray(at, end));
    at = end;
  }
  const last = view.lastIndexOf(Buffer.of(0xff, 0xd9));
  const end = last < at ? view.length : last + 2;
  kept.push(view.subarray(at, end));
  if (end < view.length) removed.push(view.subarray(end));
  return removed.length === 0 ? { bytes: jpeg, removed } : { bytes: Buffer.concat(kept), removed };
}
