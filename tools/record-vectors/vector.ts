/**
 * The form of a vector of the record (codec, ledger, party, transcript): one behaviour, the clause that demands it,
 * and the answer: `accept` or a refusal code. Language-neutral: text, hexadecimal and JSON only.
 */
import { jsonToText, type JsonObject } from "#parley/codec/json.ts";
import { utf8ToText } from "#parley/codec/bytes.ts";
import { lookUpCode } from "#parley/transcript/catalogue.ts";

/** Input bytes: `{"text"}`, `{"hex"}`, or `{"before","repeat","times","after"}` for what is only long. */
export type InputBytes = JsonObject;

export interface Vector {
  readonly folder: "codec" | "ledger" | "party" | "transcript";
  readonly name: string;
  readonly kind: string;
  readonly expect: string;
  /** For accepted input, the clause that it satisfies; refusals take theirs from the catalogue. */
  readonly clause?: string;
  readonly input: JsonObject;
}

export type VectorFiles = ReadonlyMap<string, string | Uint8Array>;

export function bytesToInput(bytes: Uint8Array): InputBytes {
  const text = utf8ToText(bytes);
  return text === undefined || /[\u0000-\u0008\u000b-\u001f\ufeff]/.test(text)
    ? { hex: Buffer.from(bytes).toString("hex") }
    : { text };
}

export function repeatToInput(text: string, times: number, before = "", after = ""): InputBytes {
  return { before, repeat: text, times, after };
}

export function vectorToFile(vector: Vector): readonly [path: string, text: string] {
  const { folder, name, kind, expect, input } = vector;
  const entry = expect === "accept" ? { layer: folder, clause: vector.clause ?? "" } : lookUpCode(expect);
  if (entry === undefined || entry.clause === "") throw new Error(`the vector ${name} has no clause`);
  const file = { name, clause: entry.clause, layer: entry.layer, expect, kind, ...input };
  return [`${folder}/${name}.json`, jsonToText(file) + "\n"];
}
