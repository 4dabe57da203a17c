/**
 * A tiny protocol and a tiny ledger for the tests of casework.
 *
 * `toy`: open → (ack) → ask/answer → done, with one agreed timer of each sort, a pause and a mark. It stands in for
 * every protocol: the engine must not be able to tell. `Record` writes entries as two honest nodes would.
 */
import { createHash } from "node:crypto";
import { Type } from "typebox";
import type { Json, JsonObject } from "#parley/codec/json.ts";
import type { Instant } from "#parley/codec/time.ts";
import type { CaseworkConfig } from "#parley/casework/casework.ts";
import type { EntryKind, FirstReceipt, OpenedEntry } from "#parley/casework/opened-entry.ts";
import { DEFAULT_CLOCKS, type AgreementTerms } from "#parley/casework/terms.ts";
import { codes, messageSchema, type Role } from "#parley/protocols/envelope.ts";
import {
  ACCEPTED,
  cancelTimers,
  crossed,
  stopTimer,
  voided,
  type Act,
  type CaseState,
  type EntryRef,
  type MessageRule,
  type Outcome,
  type Protocol,
  type Suspension,
  type Timer,
} from "#parley/protocols/protocol.ts";

export const A = "A".repeat(43);
export const B = "B".repeat(43);

const ROLES: readonly Role[] = ["watch", "analyst", "authority"];

function rule(
  type: string,
  sender: MessageRule["sender"],
  body: Parameters<typeof messageSchema>[1],
  scope?: MessageRule["scope"],
): MessageRule {
  const release = { persons: 1, roles: ROLES } as const;
  const base = { schema: messageSchema(type, body), sender, roles: ROLES, release };
  return scope === undefined ? base : { ...base, scope };
}

const Note = { note: Type.Optional(Type.String({ maxLength: 20 })) } as const;

export interface ToyState extends CaseState {
  readonly ended?: EntryRef;
  readonly evaluated?: Json;
}

function toyMessages(name: string, scope: MessageRule["scope"]): Readonly<Record<string, MessageRule>> {
  const life = { life_safety: Type.Optional(Type.Boolean()), pack: Type.Optional(Type.Integer()) };
  return {
    [`${name}.open`]: rule(`${name}.open`, "initiator", { ...Note, ...life }, scope),
    [`${name}.ask`]: rule(`${name}.ask`, "respondent", Note, scope),
    [`${name}.answer`]: rule(`${name}.answer`, "initiator", Note, scope),
    [`${name}.verdict`]: rule(`${name}.verdict`, "respondent", Note, scope),
    [`${name}.done`]: rule(`${name}.done`, "respondent", { seen: codes(["effect", "none"]) }, scope),
    [`${name}.withdraw`]: rule(`${name}.withdraw`, "initiator", Note, scope),
    [`${name}.refuse`]: rule(
      `${name}.refuse`,
      "either",
      { code: codes(["E-GAP", "E-CLOCK", "E-STATE"]) },
      scope,
    ),
  };
}

function openToy(act: Act): ToyState {
  const { evaluation } = "pack" in act.body ? act.facts : {};
  return {
    status: "delivered",
    open: true,
    next: "respondent",
    timers: [{ id: "t_ack", name: "t_ack", owing: "respondent", trigger: act.ref }],
    pauses: [],
    marks: {},
    ...(evaluation === undefined ? {} : { evaluated: evaluation }),
  };
}

function decideToy(name: string, state: ToyState, act: Act): Outcome {
  if (act.type === "ack") return ACCEPTED;
  if (act.type === `${name}.open`) return voided("E-STATE", "already-open");
  if (act.type === `${name}.refuse`) {
    const code = act.body["code"];
    return voided(code === "E-GAP" || code === "E-CLOCK" ? code : "E-STATE", "toy");
  }
  if (state.ended !== undefined) {
    return act.sees(state.ended) || act.ref.feed === state.ended.feed
      ? voided("E-STATE", "ended")
      : crossed(state.ended);
  }
  return ACCEPTED;
}

