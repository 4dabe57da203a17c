/** Schemas of the disclosure ledger, taking back, canaries and work in the house (SPEC 11, 15). */
import { Type } from "typebox";
import { LIST_FORMATS, VALUE_KINDS } from "#parley/gate/canary-list.ts";
import { ROW_ORDERS } from "#parley/gate/canary.ts";
import { TELLING_STATES } from "#parley/gate/items.ts";
import { TASK_ENDS } from "#parley/node/house-work.ts";
import {
  closed,
  codes,
  Digest,
  InstantText,
  Lang,
  line,
  NATURES,
  ROLES,
  text,
  Uuid,
} from "#parley/protocols/envelope.ts";
import { RETRACTION_REASONS, SYSTEM_MESSAGES } from "#parley/protocols/system/messages.ts";

const Count = Type.Integer({ minimum: 0 });
const Instant = Type.Integer();
const Words = Type.String();
const Officer = Type.Integer({ minimum: 1, maximum: 999_999 });
const Place = closed({ feed: Digest, seq: Count });
/** Messages up to the limit of one task or note. */
const LongText = text(16_000);

export const RetractedItem = Type.Union([
  closed({ kind: Type.Literal("attachment"), digest: Digest }),
  closed({ kind: Type.Literal("path"), path: Words }),
]);

const RetractionShown = closed({
  ref: Place,
  id: Uuid,
  type: Words,
  effect: codes(["corrected", "withdrawn"]),
  reason: Words,
  items: Type.Optional(Type.Array(RetractedItem)),
  replacement: Type.Optional(Uuid),
  said_at: Instant,
  known_since: Type.Optional(Instant),
  acknowledged_at: Type.Optional(Instant),
  ack: Type.Optional(
    closed({
      ref: Place,
      complied: Words,
      code: Type.Optional(Words),
      at: Instant,
      known_since: Type.Optional(Instant),
    }),
  ),
});

export const SightingShown = closed({
  at: Words,
  officer: Officer,
  digest: Digest,
  confidence: codes(["certain", "likely"]),
  canary: Type.Optional(Uuid),
  disclosures: Type.Array(Uuid),
});

/** A row of the ledger; the message itself is read in its case. */
export const DisclosureShown = closed({
  ref: Place,
  id: Uuid,
  channel: Digest,
  party: Digest,
  case: Uuid,
  type: Words,
  nature: codes(NATURES),
  said_at: Instant,
  known_since: Type.Optional(Instant),
  acknowledged_at: Type.Optional(Instant),
  limits: closed({
    tlp: Words,
    use: Type.Array(Words),
    pap: Type.Optional(Words),
    exposure: Type.Optional(Words),
  }),
  fields: Type.Array(Words),
  attachments: Type.Array(
    closed({ digest: Digest, size_bytes: Count, media_type: Words, name: Type.Optional(Words) }),
  ),
  indicators: Type.Array(closed({ type: Words, value: Words, path: Words })),
  withheld: Type.Array(Words),
  revealed: Type.Array(closed({ path: Words, known_since: Type.Optional(Instant) })),
  retractions: Type.Array(RetractionShown),
  released: Type.Optional(
    closed({
      draft: Uuid,
      by: Officer,
      approvals: Type.Array(closed({ officer: Officer, role: codes(ROLES) })),
      why: Type.Array(
        closed({
          rule: Words,
          at: Words,
          officer: Officer,
          role: codes(ROLES),
          code: Words,
          text: Words,
        }),
      ),
    }),
  ),
  sightings: Type.Array(SightingShown),
});

export const Balance = closed({
  rows: Type.Array(
    closed({
      party: Digest,
      nature: codes(NATURES),
      given: Type.Array(
        closed({
          tlp: Words,
          messages: Count,
          attachments: Count,
          attachment_bytes: Count,
          indicators: Count,
          revealed: Count,
        }),
      ),
      asked: Type.Array(
        closed({
          protocol: Words,
          sent: Count,
          acknowledged: Count,
          acknowledged_in_time: Count,
          answered: Count,
          acted: Count,
          effective: Count,
          not_effective: Count,
        }),
      ),
      taken_back: closed({
        corrected: Count,
        withdrawn: Count,
        deleted: Count,
        kept_legal: Count,
        cannot: Count,
        unanswered: Count,
      }),
    }),
  ),
});

