/**
 * Keys of officers in a party document (SPEC 17.3): what the roots of a party vouch for.
 *
 * A member that lists nothing is passed over, because documents older than this clause may hold any text there.
 */
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { encodeJson, parseJson } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { PartyDocument } from "./document.ts";

const closed = { additionalProperties: false };
const Digest = Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" });

export const ListedKeySchema = Type.Object(
  {
    key: Type.String({ pattern: "^[A-Za-z0-9_-]{56,103}$" }),
    officer: Type.Integer({ minimum: 1, maximum: 999_999 }),
    origin: Type.String({ maxLength: 300 }),
    revoked: Type.Optional(
      Type.Array(Type.Object({ channel: Digest, size: Type.Integer({ minimum: 0 }) }, closed), {
        maxItems: 16,
      }),
    ),
    rp_id: Type.String({ maxLength: 253 }),
  },
  closed,
);

export type ListedKey = Static<typeof ListedKeySchema>;

/** The keys that a document lists, in its order. */
export function listedKeys({ passkeys }: Pick<PartyDocument, "passkeys">): readonly ListedKey[] {
  return passkeys.flatMap((text) => {
    const bytes = parseBase64url(text);
    const value = isRefusal(bytes) ? bytes : parseJson(bytes);
    return !isRefusal(value) && Value.Check(ListedKeySchema, value) ? [value] : [];
  });
}

/** One member of `passkeys`. */
export function encodeListedKey(listed: ListedKey): string {
  return encodeBase64url(encodeJson(listed));
}
