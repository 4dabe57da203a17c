/**
 * The pack of fields (SPEC 10.2): what the asking side lays on the table.
 *
 * Every member is optional, so that a pack of belief alone is valid and its evaluation says what is missing.
 * Everything the evaluation needs stands here, the receiver's declared languages and retention included:
 * nothing is looked up live. No member carries a person's name, a sensor's place or a victim's identity.
 */
import { Type, type Static } from "typebox";
import {
  closed,
  codes,
  Digest,
  EXPOSURES,
  InstantText,
  Lang,
  line,
  PAP,
  text,
  TLP,
  USES,
} from "../envelope.ts";
import * as list from "./codes.ts";

/** A name inside one pack: for events, exhibits, sensors, sources, collectors. Compared byte for byte. */
const Label = Type.String({ pattern: "^[a-z0-9._-]{1,64}$" });
/** RFC 3339 with or without an offset: a time without one is allowed and leaves E01 unmet. */
const EventTime = Type.String({
  pattern:
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?$",
});
/** A day in UTC. */
const Day = Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
const Address = Type.String({ pattern: "^[0-9a-f.:]{2,45}$" });
const Port = Type.Integer({ minimum: 0, maximum: 65_535 });
const Count = Type.Integer({ minimum: 0 });
const CountryOrValue = line(128);

function some<T extends Parameters<typeof Type.Array>[0]>(item: T, maxItems: number) {
  return Type.Optional(Type.Array(item, { maxItems }));
}

export const EventSchema = closed({
  id: Label,
  time: Type.Optional(EventTime),
  sensor: Type.Optional(Label),
  src_address: Type.Optional(Address),
  src_port: Type.Optional(Port),
  protocol: Type.Optional(codes(list.TRANSPORTS)),
  dst_address: Type.Optional(Address),
  dst_port: Type.Optional(Port),
  duration_s: Type.Optional(Count),
  volume_bytes: Type.Optional(Count),
  count: Type.Optional(Count),
  host: Type.Optional(line(253)),
  sni: Type.Optional(line(253)),
  url: Type.Optional(line(2_048)),
  mail_headers: Type.Optional(text(8_000)),
});

export const CustodyStepSchema = closed({
  act: codes(list.CUSTODY_ACTS),
  at: InstantText,
  /** Role and office that held it, never a person. */
  by: Label,
  tool: Type.Optional(line(128)),
  to: Type.Optional(Label),
});

export const ExhibitSchema = closed({
  id: Label,
  kind: codes(list.EXHIBIT_KINDS),
  verbatim: Type.Optional(Type.Boolean()),
  excerpt: Type.Optional(text(16_000)),
  /** The `digest` of an attachment of this message (SPEC 8.1). */
  attachment: Type.Optional(Digest),
  acquired_sha256: Type.Optional(Digest),
  custody: some(CustodyStepSchema, 50),
});

export const SourceSchema = closed({
  id: Label,
  kind: Type.Optional(codes(list.SOURCE_KINDS)),
  collector: Type.Optional(Label),
  /** SHA-256 of the raw data that this source rests on. */
  raw_sha256: some(Digest, 50),
  derives_from: some(Label, 20),
  admiralty: Type.Optional(Type.String({ pattern: "^[A-G][1-6]$" })),
  four_by_four: Type.Optional(Type.String({ pattern: "^[A-DX][1-4]$" })),
});

export const PackSchema = closed({
  nat_suspected: Type.Optional(Type.Boolean()),
  events: some(EventSchema, 2_000),
  sensors: some(
    closed({
      id: Label,
      class: Type.Optional(codes(list.SENSOR_CLASSES)),
      clock: Type.Optional(
        closed({
          source: codes(["ntp", "ptp", "gps", "roughtime", "manual"]),
          max_error_ms: Type.Integer({ minimum: 0, maximum: 86_400_000 }),
        }),
      ),
    }),
    200,
  ),
  exhibits: some(ExhibitSchema, 500),
  claims: some(closed({ id: Label, claim: text(1_000), exhibits: Type.Array(Label, { maxItems: 50 }) }), 200),
  sources: some(SourceSchema, 200),
  relay_screen: some(
    closed({
      events: Type.Array(Label, { minItems: 1, maxItems: 2_000 }),
      results: Type.Array(codes(list.RELAY_RESULTS), { minItems: 1, maxItems: 10 }),
      /** Labels of `relay_lists`: which were asked (SPEC 16.4). Evaluation does not read them. */
      lists: some(Label, 500),
      as_of: Type.Optional(InstantText),
    }),
    500,
  ),
  relay_lists: some(
    closed({
      id: Label,
      name: line(128),
      version: Type.Optional(line(64)),
      sha256: Digest,
      result: Type.Optional(codes(list.RELAY_RESULTS)),
      from: Type.Optional(Day),
      until: Type.Optional(Day),
    }),
    500,
  ),
  receiver_retention: Type.Optional(closed({ days: Type.Integer({ minimum: 0, maximum: 36_500 }) })),
  jurisdiction: some(
    closed({
      basis: codes(list.JURISDICTION_BASES),
      value: CountryOrValue,
      as_of: Type.Optional(InstantText),
    }),
    50,
  ),
  harm_statement: Type.Optional(text(4_000)),
  handling: Type.Optional(
    closed({
      tlp: codes(TLP),
      pap: Type.Optional(codes(PAP)),
      use: some(codes(USES), 7),
      exposure: Type.Optional(codes(EXPOSURES)),
    }),
  ),
  language: Type.Optional(
    closed({
      texts: Type.Array(Lang, { minItems: 1, maxItems: 8 }),
      receiver_declared: Type.Array(Lang, { minItems: 1, maxItems: 16 }),
    }),
  ),
  contact: Type.Optional(closed({ office: line(128), valid_until: InstantText })),
  alternatives: some(
    closed({
      hypothesis: line(256),
      result: codes(list.ALTERNATIVE_RESULTS),
      because: Type.Optional(text(1_000)),
    }),
    20,
  ),
  victims: some(
    closed({ pseudonym: Type.Optional(Label), consent: Type.Optional(codes(list.CONSENTS)) }),
    1_000,
  ),
  malware: some(
    closed({
      sha256: Digest,
      family: Type.Optional(line(64)),
      family_basis: Type.Optional(codes(list.FAMILY_BASES)),
    }),
    200,
  ),
  earlier_incidents: some(closed({ incident: line(64), method: codes(list.LINK_METHODS) }), 50),
  financial: some(
    closed({
      kind: codes(list.FINANCIAL_KINDS),
      reference: line(128),
      transactions: Type.Array(line(128), { maxItems: 100 }),
    }),
    100,
  ),
  persona_links: some(closed({ persona: Label, basis: codes(list.PERSONA_BASES) }), 50),
  custody_statement: Type.Optional(text(4_000)),
  legal_instrument: Type.Optional(
    closed({
      kind: codes(list.INSTRUMENT_KINDS),
      authority: line(128),
      reference: line(128),
      issued_at: InstantText,
    }),
  ),
  explained: some(closed({ item: codes(list.ITEMS), why: codes(list.EXPLANATIONS) }), 30),
});

type Deep<T> = T extends readonly (infer E)[]
  ? readonly Deep<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Deep<T[K]> }
    : T;

export type Pack = Deep<Static<typeof PackSchema>>;
export type PackEvent = Deep<Static<typeof EventSchema>>;
export type Exhibit = Deep<Static<typeof ExhibitSchema>>;
export type PackSource = Deep<Static<typeof SourceSchema>>;
