/** Refusal codes of this folder with layer and clause; part of the catalogue in `spec/refusals.md`. */
import type { Base64Code } from "./bytes.ts";
import type { BundleCode } from "./bundle.ts";
import type { JsonCode } from "./json.ts";
import type { NoteCode } from "./note.ts";
import type { CodeEntry } from "./refusal.ts";
import type { TimeCode } from "./time.ts";

export type CodecCode = Base64Code | BundleCode | JsonCode | NoteCode | TimeCode;

export const CODEC_CODES: Readonly<Record<CodecCode, CodeEntry>> = {
  "json-too-large": { layer: "json", clause: "1.2.1" },
  "json-utf8": { layer: "json", clause: "1.2.2" },
  "json-bom": { layer: "json", clause: "1.2.3" },
  "json-syntax": { layer: "json", clause: "1.2.4" },
  "json-whitespace": { layer: "json", clause: "1.2.5" },
  "json-number": { layer: "json", clause: "1.2.6" },
  "json-null": { layer: "json", clause: "1.2.7" },
  "json-key": { layer: "json", clause: "1.2.8" },
  "json-key-order": { layer: "json", clause: "1.2.9" },
  "json-duplicate-key": { layer: "json", clause: "1.2.10" },
  "json-escape": { layer: "json", clause: "1.2.11" },
  "json-surrogate": { layer: "json", clause: "1.2.12" },
  "json-depth": { layer: "json", clause: "1.2.13" },
  "base64-invalid": { layer: "bytes", clause: "1.3" },
  "time-invalid": { layer: "bytes", clause: "1.4" },
  "bundle-magic": { layer: "bundle", clause: "1.5.1" },
  "bundle-record": { layer: "bundle", clause: "1.5.2" },
  "bundle-type": { layer: "bundle", clause: "1.5.3" },
  "bundle-truncated": { layer: "bundle", clause: "1.5.4" },
  "too-large": { layer: "bundle", clause: "1.5.5" },
  "too-many": { layer: "bundle", clause: "1.5.6" },
  "note-malformed": { layer: "note", clause: "1.6.1" },
  "note-too-large": { layer: "note", clause: "1.6.2" },
  "note-too-many-signatures": { layer: "note", clause: "1.6.3" },
};
