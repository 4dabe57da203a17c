/** Operations on what was given to whom: the ledger, the balance, taking back, canaries (SPEC 15.1 to 15.4). */
import { Type } from "typebox";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { COPY_SIZE_LIMIT_BYTES } from "#parley/gate/trace.ts";
import type { DisclosureRow } from "#parley/gate/disclosure.ts";
import { disputeLeak, orderCanary, recordSighting, traceFound } from "#parley/node/canaries.ts";
import { balanceOf, whatTheyKnow } from "#parley/node/disclosures.ts";
import { listRetractions, receivedRetractions, retractItem } from "#parley/node/retractions.ts";
import { Digest } from "#parley/protocols/envelope.ts";
import { ACTING, jsonRoute, type Route } from "../route.ts";
import * as schema from "../disclosure-schemas.ts";
import { ChannelParam } from "../schemas.ts";
import { agreed } from "../shown.ts";

/** Everybody who acts, and who audits; a monitor and a witness belong to others. */
const READERS = [...ACTING, "auditor"] as const;

export const DISCLOSURE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "GET",
    path: "/disclosures",
    summary: "What a party knows from us, as of an instant",
    access: READERS,
    query: { party: Digest, as_of: Type.Optional(Type.Integer({ minimum: 0 })) },
    answer: Type.Array(schema.DisclosureShown),
    handle: ({ node, query: { party, as_of } }) => {
      const rows = whatTheyKnow(node.core, { party, ...(as_of !== undefined && { asOf: as_of }) });
      return isRefusal(rows) ? rows : rows.map(showRow);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/channels/{channel}/balance",
    summary: "Given and got by sensitivity, and what became of requests; the same on both nodes",
    access: "active",
    params: ChannelParam,
    query: { as_of: Type.Optional(Type.Integer({ minimum: 0 })) },
    answer: schema.Balance,
    handle: ({ node, params, query }) => {
      const channel = agreed(node, params.channel);
      return isRefusal(channel) ? channel : { rows: balanceOf(node.core, channel.live, query.as_of) };
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/retractions",
    summary: "What was taken back: who was told, who answered, and what others took back",
    access: READERS,
    answer: schema.RetractionList,
    handle: ({ node }) => ({
      told: listRetractions(node.core),
      received: receivedRetractions(node.core),
    }),
  }),
  jsonRoute({
    method: "POST",
    path: "/retractions",
    summary: "Takes an item back in every channel where it was disclosed",
    access: ACTING,
    body: schema.RetractionOrder,
    status: 201,
    answer: schema.RetractionTold,
    handle: ({ node, person, body }) => {
      const { of: wanted, reason, role, channel, replacement } = body;
      return retractItem(node.core, person, {
        wanted,
        reason,
        role,
        ...(channel !== undefined && { channel }),
        ...(replacement !== undefined && { replacement }),
      });
    },
  }),
  takingFile(
    jsonRoute({
      method: "POST",
      path: "/canaries",
      summary: "A variant of a list of indicators for one party; never of evidence",
      access: ACTING,
      query: schema.CanaryQuery,
      status: 201,
      answer: schema.CanaryMade,
      handle: async ({ node, person, query, body }) => {
        const made = await orderCanary(node.core, person, { ...query, bytes: bytesOf(body) });
        if (isRefusal(made)) return made;
        const { canary, party, original, variant, kind, decoys, rows } = made.canary;
        const file = encodeBase64url(made.bytes);
        return { canary, party, original, variant, kind, decoys, rows, file };
      },
    }),
  ),
  takingFile(
    jsonRoute({
      method: "POST",
      path: "/canaries/trace",
      summary: "Which disclosures a found copy comes from; nothing is kept",
      access: READERS,
      answer: schema.Traces,
      handle: ({ node, body }) => traceFound(node.core, bytesOf(body)),
    }),
  ),
  takingFile(
    jsonRoute({
      method: "POST",
      path: "/sightings",
      summary: "Records that a copy was seen in the wild",
      access: ACTING,
      status: 201,
      answer: schema.SightingShown,
      handle: async ({ node, person, body }) => {
        const sighting = await recordSighting(node.core, person, bytesOf(body));
        if (isRefusal(sighting)) return sighting;
        const { at, officer, digest, confidence, canary, disclosures } = sighting;
        return {
          at,
          officer,
          digest,
          confidence,
          ...(canary !== undefined && { canary }),
          disclosures,
        };
      },
    }),
  ),
  jsonRoute({
    method: "POST",
    path: "/leaks",
    summary: "Drafts a dispute with the ground leak about a disclosure that was seen",
    access: ACTING,
    body: schema.LeakDispute,
    status: 201,
    answer: schema.LeakDrafted,
    handle: async ({ node, person, body }) => {
      const view = await disputeLeak(node.core, person, body);
      return isRefusal(view) ? view : { draft: view.draft.id, said: view.said !== undefined };
    },
  }),
];

/** The same operation with a file as its body. */
function takingFile(route: Route): Route {
  return { ...route, takes: "file" };
}

function bytesOf(body: unknown): Uint8Array {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array(0);
  if (bytes.length > 2 * COPY_SIZE_LIMIT_BYTES)
    throw new Error("the door let a body through that is too large");
  return bytes;
}

function showRow(row: DisclosureRow) {
  const { message: _message, by: _by, to: _to, sightings, released, ...shown } = row;
  return {
    ...shown,
    sightings: sightings.map(({ at, officer, digest, confidence, canary, disclosures }) => {
      return { at, officer, digest, confidence, disclosures, ...(canary !== undefined && { canary }) };
    }),
    ...(released !== undefined && {
      released: {
        draft: released.draft,
        by: released.by,
        approvals: released.approvals.map(({ officer, role }) => ({ officer, role })),
        why: released.why,
      },
    }),
  };
}
