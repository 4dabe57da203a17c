/**
 * The story of a record (SPEC 7.4.4): one line for each proven entry, in the order of the channel.
 *
 * Lines are data: a phrase is a key and arguments, and the phrasebook renders it in a language. Arguments are codes,
 * positions and handles; what people wrote stays in the messages. The fold is casework's, the same that both
 * parties run.
 */
import {
  createCasework,
  type ChannelView,
  type EntryView,
  type OpenedEntry,
} from "#parley/casework/index.ts";
import { balance, type BalanceRow } from "#parley/casework/balance.ts";
import { termsOf } from "#parley/casework/genesis-terms.ts";
import { evaluateMessage, PROTOCOLS } from "#parley/casework/registry.ts";
import { isJsonObject, parseJson, type Json, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { EntryKind } from "#parley/ledger/entry.ts";
import { validateGenesis, type Genesis } from "#parley/protocols/agreement/terms.ts";
import type { Nature } from "#parley/protocols/envelope.ts";
import { phrase, type Phrase } from "#parley/protocols/phrase-arguments.ts";
import type { Bracket, TranscriptReport, VerifiedEntry } from "./report.ts";
import { tellMessage, type Naming } from "./telling.ts";

export type StoryOutcome = "accepted" | "void" | "crossed" | "opaque";

export interface StoryLine {
  readonly feed: string;
  readonly seq: number;
  /** Of the message; of the entry where there is none to read. */
  readonly type: string;
  readonly case?: string;
  /** `opaque`: withheld, erased, unreadable, or nothing that the fold judges. */
  /** Of a message that is not about a real event: every export says so. */
  readonly nature?: Exclude<Nature, "real">;
  readonly outcome: StoryOutcome;
  /** Of a void entry (SPEC 9.3), or why an opaque one is not shown. */
  readonly code?: string;
  readonly claimed_at: Instant;
  readonly held_at?: Instant;
  readonly bracket: Bracket;
  readonly warnings: readonly string[];
  /** Of an accepted message: what it did not show, and the entry of the same feed that revealed it (SPEC 13.3.6). */
  readonly withheld?: readonly WithheldPlace[];
  readonly phrase: Phrase;
}

export interface WithheldPlace {
  readonly path: string;
  /** Its author's later entry that opened the commitment; absent while nobody knows. */
  readonly revealed_by?: number;
}

export interface Story {
  readonly lines: readonly StoryLine[];
  /** Cases, timers, boards as of the export; undefined in a house feed and when nothing was established. */
  readonly channel?: ChannelView;
  /** What each side gave and got, as of the export (SPEC 15.2); present with `channel`. */
  readonly balance?: readonly BalanceRow[];
}

export interface StoryOptions {
  /** By default the instant of export that the manifest claims. */
  readonly asOf?: Instant;
}

export function tellStory(
  backend: CryptoBackend,
  report: TranscriptReport,
  options: StoryOptions = {},
): Story {
  const messages = new Map(report.entries.map((entry) => [placeOf(entry), messageOf(entry)]));
  const folded = foldReport(backend, report, messages, options);
  const channel = folded?.channel;
  const views = new Map(
    channel === undefined ? [] : viewsOf(channel).map((view) => [placeOf(view.ref), view]),
  );
  const namings = namingsOf(report, messages);
  const revealed = revealsOf(channel);
  const lines = report.entries.map((entry) => {
    const place = placeOf(entry);
    const message = messages.get(place);
    const line = toLine(entry, message, views.get(place), namings(entry.feed));
    const withheld = line.outcome === "accepted" ? withheldIn(message, entry.feed, revealed) : [];
    return withheld.length === 0 ? line : { ...line, withheld };
  });
  return folded === undefined ? { lines } : { lines, ...folded };
}

/** The proven entries as casework reads them. */
function foldReport(
  backend: CryptoBackend,
  report: TranscriptReport,
  messages: ReadonlyMap<string, JsonObject | undefined>,
  options: StoryOptions,
): Required<Pick<Story, "channel" | "balance">> | undefined {
  const genesis = genesisOf(report);
  if (genesis === undefined) return undefined;
  const entries = report.entries.map((entry): OpenedEntry => {
    const { feed, seq, leaf, depth, kind, claimed_at: claimedAt } = entry;
    const message = messages.get(placeOf(entry));
    const { seen } = entry.entry;
    return { feed, seq, leaf, depth, seen, claimedAt, kind, ...(message === undefined ? {} : { message }) };
  });
  const casework = createCasework({
    terms: termsOf(genesis),
    protocols: PROTOCOLS,
    digest: (bytes) => backend.sha256(bytes),
    evaluate: evaluateMessage,
  });
  for (const entry of entries) casework.add(entry);
  for (const receipt of report.receipts) casework.receive(receipt);
  const asOf = options.asOf ?? report.exported_at ?? 0;
  const channel = casework.view(asOf);
  const given = channel.parties.flatMap(({ party }) => casework.disclosures(party, asOf));
  return { channel, balance: balance(channel, given) };
}

function genesisOf({ genesis }: TranscriptReport): Genesis | undefined {
  const value = genesis === undefined ? undefined : parseJson(genesis);
  if (value === undefined || isRefusal(value)) return undefined;
  const document = validateGenesis(value);
  return isRefusal(document) ? undefined : document;
}

/** Kinds whose content the fold judges (SPEC 9.1.4). */
const FOLDED_KINDS: ReadonlySet<EntryKind> = new Set(["message", "erase", "close"] as const);

/** By feed, message id and path: the entry that opened the commitment. The fold accepted it, so it matches. */
function revealsOf(channel: ChannelView | undefined): ReadonlyMap<string, number> {
  const reveals = channel?.cases.flatMap((one) => one.reveals) ?? [];
  return new Map(reveals.map(({ ref, of, path }) => [`${ref.feed} ${of} ${path}`, ref.seq]));
}

function withheldIn(
  message: JsonObject | undefined,
  feed: string,
  revealed: ReadonlyMap<string, number>,
): readonly WithheldPlace[] {
  const rows = message?.["withheld"];
  if (!Array.isArray(rows)) return [];
  return (rows as readonly Json[]).flatMap((row) => {
    const path = isJsonObject(row) ? row["path"] : undefined;
    if (typeof path !== "string") return [];
    const by = revealed.get(`${feed} ${String(message?.["id"])} ${path}`);
    return [by === undefined ? { path } : { path, revealed_by: by }];
  });
}

/** What is not strict JSON or no object reaches the fold as an object without a type, which is void there. */
function messageOf({ kind, opening }: VerifiedEntry): JsonObject | undefined {
  if (opening.kind === "withheld" || !FOLDED_KINDS.has(kind)) return undefined;
  const value = parseJson(opening.message);
  return !isRefusal(value) && isJsonObject(value) ? value : {};
}

function viewsOf({ cases, loose }: ChannelView): readonly EntryView[] {
  return [...cases.flatMap(({ entries }) => entries), ...loose];
}

function toLine(
  entry: VerifiedEntry,
  message: JsonObject | undefined,
  view: EntryView | undefined,
  naming: Naming,
): StoryLine {
  const named = message?.["case"];
  const outcome = outcomeOf(entry, view);
  const code = codeOf(entry, view);
  const type = view?.type ?? entry.kind;
  const { before } = entry.bracket;
  const nature = message?.["nature"];
  return {
    feed: entry.feed,
    seq: entry.seq,
    type,
    ...(typeof named === "string" && view?.type !== undefined ? { case: named } : {}),
    ...(nature === "exercise" || nature === "test" ? { nature } : {}),
    outcome,
    ...(code === undefined ? {} : { code }),
    claimed_at: entry.claimed_at,
    ...(before === undefined ? {} : { held_at: before }),
    bracket: entry.bracket,
    warnings: entry.warnings,
    phrase: phraseOf({ entry, message, type, outcome, code, naming }),
  };
}

function outcomeOf({ kind, opening }: VerifiedEntry, view: EntryView | undefined): StoryOutcome {
  if (opening.kind === "withheld") return "opaque";
  if (view !== undefined) return view.outcome.kind === "unread" ? "opaque" : view.outcome.kind;
  // Entries that carry no message of a protocol were judged by the record itself.
  return FOLDED_KINDS.has(kind) ? "opaque" : "accepted";
}

function codeOf({ opening }: VerifiedEntry, view: EntryView | undefined): string | undefined {
  if (opening.kind === "withheld") return opening.reason;
  return view?.outcome.kind === "void" ? view.outcome.code : undefined;
}

interface Told {
  readonly entry: VerifiedEntry;
  readonly message: JsonObject | undefined;
  readonly type: string;
  readonly outcome: StoryOutcome;
  readonly code: string | undefined;
  readonly naming: Naming;
}

/**
 * Keys: `entry.<kind>` without a message, `message.<type>` with one; `story.<outcome>` where it had no effect.
 * `party`, `seq` and `type` are always there, so that a list needs no sentence.
 */
function phraseOf({ entry, message, type, outcome, code, naming }: Told): Phrase {
  const serial = message?.["serial"];
  const args = {
    party: naming.from,
    seq: entry.seq,
    type,
    ...(typeof serial === "number" ? { serial } : {}),
  };
  if (outcome === "opaque")
    return code === undefined
      ? phrase("story.unread", args)
      : phrase("story.opaque", { ...args, opaque: code });
  if (outcome !== "accepted")
    return phrase(`story.${outcome}`, code === undefined ? args : { ...args, code });
  if (message === undefined) return phrase(`entry.${entry.kind}`, args);
  const told = tellMessage(message, naming);
  return told === undefined ? phrase("story.unknown", args) : phrase(told.key, { ...args, ...told.args });
}

/** How an author's lines name parties and messages. */
function namingsOf(
  report: TranscriptReport,
  messages: ReadonlyMap<string, JsonObject | undefined>,
): (feed: string) => Naming {
  const handles = new Map(report.parties.map(({ party, handle }) => [party, handle]));
  const places = new Map<string, { readonly party: string; readonly seq: number }>();
  for (const entry of report.entries) {
    const id = messages.get(placeOf(entry))?.["id"];
    // The first in order is the one that the fold took (SPEC 9.3.8).
    if (typeof id === "string" && !places.has(id)) places.set(id, { party: entry.feed, seq: entry.seq });
  }
  return (feed) => ({
    from: handles.get(feed) ?? "",
    to: report.parties.filter(({ party }) => party !== feed).map(({ handle }) => handle),
    handleOf: (party) => handles.get(party) ?? party,
    placeOf: (id) => places.get(id),
  });
}

function placeOf({ feed, seq }: { readonly feed: string; readonly seq: number }): string {
  return `${feed} ${seq}`;
}
