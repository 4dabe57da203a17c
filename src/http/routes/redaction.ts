/** Operations on redacted copies (SPEC 13): a copy of an item by a plan, and the proof of one piece that it lacks. */
import { Type } from "typebox";
import { isRefusal } from "#parley/codec/refusal.ts";
import { PIECE_SIZE_LIMIT_BYTES, RedactionMap, RevealedPiece } from "#parley/ledger/redaction-map.ts";
import { provePiece, redactItem } from "#parley/node/redactions.ts";
import { closed, codes, Digest, ROLES, Uuid } from "#parley/protocols/envelope.ts";
import { ACTING, jsonRoute, type Route } from "../route.ts";

const ItemParam = { item: Uuid };
/** Shown by `/evidence/{item}` with everything else; here what a redaction adds. */
const CopyShown = closed({
  item: Uuid,
  of: Uuid,
  digest: Digest,
  size_bytes: Type.Integer({ minimum: 0 }),
  map: RedactionMap,
});
/** The plan's own schema is told by its refusal (SPEC 13.1.2). */
const Plan = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown());

export const REDACTION_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "POST",
    path: "/evidence/{item}/redactions",
    summary: "Makes a redacted copy of an item by a plan, as a new item with the map of what it lacks",
    access: ACTING,
    params: ItemParam,
    body: closed({
      role: codes(ROLES),
      plan: Plan,
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    }),
    status: 201,
    answer: CopyShown,
    handle: async ({ node, person, params, body }) => {
      const { role, plan, name } = body;
      const request = { item: params.item, role, plan, ...(name !== undefined && { name }) };
      const made = await redactItem(node.core, person, request);
      if (isRefusal(made)) return made;
      const { copy } = made;
      return {
        item: copy.item,
        of: params.item,
        digest: copy.digest,
        size_bytes: copy.size_bytes,
        map: made.map,
      };
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/evidence/{item}/pieces",
    summary: "Proves one piece that a redacted copy lacks; the original is read again, which is recorded",
    access: ACTING,
    params: ItemParam,
    body: closed({
      role: codes(ROLES),
      index: Type.Integer({ minimum: 0, maximum: PIECE_SIZE_LIMIT_BYTES }),
    }),
    answer: RevealedPiece,
    handle: ({ node, person, params, body }) => provePiece(node.core, person, { ...body, item: params.item }),
  }),
];
