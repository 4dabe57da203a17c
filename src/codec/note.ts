/**
 * Signed notes (SPEC 1.6), after C2SP `signed-note`: text, an empty line, signature lines.
 *
 * This file splits and joins; it verifies nothing. A line whose key nobody knows is kept, not judged here.
 */
import { concatBytes, encodeBase64, parseBase64, utf8, utf8ToText } from "./bytes.ts";
import { NOTE_SIZE_LIMIT_BYTES, SIGNATURE_LINES_LIMIT } from "./limits.ts";
import { isRefusal, refuse, type Refusal } from "./refusal.ts";

export interface SignatureLine {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ "\n" ‖ type ‖ public key). */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** With its final newline: the bytes that Ed25519 lines sign. */
  readonly text: string;
  readonly lines: readonly SignatureLine[];
}

export type NoteCode = "note-malformed" | "note-too-large" | "note-too-many-signatures";

export const KEY_ID_BYTES = 4;
const DASH = "— ";

export function parseNote(bytes: Uint8Array): Note | Refusal<NoteCode> {
  if (bytes.length > NOTE_SIZE_LIMIT_BYTES) return refuse("note-too-large", { size: bytes.length });
  const whole = utf8ToText(bytes);
  // C2SP: no ASCII control character but the newline.
  if (whole === undefined || /[\u0000-\u0009\u000b-\u001f]/.test(whole)) return refuse("note-malformed");
  const split = whole.lastIndexOf("\n\n");
  if (split <= 0 || !whole.endsWith("\n")) return refuse("note-malformed");
  const lineTexts = whole.slice(split + 2, -1).split("\n");
  if (lineTexts.length > SIGNATURE_LINES_LIMIT)
    return refuse("note-too-many-signatures", { lines: lineTexts.length });
  const lines: SignatureLine[] = [];
  for (const text of lineTexts) {
    const line = parseLine(text);
    if (line === undefined) return refuse("note-malformed");
    lines.push(line);
  }
  return { text: whole.slice(0, split + 1), lines };
}

export function encodeNote(note: Note): Uint8Array {
  return utf8(`${note.text}\n${note.lines.map(lineToText).join("")}`);
}

function lineToText(line: SignatureLine): string {
  return `${DASH}${line.name} ${encodeBase64(concatBytes(line.keyId, line.signature))}\n`;
}

function parseLine(text: string): SignatureLine | undefined {
  if (!text.startsWith(DASH)) return undefined;
  const [name, blob, ...rest] = text.slice(DASH.length).split(" ");
  if (name === undefined || blob === undefined || rest.length > 0 || !isKeyName(name)) return undefined;
  const bytes = parseBase64(blob);
  if (isRefusal(bytes) || bytes.length <= KEY_ID_BYTES) return undefined;
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** C2SP: not empty, no Unicode space, no plus. */
function isKeyName(name: string): boolean {
  return name.length > 0 && !/[\s+]/u.test(name);
}
