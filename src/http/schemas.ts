/**
 * Schemas of what the API takes and gives (SPEC 11). Instants are seconds since 1970, as casework counts them; a
 * text form stands only where the record itself has it (`at` of a house record, `time` of an entry).
 */
import { Type } from "typebox";
import type { JsonObject } from "#parley/codec/json.ts";
import { PAIRING_MEDIA } from "#parley/node/house.ts";
import { AssertionSchema } from "#parley/party/approvals.ts";
import { GenesisSchema } from "#parley/protocols/agreement/terms.ts";
import {
  closed,
  codes,
  Digest,
  LAYERS,
  NATURES,
  PRECEDENCES,
  ROLES,
  Uuid,
} from "#parley/protocols/envelope.ts";
import {
  ASK_CODES,
  OUTCOME_CODES,
  VERDICTS,
  DECISIONS,
  VERIFICATION_CODES,
} from "#parley/protocols/request/codes.ts";
import { ITEMS, LEVELS, PackSchema, REASONS, RELAY_RESULTS } from "#parley/protocols/evidence/index.ts";
import { VOID_CODES } from "#parley/protocols/system/messages.ts";
import { GateShown } from "./schemas-gate.ts";

const Count = Type.Integer({ minimum: 0 });
const Instant = Type.Integer();
const Words = Type.String();
const Party = Digest;
const Channel = Digest;
const Officer = Type.Integer({ minimum: 1, maximum: 999_999 });
/** Members that the message schemas of `spec/` describe. */
export const Anything = Type.Object({});
/** The same of a request: its body was read as strict JSON before any schema saw it. */
const Members = Type.Unsafe<JsonObject>({ type: "object" });
const List = Type.Array(Anything);

export const Ref = closed({ feed: Party, seq: Count });
export const Roles = Type.Array(codes(ROLES), { minItems: 1, maxItems: ROLES.length, uniqueItems: true });

export const Health = closed({
  api: Type.Literal(1),
  mode: codes(["serving", "asking", "read-only", "frozen"]),
});

export const Me = closed({ officer: Officer, roles: Roles, party: Party });

export const PersonShown = closed({ officer: Officer, roles: Roles, active: Type.Boolean() });
export const NewPerson = closed({ roles: Roles });
export const PersonMade = closed({ officer: Officer, roles: Roles, token: Type.String() });

const PartyMembers = {
  party: Party,
  handle: Words,
  name: Words,
  version: Type.Integer({ minimum: 1 }),
  expires: Words,
  languages: Type.Array(Words),
  urls: Type.Array(Words),
  digits: Words,
  words: Words,
} as const;
/** `chain` is the `.party` file in base64url. */
export const OwnParty = closed({ ...PartyMembers, chain: Type.String() });
export const PairedParty = closed({
  ...PartyMembers,
  medium: codes(PAIRING_MEDIA),
  officer: Count,
  at: Words,
});
export const PairingRequest = closed({
  chain: Type.String({ minLength: 1, maxLength: 1_400_000 }),
  typed: Type.String({ minLength: 1, maxLength: 256 }),
  medium: codes(PAIRING_MEDIA),
});

export const OFFER_STATUSES = ["sent", "received", "accepted", "declined", "countered"] as const;
export const OfferShown = closed({
  channel: Channel,
  party: Party,
  status: codes(OFFER_STATUSES),
  counters: Type.Optional(Channel),
  reason: Type.Optional(Words),
  terms: Type.Optional(Anything),
});
const genesis = GenesisSchema.properties;
export const Terms = closed({
  clocks: Type.Optional(genesis.clocks),
  flash_budget_per_month: Type.Optional(genesis.flash_budget_per_month),
  heartbeat_seconds: Type.Optional(genesis.heartbeat_seconds),
  languages: Type.Optional(genesis.languages),
  nature: Type.Optional(genesis.nature),
  renews: Type.Optional(closed({ channel: Channel })),
  retention_days: Type.Optional(genesis.retention_days),
  term: Type.Optional(genesis.term),
});
export const OfferRequest = closed({
  party: Party,
  terms: Type.Optional(Terms),
  counters: Type.Optional(Channel),
});

export const SIGNING = ["asking", "allowed", "frozen"] as const;
const TERM_STATUSES = ["not_begun", "in_force", "expiring", "ended"] as const;
const channel = {
  channel: Channel,
  parties: Type.Array(Party),
  nature: codes(NATURES),
  in_force: Type.Boolean(),
  term: closed({ from: Instant, until: Instant, status: codes(TERM_STATUSES) }),
  signing: codes(SIGNING),
} as const;
export const ChannelShown = closed(channel);
/** How far delivery to one peer is: `receipted` of `said` entries. */
export const Delivery = closed({
  party: Party,
  said: Count,
  receipted: Count,
  next_attempt_at: Instant,
  last_refusal: Type.Optional(Words),
});
export const ChannelDetail = closed({
  ...channel,
  terms: Anything,
  feeds: Type.Array(closed({ party: Party, size: Count, frozen: Type.Boolean() })),
  delivery: Type.Array(Delivery),
  line: Type.Array(
    closed({
      party: Party,
      lastHeardAt: Type.Optional(Instant),
      silentSince: Type.Optional(Instant),
      unreceiptedSince: Type.Optional(Instant),
    }),
  ),
  suspensions: List,
  flash: List,
});