export const RetractionOrder = closed({
  of: Type.Union([
    closed({ kind: Type.Literal("message"), id: Uuid }),
    closed({ kind: Type.Literal("attachment"), digest: Digest }),
    closed({ kind: Type.Literal("indicator"), value: line(2_048) }),
  ]),
  reason: codes(RETRACTION_REASONS),
  role: codes(SYSTEM_MESSAGES["retract"]?.roles ?? []),
  channel: Type.Optional(Digest),
  replacement: Type.Optional(Uuid),
});
export const RetractionTold = Type.Array(
  closed({
    party: Digest,
    channel: Digest,
    message: Uuid,
    draft: Type.Optional(Uuid),
    said: Type.Boolean(),
    refused: Type.Optional(Words),
  }),
);
export const RetractionList = closed({
  told: Type.Array(
    closed({
      party: Digest,
      channel: Digest,
      case: Uuid,
      message: Uuid,
      items: Type.Optional(Type.Array(RetractedItem)),
      reason: Words,
      state: codes(TELLING_STATES),
      retraction: Type.Optional(Uuid),
      complied: Type.Optional(Words),
      code: Type.Optional(Words),
      due: Type.Optional(Instant),
      overdue: Type.Boolean(),
    }),
  ),
  received: Type.Array(
    closed({
      party: Digest,
      channel: Digest,
      case: Uuid,
      retraction: Uuid,
      type: Words,
      effect: codes(["corrected", "withdrawn"]),
      reason: Words,
      messages: Type.Array(Uuid),
      items: Type.Optional(Type.Array(RetractedItem)),
      complied: Type.Optional(Words),
      code: Type.Optional(Words),
    }),
  ),
});

/** `evidence=none` is the officer's word that the list is no evidence. */
export const CanaryQuery = {
  party: Digest,
  format: codes(LIST_FORMATS),
  order: codes(ROW_ORDERS),
  evidence: codes(["none", "evidence"]),
  column: Type.Optional(line(64)),
} as const;
/** `file` is the variant in base64url. */
export const CanaryMade = closed({
  canary: Uuid,
  party: Digest,
  original: Digest,
  variant: Digest,
  kind: codes(VALUE_KINDS),
  decoys: Type.Array(Words),
  rows: Count,
  file: Words,
});
const Sign = closed({ values: Count, log10_chance: Type.Number() });
export const Traces = Type.Array(
  closed({
    canary: Type.Optional(Uuid),
    party: Digest,
    disclosures: Type.Array(Uuid),
    exact: Type.Boolean(),
    decoys: closed({ found: Count, of: Count }),
    order: Type.Optional(Sign),
    writing: Type.Optional(Sign),
    verdict: codes(["certain", "likely"]),
  }),
);
export const LeakDispute = closed({
  message: Uuid,
  role: codes(["watch", "analyst", "releaser", "authority", "principal"]),
  statement: closed({ lang: Lang, text: text(4_000) }),
});

const about = {
  party: Type.Optional(Digest),
  channel: Type.Optional(Digest),
  case: Type.Optional(Uuid),
  message: Type.Optional(Uuid),
  task: Type.Optional(Uuid),
} as const;
export const About = closed(about);
export const AboutQuery = about;
const Assignee = Type.Union([closed({ role: codes(ROLES) }), closed({ agency: line(64) })]);

export const NewTask = closed({
  title: line(200),
  text: Type.Optional(LongText),
  to: Assignee,
  due: InstantText,
  about: Type.Optional(About),
});
export const TaskParam = { task: Uuid } as const;
export const TaskQuery = {
  status: Type.Optional(codes(["open", ...TASK_ENDS])),
  overdue: Type.Optional(Type.Boolean()),
} as const;
export const EndOfTask = closed({ as: codes(TASK_ENDS), note: Type.Optional(LongText) });
export const TaskShown = closed({
  task: Uuid,
  title: Words,
  text: Type.Optional(Words),
  to: Assignee,
  due: Words,
  about: About,
  officer: Officer,
  at: Words,
  status: codes(["open", ...TASK_ENDS]),
  ended: Type.Optional(closed({ officer: Officer, at: Words, note: Type.Optional(Words) })),
});
export const TaskListed = closed({ ...TaskShown.properties, overdue: Type.Boolean() });
export const NewNote = closed({ text: LongText, about: Type.Optional(About) });
export const NoteShown = closed({ note: Uuid, text: Words, about: About, officer: Officer, at: Words });
const Read = Type.Union([closed({ channel: Digest, message: Uuid }), closed({ digest: Digest })]);
export const NewReading = closed({ of: Read, purpose: Type.Optional(line(200)) });
export const ReadingShown = closed({
  officer: Officer,
  at: Words,
  of: Read,
  purpose: Type.Optional(Words),
});
export const NewHandover = closed({ to: Officer, role: codes(ROLES), note: Type.Optional(LongText) });
export const OpenList = closed({
  duties: Type.Array(
    closed({
      channel: Digest,
      case: Type.Optional(Uuid),
      timer: Type.Optional(Words),
      due: Type.Optional(Words),
    }),
  ),
  unacknowledged: Type.Array(closed({ channel: Digest, case: Uuid, message: Uuid })),
  drafts: Type.Array(closed({ draft: Uuid, type: Words, approvals: Count })),
  tasks: Type.Array(closed({ task: Uuid, due: Words })),
  retractions: Type.Array(closed({ message: Uuid, party: Digest })),
});
export const HandoverShown = closed({
  handover: Uuid,
  from: Officer,
  to: Officer,
  role: codes(ROLES),
  note: Type.Optional(Words),
  at: Words,
  open: OpenList,
});
export const LeakDrafted = closed({ draft: Uuid, said: Type.Boolean() });
