/**
 * Exif, as JPEG, PNG, WebP and TIFF carry it (SPEC 14.6.5): where a picture was taken, by whom, with which device;
 * and a small copy of what the picture showed before it was cut.
 *
 * A directory is read at most once, so a loop of directories ends.
 */
import type { RuleName } from "./rule-list.ts";
import type { Notes } from "./notes.ts";
import { latin1, view } from "./unpacking.ts";

const TAG_RULES: Readonly<Record<number, RuleName>> = {
  0x013b: "author",
  0x9c9d: "author",
  0xa430: "author",
  0x010f: "device",
  0x0110: "device",
  0x013c: "device",
  0x927c: "device",
  0xa431: "device",
  0xa434: "device",
  0xa435: "device",
  0xc62f: "device",
  0x0201: "hidden-content",
};
const EXIF_IFD = 0x8769;
const GPS_IFD = 0x8825;
const ENTRIES_LIMIT = 512;
const SIZES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/** `bytes` begins with the TIFF header. Gives the texts of the tags, to be read as texts. */
export function readExif(bytes: Uint8Array, notes: Notes): string {
  if (bytes.length < 8) return "";
  const isLittle = bytes[0] === 0x49;
  const data = view(bytes);
  const seen = new Set<number>();
  const texts: string[] = [];
  const open = [{ at: data.getUint32(4, isLittle), isGps: false, isMain: true }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, isGps, isMain } = next;
    if (seen.has(at) || at + 2 > bytes.length) continue;
    seen.add(at);
    const count = Math.min(data.getUint16(at, isLittle), ENTRIES_LIMIT);
    for (let i = 0; i < count; i++) {
      const entry = at + 2 + i * 12;
      if (entry + 12 > bytes.length) break;
      const tag = data.getUint16(entry, isLittle);
      const value = data.getUint32(entry + 8, isLittle);
      if (tag === EXIF_IFD || tag === GPS_IFD)
        open.push({ at: value, isGps: tag === GPS_IFD, isMain: false });
      else if (isGps) {
        if (tag >= 1 && tag <= 6) notes.add("position", entry, 12);
      } else noteTagOf(tag, valueBytes(bytes, entry, isLittle), entry, { notes, texts });
    }
    const link = at + 2 + count * 12;
    if (isMain && link + 4 <= bytes.length)
      open.push({ at: data.getUint32(link, isLittle) || at, isGps: false, isMain: false });
  }
  return texts.join("\n");
}

function noteTagOf(
  tag: number,
  value: Uint8Array,
  at: number,
  { notes, texts }: { readonly notes: Notes; readonly texts: string[] },
): void {
  const rule = TAG_RULES[tag];
  if (value.every((byte) => byte === 0 || byte === 32)) return;
  if (rule !== undefined) notes.add(rule, at, 12);
  const text = latin1(value).replaceAll("\0", "");
  if (/^[\t\n\r -~\u00a0-\u00ff]{4,}$/.test(text)) texts.push(text);
}

function valueBytes(bytes: Uint8Array, entry: number, isLittle: boolean): Uint8Array {
  const data = view(bytes);
  const size = (SIZES[data.getUint16(entry + 2, isLittle)] ?? 1) * data.getUint32(entry + 4, isLittle);
  const at = size <= 4 ? entry + 8 : data.getUint32(entry + 8, isLittle);
  return bytes.subarray(Math.min(at, bytes.length), Math.min(at + size, bytes.length));
}