export const DRAFT_STATUSES = ["open", "released", "said", "discarded"] as const;
export const DraftRequest = closed({
  type: Type.String({ pattern: "^[a-z][a-z_]{0,31}([.][a-z_]{1,31}){0,2}$" }),
  case: Type.Optional(Uuid),
  role: codes(ROLES),
  body: Members,
  envelope: Type.Optional(Members),
  attach: Type.Optional(Type.Array(closed({ item: Uuid }), { minItems: 1, maxItems: 64 })),
  /** JSON pointers of members of the body. */
  withhold: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 64 }),
  ),
});
export const RevealRequest = closed({
  message: Uuid,
  path: Type.String({ minLength: 1, maxLength: 256 }),
  role: codes(ROLES),
});
const draft = {
  draft: Uuid,
  channel: Channel,
  status: codes(DRAFT_STATUSES),
  type: Words,
  case: Uuid,
  message_id: Uuid,
  by: Officer,
  digest: Digest,
  approvals: Type.Array(closed({ officer: Officer, role: codes(ROLES), with_key: Type.Boolean() })),
  policy: closed({ persons: Type.Integer({ minimum: 1, maximum: 2 }), roles: Type.Array(codes(ROLES)) }),
} as const;
export const DraftSummary = closed(draft);
/** The preview is exactly what leaves, and to whom. */
export const DraftShown = closed({
  ...draft,
  message: Anything,
  preview: closed({
    audience: Type.Array(Party),
    text: Type.String(),
    size_bytes: Count,
    rows: Type.Array(closed({ path: Type.String(), value: Type.String() })),
    hidden: Type.Array(closed({ path: Type.String(), code_points: Type.Array(Words) })),
  }),
  gate: GateShown,
  said: Type.Optional(Ref),
});
export const ApprovalRequest = closed({
  role: codes(ROLES),
  digest: Digest,
  /** Digest of the findings that were shown; needed where there are any (SPEC 14.7.4). */
  check: Type.Optional(Digest),
  /** With the officer's own key (SPEC 17.6). */
  assertion: Type.Optional(AssertionSchema),
});

const Outcome = Type.Union([
  closed({ kind: Type.Literal("accepted") }),
  closed({ kind: Type.Literal("void"), code: codes(VOID_CODES), reason: Words }),
  closed({ kind: Type.Literal("crossed"), with: Ref }),
  closed({ kind: Type.Literal("unread") }),
]);
const Confirmations = closed({
  stage: codes(["said", "no_receipt", "receipted", "acknowledged", "answered"]),
  receiptedAt: Type.Optional(Instant),
  acknowledgedBy: Type.Optional(Ref),
  answeredBy: Type.Optional(Ref),
});
const folded = {
  type: Type.Optional(Words),
  id: Type.Optional(Words),
  role: Type.Optional(codes(ROLES)),
  claimedAt: Type.Optional(Instant),
  outcome: Type.Optional(Outcome),
  delivery: Type.Optional(Confirmations),
  concurrentCount: Type.Optional(Count),
  message: Type.Optional(Anything),
} as const;
export const CaseEntry = closed({ ref: Ref, depth: Count, ...folded });
export const FeedEntry = closed({
  ref: Ref,
  kind: Words,
  time: Words,
  leaf: Digest,
  commit: Digest,
  content: codes(["opened", "unavailable"]),
  ...folded,
});
export const EntryPage = closed({
  feed: Party,
  size: Count,
  entries: Type.Array(FeedEntry),
  next: Type.Optional(Count),
});

const caseMembers = {
  case: Uuid,
  protocol: Words,
  initiator: Party,
  respondent: Party,
  nature: codes(NATURES),
  precedence: codes(PRECEDENCES),
  layer: codes(LAYERS),
  life_safety: Type.Boolean(),
  opened_at: Instant,
  status: Words,
  status_by: codes(["messages", "clock"]),
  open: Type.Boolean(),
  /** Parties. */
  whose_move: Type.Array(Party),
  overdue: Type.Array(Words),
  disputes: Type.Array(Uuid),
} as const;
export const CaseSummary = closed(caseMembers);