function evolveToy(name: string, state: ToyState, act: Act): ToyState {
  switch (act.type.replace(`${name}.`, "")) {
    case "ack":
      return state.marks.acknowledged === undefined && act.side === "respondent"
        ? acknowledge(state, act.ref)
        : state;
    case "ask":
      return ask(state, act.ref);
    case "answer":
      return {
        ...state,
        timers: stopTimer(state.timers, "t_clarify", act.ref),
        pauses: state.pauses.map((pause) =>
          pause.until === undefined ? { ...pause, until: act.ref } : pause,
        ),
      };
    case "verdict":
      return {
        ...state,
        status: "judged",
        timers: stopTimer(state.timers, "t_triage", act.ref),
        marks: { ...state.marks, answered: act.ref },
      };
    case "done":
      return {
        ...end(state, "done", act.ref),
        marks: {
          ...state.marks,
          acted: act.ref,
          [act.body["seen"] === "effect" ? "effective" : "not_effective"]: act.ref,
        },
      };
    case "withdraw":
      return end(state, "withdrawn", act.ref);
    default:
      return state;
  }
}

function acknowledge(state: ToyState, ref: EntryRef): ToyState {
  const onExpiry = { status: "lapsed", graceSeconds: 14 * 86_400 };
  const triage: Timer = { id: "t_triage", name: "t_triage", owing: "respondent", trigger: ref, onExpiry };
  const final: Timer = { id: "reminder", name: { fixedSeconds: 3_600 }, owing: "initiator", trigger: ref };
  return {
    ...state,
    status: "acknowledged",
    timers: [...stopTimer(state.timers, "t_ack", ref), triage, final],
    marks: { ...state.marks, acknowledged: ref },
  };
}

function ask(state: ToyState, ref: EntryRef): ToyState {
  const clarify: Timer = { id: "t_clarify", name: "t_clarify", owing: "initiator", trigger: ref };
  return { ...state, timers: [...state.timers, clarify], pauses: [...state.pauses, { from: ref }] };
}

function end(state: ToyState, status: string, ref: EntryRef): ToyState {
  return { ...state, status, open: false, next: "none", timers: cancelTimers(state.timers, ref), ended: ref };
}

/** A toy under any name, so that the engine's few named protocols can be played. */
export function toyProtocol(name: string, scope: MessageRule["scope"] = "technical"): Protocol<ToyState> {
  return {
    name,
    opens: [`${name}.open`],
    messages: toyMessages(name, scope),
    open: openToy,
    decide: (state, act) => decideToy(name, state, act),
    evolve: (state, act) => evolveToy(name, state, act),
  };
}

interface StopState extends CaseState {
  readonly suspensions: readonly Suspension[];
}

/** What the agreement does to the channel, and nothing else of it. */
export const stopper: Protocol<StopState> = {
  name: "stopper",
  opens: ["stopper.stop", "stopper.end"],
  messages: {
    "stopper.stop": rule("stopper.stop", "either", {}),
    "stopper.go": rule("stopper.go", "either", {}),
    "stopper.end": rule("stopper.end", "either", {}),
  },
  open: (act) => ({
    status: "stopped",
    open: true,
    next: "none",
    timers: [],
    pauses: [],
    marks: {},
    suspensions:
      act.type === "stopper.end"
        ? [{ scopes: [], from: act.ref, total: true, noticeSeconds: 14 * 86_400 }]
        : [{ scopes: ["technical"], from: act.ref }],
  }),
  decide: () => ACCEPTED,
  evolve: (state, act) =>
    act.type === "stopper.go"
      ? { ...state, suspensions: state.suspensions.map((one) => ({ ...one, until: one.until ?? act.ref })) }
      : state,
};

/** 2026-11-22T12:00:00Z. */
export const NOON: Instant = 1_795_348_800;

export const TERMS: AgreementTerms = {
  parties: [A, B],
  clocks: DEFAULT_CLOCKS,
  term: { from: NOON - 30 * 86_400, until: NOON + 335 * 86_400 },
  heartbeatSeconds: 86_400,
  flashBudgetPerMonth: 5,
  languages: ["en"],
  profile: { name: "toy" },
};

export const digest = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

export const PROTOCOLS: readonly Protocol[] = [
  toyProtocol("toy"),
  toyProtocol("request"),
  toyProtocol("dispute", "formal"),
  toyProtocol("comms_check", "comms_check"),
  stopper,
];

