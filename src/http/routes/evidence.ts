/**
 * Operations on evidence files (SPEC 12): take in, list, show, hold, erase, save; and what is on its way from others.
 *
 * Nothing here is answered as anything but JSON or a file to be saved: no route renders, previews or sniffs content.
 */
import { Type, type Static, type TProperties, type TSchema } from "typebox";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { TransferView } from "#parley/node/transfer.ts";
import { addItem, displayName, findItem, openItem, openSealed } from "#parley/node/evidence.ts";
import { dueItems, eraseItem, holdItem, verifyItem } from "#parley/node/evidence-keeping.ts";
import { CUSTODY_ACTS, ITEM_ORIGINS, type Item } from "#parley/node/house-evidence.ts";
import type { Person } from "#parley/node/house.ts";
import {
  CLOCK_SOURCES,
  closed,
  codes,
  Digest,
  InstantText,
  line,
  ROLES,
  Uuid,
  type Role,
} from "#parley/protocols/envelope.ts";
import type { Upload } from "../body.ts";
import { isDownload, toDownload, type Download } from "../download.ts";
import { ACTING, jsonRoute, type Access, type Method, type Route, type Shown } from "../route.ts";
import { Anything } from "../schemas.ts";

const KEEPERS = ["authority", "principal"] as const;

const Count = Type.Integer({ minimum: 0 });
const Clock = closed({ source: codes(CLOCK_SOURCES), max_error_ms: Count });
const Custody = closed({
  at: Type.String(),
  act: codes(CUSTODY_ACTS),
  officer: Count,
  role: codes(ROLES),
  note: Type.Optional(Type.String()),
  channel: Type.Optional(Digest),
  party: Type.Optional(Digest),
});
const itemMembers = {
  item: Uuid,
  origin: codes(ITEM_ORIGINS),
  at: Type.String(),
  officer: Count,
  role: codes(ROLES),
  digest: Digest,
  size_bytes: Count,
  media_type: Type.String(),
  name: Type.Optional(Type.String()),
  held: Type.Boolean(),
  erased: Type.Boolean(),
  retain_until: Type.Optional(Type.String()),
} as const;
const ItemRow = closed(itemMembers);
const ItemShown = closed({
  ...itemMembers,
  name_given: Type.Optional(Type.String()),
  commit: Digest,
  blob: Digest,
  blob_size: Count,
  acquired_at: Type.Optional(Type.String()),
  tool: Type.Optional(Type.String()),
  clock: Type.Optional(Clock),
  of: Type.Optional(Uuid),
  redaction: Type.Optional(Anything),
  from: Type.Optional(closed({ channel: Digest, feed: Digest, seq: Count, commit: Digest })),
  custody: Type.Array(Custody),
});
const Transfer = closed({
  ct: Digest,
  channel: Digest,
  feed: Digest,
  seq: Count,
  size_bytes: Count,
  media_type: Type.String(),
  name: Type.Optional(Type.String()),
  have: Count,
  total: Count,
  status: codes(["waiting", "fetching", "received", "refused", "held-back"]),
  code: Type.Optional(Type.String()),
  item: Type.Optional(Uuid),
});

const AsRole = { role: Type.Optional(codes(ROLES)) } as const;
const ItemParam = { item: Uuid } as const;
const Reason = closed({ ...AsRole, reason: line(500) });

const IntakeQuery = {
  ...AsRole,
  media_type: Type.Optional(line(127)),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  size_bytes: Type.Optional(Count),
  tool: Type.Optional(line(128)),
  acquired_at: Type.Optional(InstantText),
  clock_source: Type.Optional(codes(CLOCK_SOURCES)),
  clock_error_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
  retain_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 36_525 })),
} as const;