export const Matrix = Type.Array(
  closed({
    ask: Type.Integer({ minimum: 1 }),
    code: codes(ASK_CODES),
    verdict: Type.Optional(codes(VERDICTS)),
    decision: Type.Optional(codes(DECISIONS)),
    decline: Type.Optional(Words),
    outcome: Type.Optional(Type.Array(codes(OUTCOME_CODES))),
    verification: Type.Optional(codes(VERIFICATION_CODES)),
  }),
);
const Need = Type.String();
/** What the sufficiency function said of a pack (SPEC 10). */
export const EvaluationShown = closed({
  profile: Words,
  level: codes(LEVELS),
  met: Type.Array(codes(ITEMS)),
  missing: Type.Array(closed({ level: codes(LEVELS), items: Type.Array(Need) })),
  independent_sources: Count,
  asks: Type.Array(
    closed({
      ask: Words,
      needs_level: Type.Optional(codes(LEVELS)),
      level: codes(LEVELS),
      supported: Type.Boolean(),
      missing: Type.Array(Need),
      expires_after_seconds: Type.Optional(Count),
    }),
  ),
  supports: Type.Array(Words),
  reasons: Type.Array(
    closed({
      code: codes(REASONS),
      ask: Type.Optional(Words),
      count: Type.Optional(Count),
      expires_after_seconds: Type.Optional(Count),
      hint: Type.Optional(Words),
      item: Type.Optional(codes(ITEMS)),
      level: Type.Optional(codes(LEVELS)),
      of: Type.Optional(Count),
      result: Type.Optional(codes(RELAY_RESULTS)),
      why: Type.Optional(Words),
    }),
  ),
});
/** In one sentence: enough for these asks; for those, this is missing; of each group one item. */
export const EnoughShown = closed({
  enoughFor: Type.Array(closed({ ask: Words, expiresAfterSeconds: Type.Optional(Count) })),
  missingFor: Type.Array(
    closed({
      ask: Words,
      needsLevel: Type.Optional(codes(LEVELS)),
      anyOf: Type.Array(Type.Array(Words)),
    }),
  ),
  alsoEnoughFor: Type.Array(Words),
});
export const CaseShown = closed({
  ...caseMembers,
  state: Anything,
  timers: List,
  entries: Type.Array(CaseEntry),
  refs: List,
  matrix: Type.Optional(Matrix),
  evaluation: Type.Optional(EvaluationShown),
  enough: Type.Optional(EnoughShown),
});

export const EvaluateRequest = closed({
  pack: PackSchema,
  asks: Type.Array(closed({ code: codes(ASK_CODES), legal_basis: Type.Optional(Words) }), { maxItems: 20 }),
  life_safety: Type.Boolean(),
});
export const EvaluateAnswer = closed({ evaluation: EvaluationShown, enough: EnoughShown });

const TimerDuty = closed({
  kind: Type.Literal("timer"),
  case: Uuid,
  protocol: Words,
  nature: codes(NATURES),
  precedence: codes(PRECEDENCES),
  timer: Words,
  status: Words,
  due: Instant,
  leftSeconds: Type.Integer(),
});
const ErrorDuty = closed({
  kind: Type.Literal("error"),
  case: Type.Optional(Uuid),
  entry: Ref,
  code: codes(VOID_CODES),
});
const Duties = Type.Array(Type.Union([TimerDuty, ErrorDuty]));
export const DutyBoard = closed({ youOwe: Duties, theyOwe: Duties });
export const OverdueBoard = closed({
  overdue: Type.Array(closed({ case: Uuid, timer: Words, owing: Party, due: Instant })),
});
export const ReciprocityBoard = closed({
  rows: Type.Array(
    closed({
      party: Party,
      protocol: Words,
      nature: codes(NATURES),
      quarter: Words,
      opened: Count,
      acknowledged: Count,
      acknowledged_in_time: Count,
      answered: Count,
      acted: Count,
      effective: Count,
      not_effective: Count,
    }),
  ),
});
export const LineBoard = closed({
  status: codes(["unknown", "good", "degraded", "down"]),
  heartbeats: closed({ sent: Count, receiptedInTime: Count }),
  checks: closed({ done: Count, missed: Count }),
  noReceiptSince: Type.Optional(Instant),
});

export const HousePage = closed({
  size: Count,
  records: Type.Array(closed({ seq: Count, record: Anything })),
  next: Type.Optional(Count),
});

/** Parameters of addresses. */
export const ChannelParam = { channel: Channel } as const;
export const CaseParam = { channel: Channel, case: Uuid } as const;
export const DraftParam = { draft: Uuid } as const;
export const EntryParam = { channel: Channel, feed: Party, seq: Count } as const;
export const OfficerParam = { officer: Officer } as const;
export const PageQuery = {
  from: Type.Optional(Count),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
} as const;
