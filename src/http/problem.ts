/**
 * Refusals as HTTP answers (SPEC 11.2): which status a code has, and the one body that all of them share.
 * A body holds code, layer, clause and public facts: nothing that was sent is repeated.
 */
import { Type } from "typebox";
import { refuse, type CodeEntry, type Refusal, type RefusalFacts } from "#parley/codec/refusal.ts";
import { codeEntryOf, storeFaultOf } from "#parley/node/faults.ts";
import { HTTP_CODES } from "./codes.ts";

export const ProblemSchema = Type.Object(
  {
    code: Type.String(),
    layer: Type.String(),
    clause: Type.String(),
    facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()])),
    text: Type.Optional(Type.Object({ en: Type.String(), ar: Type.String(), ru: Type.String() })),
  },
  { additionalProperties: false },
);

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  "api-host": 421,
  "api-token-missing": 401,
  "api-token-wrong": 401,
  "api-throttled": 429,
  "api-role": 403,
  "api-unknown": 404,
  "api-method": 405,
  "api-media-type": 415,
  "api-too-large": 413,
  "api-json": 400,
  "api-schema": 422,
  "api-asking": 503,
  "api-busy": 503,
  "api-store": 507,
  "api-fault": 500,
  "gate-role": 403,
  "channel-unknown": 404,
  "not-paired": 409,
  "party-expired": 409,
  "read-only": 409,
  fork: 409,
  "cannot-open": 409,
};

/** Layers whose refusals are about the form of what was sent. */
const FORM_LAYERS: ReadonlySet<string> = new Set([
  "json",
  "bytes",
  "bundle",
  "note",
  "key",
  "signature",
  "recipient",
  "party",
  "agreement",
  "channel",
]);

export function statusOf({ code, facts }: Refusal): number {
  const known = STATUS_BY_CODE[code];
  if (known !== undefined) return known;
  if (code === "gate-void" && facts["code"] === "E-SCHEMA") return 422;
  return FORM_LAYERS.has(placeOf(code).layer) ? 422 : 409;
}

export interface RefusalBody {
  readonly code: string;
  readonly layer: string;
  readonly clause: string;
  readonly facts: RefusalFacts;
  readonly text?: { readonly en: string; readonly ar: string; readonly ru: string };
}

/** The one body of all refusals. */
export function refusalBody({ code, facts }: Refusal): RefusalBody {
  const { layer, clause } = placeOf(code);
  return { code, layer, clause, facts };
}

const API_ENTRIES: ReadonlyMap<string, CodeEntry> = new Map(Object.entries(HTTP_CODES));

function placeOf(code: string): CodeEntry {
  return API_ENTRIES.get(code) ?? codeEntryOf(code) ?? { layer: "node", clause: "11.2.7" };
}

/** Seconds after which trying again makes sense, by status. */
const RETRY_AFTER: Readonly<Record<number, string>> = { 429: "6", 503: "2", 507: "30" };

export function problemResponse(refusal: Refusal): Response {
  const status = statusOf(refusal);
  const headers = new Headers({ "content-type": "application/json" });
  const retry = RETRY_AFTER[status];
  if (retry !== undefined) headers.set("retry-after", retry);
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return new Response(JSON.stringify(refusalBody(refusal)), { status, headers });
}

/** A thrown fault as an answer: trouble of the store is named by its kind, everything else stays inside. */
export function faultToRefusal(error: unknown): Refusal {
  const kind = storeFaultOf(error);
  if (kind === undefined) return refuse("api-fault");
  return kind === "busy" ? refuse("api-busy") : refuse("api-store", { kind });
}
