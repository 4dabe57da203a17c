/**
 * The envelope of every message (SPEC 8.1): what each protocol's messages share on the wire.
 * Schemas are JSON Schema objects; the same objects are published under `spec/schemas/`.
 */
import { Type, type Static, type TObject, type TProperties } from "typebox";

export const NATURES = ["real", "exercise", "test"] as const;
export const PRECEDENCES = ["flash", "immediate", "priority", "routine"] as const;
export const LAYERS = ["technical", "formal", "principal"] as const;
export const ROLES = [
  "watch",
  "analyst",
  "releaser",
  "authority",
  "principal",
  "liaison",
  "monitor",
  "witness",
  "auditor",
] as const;
export const TLP = ["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"] as const;
export const USES = ["H0", "H1", "H2", "H3", "U-DEF", "U-INV", "U-NEG"] as const;
export const PAP = ["RED", "AMBER", "GREEN", "CLEAR"] as const;
export const EXPOSURES = ["cat1", "cat2", "cat3", "cat4", "cat5", "cat6"] as const;
export const CLOCK_SOURCES = ["ntp", "ptp", "gps", "roughtime", "manual"] as const;
export const TRANSLATIONS = ["certified", "staff", "machine", "none"] as const;
export const REF_KINDS = [
  "case",
  "message",
  "channel",
  "red_line",
  "mandate",
  "finding",
  "attribution",
] as const;

export type Nature = (typeof NATURES)[number];
export type Precedence = (typeof PRECEDENCES)[number];
export type Layer = (typeof LAYERS)[number];
export type Role = (typeof ROLES)[number];

/** A closed code list as JSON Schema `enum`. */
export function codes<const T extends readonly string[]>(values: T) {
  return Type.Enum<[...T]>([...values]);
}

/** A closed object: an unknown member is a schema error, never ignored (SPEC 8.1.2). */
export function closed<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

/** UUIDv7 in lower-case text form; time-ordered and made by the sender. */
export const Uuid = Type.String({
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
});
/** SHA-256 in base64url without padding. */
export const Digest = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
/** SPEC 1.4. */
export const InstantText = Type.String({
  pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
});
/** BCP 47, the subset of letters, digits and hyphens. */
export const Lang = Type.String({ pattern: "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$" });
/** One line: no control character at all (threats.md row 8). */
export function line(maxLength: number) {
  return Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" });
}
/** Free text: line feed and tab are the only controls. */
export function text(maxLength: number) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]*$",
  });
}

export const Text = closed({
  lang: Lang,
  form: codes(["original", "translation"]),
  translation: Type.Optional(codes(TRANSLATIONS)),
  translator: Type.Optional(codes(ROLES)),
  text: text(16_000),
});

export const Ref = closed({ kind: codes(REF_KINDS), id: line(64) });

export const Attachment = closed({
  commit: Digest,
  ct: Digest,
  digest: Digest,
  size_bytes: Type.Integer({ minimum: 0 }),
  media_type: line(127),
  name: Type.Optional(line(255)),
});

export const Withheld = closed({ path: line(256), commit: Digest });

/** Members of every message apart from `type` and `body`. */
export const EnvelopeFields = {
  case: Uuid,
  id: Uuid,
  serial: Type.Integer({ minimum: 1, maximum: 999_999 }),
  nature: codes(NATURES),
  precedence: codes(PRECEDENCES),
  layer: codes(LAYERS),
  clock: Type.Optional(
    closed({ source: codes(CLOCK_SOURCES), max_error_ms: Type.Integer({ minimum: 0, maximum: 86_400_000 }) }),
  ),
  from_role: codes(ROLES),
  officer: Type.Integer({ minimum: 1, maximum: 999_999 }),
  texts: Type.Optional(Type.Array(Text, { minItems: 1, maxItems: 8 })),
  tlp: codes(TLP),
  use: Type.Optional(Type.Array(codes(USES), { maxItems: 7 })),
  pap: Type.Optional(codes(PAP)),
  exposure: Type.Optional(codes(EXPOSURES)),
  source_grade: Type.Optional(
    closed({
      admiralty: Type.String({ pattern: "^[A-G][1-6]$" }),
      four_by_four: Type.Optional(Type.String({ pattern: "^[A-DX][1-4]$" })),
    }),
  ),
  attach: Type.Optional(Type.Array(Attachment, { maxItems: 64 })),
  refs: Type.Optional(Type.Array(Ref, { maxItems: 64 })),
  withheld: Type.Optional(Type.Array(Withheld, { maxItems: 256 })),
} as const;

/** The envelope alone: what the engine reads of a message of any type. `type` and `body` are checked per type. */
export interface Envelope {
  readonly type: string;
  readonly case: string;
  readonly id: string;
  readonly serial: number;
  readonly nature: Nature;
  readonly precedence: Precedence;
  readonly layer: Layer;
  readonly from_role: Role;
  readonly officer: number;
  readonly texts?: readonly Static<typeof Text>[];
  readonly tlp: (typeof TLP)[number];
  readonly refs?: readonly Static<typeof Ref>[];
  readonly withheld?: readonly Static<typeof Withheld>[];
}

/** The whole schema of one message type: envelope, literal `type`, closed `body`. */
export function messageSchema<T extends string, B extends TProperties>(type: T, body: B) {
  return closed({ ...EnvelopeFields, type: Type.Literal(type), body: closed(body) });
}
