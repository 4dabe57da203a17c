/**
 * Canaries as use cases (SPEC 15.4): making a variant for one counterparty, tracing a found copy, recording where it
 * was seen, and opening a dispute about it. The variant reaches the other side as any file does: as an attachment of
 * a draft that the gate releases.
 */
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { digestOf, makeVariant, type Canary, type RowOrder } from "#parley/gate/canary.ts";
import type { ListFormat } from "#parley/gate/canary-list.ts";
import type { Sighting } from "#parley/gate/disclosure.ts";
import { traceSteps, type Trace } from "#parley/gate/trace.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { NodeCore } from "./core.ts";
import { makeDraft, type DraftView } from "./desk.ts";
import { disclosureRows } from "./disclosures.ts";
import type { Person } from "./house.ts";
import { uuidv7 } from "./uuid.ts";

export interface CanaryOrder {
  readonly bytes: Uint8Array;
  readonly party: string;
  readonly format: ListFormat;
  readonly column?: string;
  readonly order: RowOrder;
  /** The officer's word that the list is no evidence: without it there is no variant. */
  readonly evidence: "none" | "evidence";
}

/** `canary-evidence`, `canary-format`, `not-paired`. The declaration is durable before the bytes are given. */
export async function orderCanary(
  core: NodeCore,
  person: Person,
  { bytes, party, format, column, order, evidence }: CanaryOrder,
): Promise<{ readonly canary: Canary; readonly bytes: Uint8Array } | Refusal> {
  if (evidence !== "none") return refuse("canary-evidence");
  if (!core.house.state.pairings.has(party)) return refuse("not-paired");
  const { backend, clock } = core.ports;
  const { canaries } = core.house.state.work;
  const seed = backend.randomBytes(32);
  const taken = new Set([...canaries.values()].flatMap(({ decoys }) => decoys));
  const input = { bytes, format, order, seed, taken, ...(column !== undefined && { column }) };
  const variant = makeVariant(backend, input);
  if (isRefusal(variant)) return variant;
  const canary: Canary = {
    canary: uuidv7(backend, clock()),
    officer: person.officer,
    party,
    original: digestOf(backend, bytes),
    variant: digestOf(backend, variant.bytes),
    format,
    kind: variant.kind,
    order,
    seed: encodeBase64url(seed),
    decoys: variant.decoys,
    rows: variant.rows,
  };
  await core.record({ type: "house.canary", ...canary });
  return { canary, bytes: variant.bytes };
}

/** Which disclosures a found copy comes from; nothing is recorded. */
export async function traceFound(core: NodeCore, bytes: Uint8Array): Promise<readonly Trace[]> {
  const { canaries } = core.house.state.work;
  const known = { rows: disclosureRows(core), canaries: canaries.values() };
  const run = traceSteps(core.ports.backend, bytes, known);
  for (;;) {
    const step = run.next();
    if (step.done === true) return step.value;
    await core.ports.pause();
  }
}

/** Traces the copy and records the best trace against its disclosures. `canary-unknown`: it points nowhere. */
export async function recordSighting(
  core: NodeCore,
  person: Person,
  bytes: Uint8Array,
): Promise<Sighting | Refusal> {
  const [best] = await traceFound(core, bytes);
  if (best === undefined) return refuse("canary-unknown");
  const digest = digestOf(core.ports.backend, bytes);
  const { verdict: confidence, disclosures, canary } = best;
  await core.record({
    type: "house.sighting",
    officer: person.officer,
    digest,
    confidence,
    ...(canary !== undefined && { canary }),
    disclosures,
  });
  const made = core.house.state.work.sightings.at(-1);
  if (made === undefined) throw new Error("a sighting did not reach its fold");
  return made;
}

/** Drafts a dispute with ground `leak` about a disclosure that was seen; it leaves like any draft. */
export function disputeLeak(
  core: NodeCore,
  person: Person,
  leak: {
    readonly message: string;
    readonly role: Role;
    readonly statement: { readonly lang: string; readonly text: string };
  },
): Promise<DraftView | Refusal> {
  const row = disclosureRows(core).find(({ id, sightings }) => id === leak.message && sightings.length > 0);
  const channel = row && core.channels.get(row.channel);
  if (row === undefined || channel === undefined) return Promise.resolve(refuse("canary-unknown"));
  return makeDraft(core, channel, person, {
    type: "dispute.raise",
    role: leak.role,
    body: {
      target: row.case,
      ground: "leak",
      point: { kind: "fact", ref: row.id },
      statement: leak.statement,
    },
    envelope: {
      refs: [
        { kind: "case", id: row.case },
        { kind: "message", id: row.id },
      ],
    },
  });
}