export const CONFIG: CaseworkConfig = {
  terms: TERMS,
  protocols: PROTOCOLS,
  digest,
  evaluate: (profile, message) => ({ profile, about: message["id"] ?? "" }),
};

/** A UUIDv7 that says its number. */
export function uuid(number: number): string {
  return `01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

export interface SayOptions {
  readonly at?: Instant;
  readonly case?: number;
  readonly id?: number;
  readonly body?: JsonObject;
  /** Members of the envelope to add or replace. */
  readonly with?: JsonObject;
  readonly kind?: EntryKind;
  readonly leaf?: string;
}

/**
 * Two feeds growing. Each entry sees what its author was told of (`sync`); receipts are given by `hold`.
 */
export function newRecord() {
  const { entries, feedOf, put, learn } = newFeeds();
  const receipts: FirstReceipt[] = [];
  let now = NOON;
  let counter = 1_000;
  const write = (feed: string, message: JsonObject | undefined, kind: EntryKind, options: SayOptions) =>
    put({ feed, kind, at: now, ...options }, message);
  const record = {
    entries,
    receipts,
    /** Sets the clock of both nodes. */
    at: (instant: Instant) => {
      now = instant;
    },
    now: () => now,
    entry: (feed: string, kind: EntryKind, options: SayOptions = {}) => write(feed, undefined, kind, options),
    raw: (feed: string, message: JsonObject) => write(feed, message, "message", {}),
    say: (feed: string, type: string, options: SayOptions = {}) => {
      const message = messageOf(type, { ...options, id: options.id ?? ++counter });
      return write(feed, message, options.kind ?? "message", options);
    },
    /** `party` learns all that the other has said, without receipting it. */
    sync: learn,
    /** `party` holds all that the other has said, as of now or `at`. */
    hold: (party: string, at: Instant = now) => {
      learn(party);
      receipts.push({ feed: otherOf(party), size: feedOf(otherOf(party)).length, by: party, at });
    },
    /** Says, and the other side holds it at once. */
    tell: (feed: string, type: string, options: SayOptions = {}) => {
      const entry = record.say(feed, type, options);
      record.hold(otherOf(feed));
      return entry;
    },
  };
  return record;
}

function otherOf(party: string): string {
  return party === A ? B : A;
}

interface Place {
  readonly feed: string;
  readonly kind: EntryKind;
  readonly at: Instant;
  readonly leaf?: string;
}

function newFeeds() {
  const entries: OpenedEntry[] = [];
  const known = new Map<string, number>();
  const feeds = new Map<string, OpenedEntry[]>([A, B].map((party) => [party, []]));
  const feedOf = (feed: string) => feeds.get(feed) ?? [];
  const knownBy = (party: string) => known.get(party) ?? 0;
  const learn = (party: string) => {
    known.set(party, feedOf(otherOf(party)).length);
  };
  const put = ({ feed, kind, at, leaf }: Place, message: JsonObject | undefined): OpenedEntry => {
    const own = feedOf(feed);
    const size = knownBy(feed);
    const before = Math.max(own.at(-1)?.depth ?? 0, feedOf(otherOf(feed))[size - 1]?.depth ?? 0);
    const hash = Buffer.from(digest(Buffer.from(`${feed} ${own.length}`))).toString("base64url");
    const entry: OpenedEntry = {
      feed,
      seq: own.length,
      leaf: leaf ?? hash,
      depth: before + 1,
      seen: [{ feed: otherOf(feed), size }],
      claimedAt: at,
      kind,
      ...(message === undefined ? {} : { message }),
    };
    entries.push(entry);
    own.push(entry);
    return entry;
  };
  return { entries, feedOf, put, learn };
}

export type TestRecord = ReturnType<typeof newRecord>;

export function messageOf(type: string, options: SayOptions): JsonObject {
  return {
    type,
    case: uuid(options.case ?? 0xca5e),
    id: uuid(options.id ?? 1),
    serial: 1,
    nature: "real",
    precedence: "priority",
    layer: "technical",
    from_role: "watch",
    officer: 7,
    tlp: "AMBER",
    body: options.body ?? {},
    ...options.with,
  };
}

export function refOf({ feed, seq }: OpenedEntry): EntryRef {
  return { feed, seq };
}
