/**
 * What a redacted copy says of what it lacks, and how a later reveal proves it (SPEC 13.2, 13.3).
 *
 * A map commits to the original and, by one root, to every piece that was left out, so it stays small whatever was
 * left out. Guarantees: whoever holds the map judges a reveal without the original, without a key and without us; a
 * map alone tells nothing about a piece but its place. It does not say that the copy was made well: a reader of the
 * revealed original compares the two.
 */
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { bytesEqual, concatBytes, encodeBase64url, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { parseJson } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { commitTo, opensCommitment, SALT_SIZE_BYTES, type Digesting } from "#parley/crypto/payload.ts";
import { leafHash, rootFromInclusion, type Hash } from "./tree.ts";

export type RedactionMapCode = "redaction-map-malformed" | "reveal-mismatch";

/** SPEC 13.1.3: what was done to a piece. */
export const REDACTION_ACTS = ["dropped", "masked", "changed", "cut", "covered", "stripped"] as const;
export type RedactionAct = (typeof REDACTION_ACTS)[number];

/** SPEC 13.1.1. */
export const REDACTION_FORMATS = ["json", "stix", "csv", "log", "mail", "capture", "pdf", "image"] as const;

/** SPEC 13.2.4: places that a map lists; a capture has more packets than anybody reads. */
export const PLACES_LIMIT = 1_000;
/** Characters of one place. */
export const PLACE_LENGTH_LIMIT = 256;
/** A map lists places and counts: at most 1,000 places of 256 characters in six bytes each, and a little more. */
export const REDACTION_MAP_SIZE_LIMIT_BYTES = 2 * 1_048_576;
/** A piece is at most an attachment of a document; base64 and the path around it. */
export const PIECE_SIZE_LIMIT_BYTES = 96 * 1_048_576;

const Sha256Text = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Act = Type.Enum([...REDACTION_ACTS]);
const Place = Type.String({ maxLength: PLACE_LENGTH_LIMIT });
const closed = { additionalProperties: false } as const;

/** SPEC 13.2.1. */
export const FileIdentity = Type.Object({ digest: Sha256Text, size_bytes: Count }, closed);
export type FileIdentity = Static<typeof FileIdentity>;

export const RedactionMap = Type.Object(
  {
    v: Type.Literal(1),
    type: Type.Literal("redaction"),
    format: Type.Enum([...REDACTION_FORMATS]),
    copy: FileIdentity,
    original: Type.Object({ commit: Sha256Text }, closed),
    pieces: Type.Object({ count: Count, root: Sha256Text }, closed),
    left_out: Type.Array(Type.Object({ how: Act, count: Count }, closed), {
      maxItems: REDACTION_ACTS.length,
    }),
    places: Type.Array(Type.Object({ at: Place, how: Act }, closed), { maxItems: PLACES_LIMIT }),
  },
  closed,
);
export type RedactionMap = Static<typeof RedactionMap>;

/** SPEC 13.3.2: one piece shown later, with everything that ties it to the map. */
export const RevealedPiece = Type.Object(
  {
    v: Type.Literal(1),
    type: Type.Literal("redaction.piece"),
    index: Count,
    salt: Sha256Text,
    at: Type.String({ maxLength: 65_536 }),
    how: Act,
    value: Type.String({ pattern: "^[A-Za-z0-9_-]*$" }),
    path: Type.Array(Sha256Text, { maxItems: 64 }),
  },
  closed,
);
export type RevealedPiece = Static<typeof RevealedPiece>;

const mapShape = Compile(RedactionMap);
const pieceShape = Compile(RevealedPiece);

/** SPEC 13.2: strict JSON of the map, and counts that add up. */
export function parseRedactionMap(bytes: Uint8Array): RedactionMap | Refusal<RedactionMapCode> {
  const value = parseJson(bytes, { sizeLimitBytes: REDACTION_MAP_SIZE_LIMIT_BYTES });
  if (isRefusal(value) || !mapShape.Check(value)) return refuse("redaction-map-malformed");
  const counted = value.left_out.reduce((sum, { count }) => sum + count, 0);
  const listed = Math.min(value.pieces.count, PLACES_LIMIT);
  return counted === value.pieces.count && value.places.length === listed
    ? value
    : refuse("redaction-map-malformed");
}

export function parseRevealedPiece(bytes: Uint8Array): RevealedPiece | Refusal<RedactionMapCode> {
  const value = parseJson(bytes, { sizeLimitBytes: PIECE_SIZE_LIMIT_BYTES });
  return isRefusal(value) || !pieceShape.Check(value) ? refuse("redaction-map-malformed") : value;
}

/** SPEC 13.2.3: the leaf of one piece: a commitment, so that its neighbours in a path tell nothing. */
export function pieceLeaf(
  backend: Digesting,
  salt: Uint8Array,
  piece: { readonly at: string; readonly how: RedactionAct; readonly value: Uint8Array },
): Hash {
  const head = utf8(`${piece.how} ${piece.at}\n`);
  return leafHash(backend.sha256, commitTo(backend, salt, concatBytes(head, piece.value)));
}

/** SPEC 13.3.2: the piece stood at its index when the map was made. Answers the value that was left out. */
export function verifyRevealedPiece(
  backend: Digesting,
  { pieces }: RedactionMap,
  piece: RevealedPiece,
): Uint8Array | Refusal<RedactionMapCode> {
  const { index, at, how } = piece;
  const salt = parseBase64url(piece.salt, SALT_SIZE_BYTES);
  const value = parseBase64url(piece.value);
  const path = piece.path.flatMap((text) => {
    const hash = parseBase64url(text, 32);
    return isRefusal(hash) ? [] : [hash];
  });
  if (isRefusal(salt) || isRefusal(value) || path.length !== piece.path.length)
    return refuse("redaction-map-malformed");
  const leaf = pieceLeaf(backend, salt, { at, how, value });
  const root = rootFromInclusion(backend.sha256, leaf, index, pieces.count, path);
  return root !== undefined && encodeBase64url(root) === pieces.root
    ? value
    : refuse("reveal-mismatch", { index });
}

/** SPEC 13.3.1: the file with this digest and size is the original that the map names. */
export function verifyRevealedOriginal(
  backend: Digesting,
  { original }: RedactionMap,
  opening: { readonly salt: string; readonly value: FileIdentity },
): true | Refusal<RedactionMapCode> {
  const { digest, size_bytes } = opening.value;
  const value = { digest, size_bytes };
  return opensCommitment(backend, original.commit, { salt: opening.salt, value })
    ? true
    : refuse("reveal-mismatch");
}

/** The bytes are the copy that the map describes. */
export function verifyCopy(
  backend: Digesting,
  { copy }: RedactionMap,
  bytes: Uint8Array,
): true | Refusal<RedactionMapCode> {
  const digest = parseBase64url(copy.digest, 32);
  const same = !isRefusal(digest) && bytesEqual(digest, backend.sha256(bytes));
  return same && bytes.length === copy.size_bytes ? true : refuse("reveal-mismatch");
}