export const EVIDENCE_ROUTES: readonly Route[] = [
  uploadRoute({
    path: "/evidence",
    summary: "Takes in one file of any size, as it arrives; each kept file is also a house event",
    query: IntakeQuery,
    answer: ItemShown,
    handle: async ({ node, person, query, body }) => {
      const { clock_source: source, clock_error_ms: max_error_ms, ...rest } = query;
      const size_bytes = query.size_bytes ?? body.sizeBytes;
      const input = {
        ...rest,
        role: roleOf(person, query.role),
        media_type: query.media_type ?? "application/octet-stream",
        ...(size_bytes !== undefined && { size_bytes }),
        ...(source !== undefined && max_error_ms !== undefined && { clock: { source, max_error_ms } }),
      };
      const item = await addItem(node.core, person, input, body.stream);
      return isRefusal(item) ? item : showItem(item);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/evidence",
    summary: "Evidence files, newest first; with `due` those whose retention has passed",
    access: "active",
    query: { due: Type.Optional(Type.Boolean()) },
    answer: Type.Array(ItemRow),
    handle: ({ node, query }) => {
      const { items } = node.core.house.state.evidence;
      const rows = query.due === true ? dueItems(node.core, node.core.ports.clock()) : [...items.values()];
      return rows.map(showRow).reverse();
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/evidence/transfers",
    summary: "Files that others attached: on their way, received, refused",
    access: "active",
    answer: Type.Array(Transfer),
    handle: ({ node }) => node.transfers.view().map(showTransfer),
  }),
  jsonRoute({
    method: "POST",
    path: "/evidence/transfers/{ct}/fetch",
    summary: "Fetches an attachment that was refused or is over the quota",
    access: ACTING,
    params: { ct: Digest },
    answer: closed({ ct: Digest }),
    handle: async ({ node, person, params }) => {
      const asked = await node.transfers.ask(person.officer, params.ct);
      return isRefusal(asked) ? asked : { ct: params.ct };
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/evidence/{item}",
    summary: "One evidence file with its custody; never its content",
    access: "active",
    params: ItemParam,
    answer: ItemShown,
    handle: ({ node, params }) => shownOf(findItem(node.core, params.item)),
  }),
  jsonRoute({
    method: "POST",
    path: "/evidence/{item}/hold",
    summary: "Sets or releases a legal hold",
    access: KEEPERS,
    params: ItemParam,
    body: closed({ ...AsRole, reason: line(500), hold: Type.Boolean() }),
    answer: ItemShown,
    handle: async ({ node, person, params, body }) => {
      const act = {
        ...params,
        reason: body.reason,
        hold: body.hold,
        role: roleOf(person, body.role, KEEPERS),
      };
      return shownOf(await holdItem(node.core, person, act));
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/evidence/{item}/erase",
    summary: "Erases the sealed file and its copies; digest, custody and reason remain",
    access: KEEPERS,
    params: ItemParam,
    body: Reason,
    answer: ItemShown,
    handle: async ({ node, person, params, body }) => {
      const act = { ...params, reason: body.reason, role: roleOf(person, body.role, KEEPERS) };
      return shownOf(await eraseItem(node.core, person, act));
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/evidence/{item}/verify",
    summary: "Hashes the stored file again; recorded",
    access: ACTING,
    params: ItemParam,
    body: closed(AsRole),
    answer: ItemShown,
    handle: async ({ node, person, params, body }) => {
      const act = { ...params, role: roleOf(person, body.role) };
      return shownOf(await verifyItem(node.core, person, act));
    },
  }),
  downloadRoute({
    path: "/evidence/{item}/sample",
    summary: "The content as a file that ends in .sample; recorded with its purpose",
    params: ItemParam,
    query: { ...AsRole, purpose: line(500) },
    handle: async ({ node, person, params, query }) => {
      const reading = { ...params, role: roleOf(person, query.role), purpose: query.purpose };
      const read = await openItem(node.core, person, { ...reading, act: "saved" });
      if (isRefusal(read)) return read;
      const name = `${displayName(read.item)}.sample`;
      return toDownload(read.content, { name, sizeBytes: read.item.size_bytes });
    },
  }),
  downloadRoute({
    path: "/evidence/{item}/age",
    summary: "The age file as it is kept; recorded with its purpose",
    params: ItemParam,
    query: { ...AsRole, purpose: line(500) },
    handle: async ({ node, person, params, query }) => {
      const reading = { ...params, role: roleOf(person, query.role), purpose: query.purpose };
      const sealed = await openSealed(node.core, person, reading);
      if (isRefusal(sealed)) return sealed;
      const name = `${displayName(sealed.item)}.age`;
      return toDownload(sealed.content, { name, sizeBytes: sealed.item.blob_size });
    },
  }),
];

/** As whom the person acts: as asked, else the first role that fits. A role that is not theirs is refused later. */
function roleOf(person: Person, asked: Role | undefined, among: readonly Role[] = ACTING): Role {
  return asked ?? person.roles.find((role) => among.includes(role)) ?? "watch";
}

type ItemAnswer = Shown<Static<typeof ItemShown>>;

function shownOf(item: Item | Refusal): ItemAnswer | Refusal {
  return isRefusal(item) ? item : showItem(item);
}

function showRow(item: Item): Shown<Static<typeof ItemRow>> {
  const { origin, at, officer, role, digest, size_bytes, media_type, held, erased, retain_until } = item;
  const members = {
    item: item.item,
    origin,
    at,
    officer,
    role,
    digest,
    size_bytes,
    media_type,
    held,
    erased,
  };
  return {
    ...members,
    ...(item.name !== undefined && { name: displayName(item) }),
    ...(retain_until !== undefined && { retain_until }),
  };
}

function showItem(item: Item): ItemAnswer {
  const { commit, blob, blob_size, acquired_at, tool, clock, of, redaction, from, custody, name } = item;
  return {
    ...showRow(item),
    commit,
    blob,
    blob_size,
    custody,
    ...(name !== undefined && { name_given: name }),
    ...(acquired_at !== undefined && { acquired_at }),
    ...(tool !== undefined && { tool }),
    ...(clock !== undefined && { clock }),
    ...(of !== undefined && { of }),
    ...(redaction !== undefined && { redaction }),
    ...(from !== undefined && { from }),
  };
}

function showTransfer(view: TransferView): Shown<Static<typeof Transfer>> {
  const { channel, feed, seq, attachment, have, total, status, code, item } = view;
  const { ct, size_bytes, media_type, name } = attachment;
  return {
    ct,
    channel,
    feed,
    seq,
    size_bytes,
    media_type,
    ...(name !== undefined && { name: displayName({ name }) }),
    have,
    total,
    status,
    ...(code !== undefined && { code }),
    ...(item !== undefined && { item }),
  };
}

type Handle<P extends TProperties, Q extends TProperties, B, A> = (
  call: Omit<Parameters<Parameters<typeof jsonRoute<TSchema, TSchema, P, Q>>[0]["handle"]>[0], "body"> & {
    readonly body: B;
  },
) => Promise<A | Refusal>;

/** An operation whose body is read by its handler while it arrives. */
function uploadRoute<A extends TSchema, Q extends TProperties>(row: {
  readonly path: string;
  readonly summary: string;
  readonly query: Q;
  readonly answer: A;
  readonly handle: Handle<Record<never, never>, Q, Upload, Shown<Static<A>>>;
}): Route {
  const { handle, ...rest } = row;
  const common: { readonly method: Method; readonly access: Access } = { method: "POST", access: ACTING };
  const route = jsonRoute<A, TSchema, Record<never, never>, Q>({
    ...rest,
    ...common,
    status: 201,
    handle: (call) => {
      const { body } = call;
      return isUpload(body) ? handle({ ...call, body }) : refuse("api-media-type");
    },
  });
  return { ...route, takes: "upload" };
}

function isUpload(body: unknown): body is Upload {
  return (
    typeof body === "object" && body !== null && "stream" in body && body.stream instanceof ReadableStream
  );
}

/** An operation whose answer is a file of any size. */
function downloadRoute<P extends TProperties, Q extends TProperties>(row: {
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  readonly handle: Handle<P, Q, unknown, Download>;
}): Route {
  const common: { readonly method: Method; readonly access: Access } = { method: "GET", access: ACTING };
  const route = jsonRoute<typeof Anything, TSchema, P, Q>({ ...row, ...common, answer: Anything });
  const { answer: _, ...rest } = route;
  return {
    ...rest,
    gives: "file",
    run: async (call) => {
      const reply = await route.run(call);
      return !isRefusal(reply) && reply.kind === "json" && isDownload(reply.value) ? reply.value : reply;
    },
  };
}
