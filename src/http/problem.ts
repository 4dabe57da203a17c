/**
 * Refusals as HTTP answers (SPEC 11.2): which status a code has, and the one body that all of them share.
 * A body holds code, layer, clause, public facts and a sentence in the reader's language: nothing that was sent is
 * repeated.
 */
import { Type } from "typebox";
import { refuse, type CodeEntry, type Refusal, type RefusalFacts } from "#parley/codec/refusal.ts";
import { codeEntryOf, storeFaultOf } from "#parley/node/faults.ts";
import { createPhrasebook } from "#parley/transcript/phrasebook.ts";
import { reasonPhrase, refusalPhrase } from "#parley/transcript/render.ts";
import { HTTP_CODES } from "./codes.ts";
import { chooseLanguage } from "./language.ts";

export const ProblemSchema = Type.Object(
  {
    code: Type.String(),
    layer: Type.String(),
    clause: Type.String(),
    facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()])),
    text: Type.String(),
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
  "gate-assertion": 403,
  "gate-credential": 403,
  "session-missing": 401,
  "session-forged": 403,
  "sign-in-refused": 401,
  "sign-in-throttled": 429,
  "sign-in-method": 403,
  "link-refused": 403,
  "second-own": 403,
  "second-none": 404,
  "review-own": 403,
  "review-none": 404,
  "channel-unknown": 404,
  "item-unknown": 404,
  "attachment-unknown": 404,
  "item-erased": 410,
  "item-too-large": 413,
  "vault-fault": 503,
  "vault-full": 507,
  "not-paired": 409,
  "canary-format": 422,
  "canary-unknown": 404,
  "work-unknown": 404,
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
  /** The refusal as a sentence (SPEC 11.2.8). */
  readonly text: string;
}

/** The one body of all refusals. */
export function refusalBody(refusal: Refusal, lang: string): RefusalBody {
  const { code, facts } = refusal;
  const { layer, clause } = placeOf(code);
  return { code, layer, clause, facts, text: refusalText(refusal, lang) };
}

const book = createPhrasebook();

/** A message that would be void is refused with the reason that the other side would find. */
function refusalText({ code, facts }: Refusal, lang: string): string {
  const reason = code === "gate-void" ? facts["reason"] : undefined;
  const rendering = { book, lang };
  const phrases = [
    refusalPhrase(rendering, code),
    ...(typeof reason === "string" ? [reasonPhrase(rendering, reason)] : []),
  ];
  return phrases.map(({ key, args }) => book.text(lang, key, args, { isolate: false })).join(" ");
}

const API_ENTRIES: ReadonlyMap<string, CodeEntry> = new Map(Object.entries(HTTP_CODES));

function placeOf(code: string): CodeEntry {
  return API_ENTRIES.get(code) ?? codeEntryOf(code) ?? { layer: "node", clause: "11.2.7" };
}

/** Seconds after which trying again makes sense, by status. */
const RETRY_AFTER: Readonly<Record<number, string>> = { 429: "6", 503: "2", 507: "30" };

/** `acceptLanguage` is the header of the request, if it has one. */
export function problemResponse(refusal: Refusal, acceptLanguage: string | null | undefined): Response {
  const status = statusOf(refusal);
  const lang = chooseLanguage(book, acceptLanguage);
  const headers = new Headers({
    "content-type": "application/json",
    "content-language": lang,
    vary: "accept-language",
  });
  const retry = RETRY_AFTER[status];
  if (retry !== undefined) headers.set("retry-after", retry);
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return new Response(JSON.stringify(refusalBody(refusal, lang)), { status, headers });
}

/** A thrown fault as an answer: trouble of the store is named by its kind, everything else stays inside. */
export function faultToRefusal(error: unknown): Refusal {
  const kind = storeFaultOf(error);
  if (kind === undefined) return refuse("api-fault");
  return kind === "busy" ? refuse("api-busy") : refuse("api-store", { kind });
}
