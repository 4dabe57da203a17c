/**
 * Redacted copies of evidence (SPEC 13.1.5): an item in, another item out, with the map of what it lacks; and
 * proofs of single pieces for a later reveal.
 *
 * Guarantees: the original is opened under custody; seed, plan and map are durable before the copy is an item; a
 * refusal leaves neither. The bytes are read in a process apart.
 */
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { RedactionMap, RevealedPiece } from "#parley/ledger/redaction-map.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { redactApart } from "#parley/redaction/apart.ts";
import { readRedactionPlan, type RedactionPlan } from "#parley/redaction/plan.ts";
import { SEED_SIZE_BYTES } from "#parley/redaction/work.ts";
import type { NodeCore } from "./core.ts";
import { addDerivedItem, findItem, openItem } from "./evidence.ts";
import type { Item } from "./house-evidence.ts";
import type { Person } from "./house.ts";

export interface RedactionRequest {
  readonly item: string;
  readonly role: Role;
  /** As somebody wrote it; refused unless it is one (SPEC 13.1.2). */
  readonly plan: unknown;
  /** Of the copy; by default that of the original. */
  readonly name?: string;
}

/** Stops the copy on its way into the vault, so that nothing of it stays. */
class CopyRefused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export interface RedactedItem {
  readonly copy: Item;
  readonly map: RedactionMap;
}

/** The redacted copy as a new item of the vault; its `redaction` is the map. */
export async function redactItem(
  core: NodeCore,
  person: Person,
  request: RedactionRequest,
): Promise<RedactedItem | Refusal> {
  const plan = readRedactionPlan(request.plan);
  if (isRefusal(plan)) return plan;
  const { item, role, name } = request;
  const original = await openItem(core, person, { item, role, purpose: "redaction" });
  if (isRefusal(original)) return original;
  const making = makeCopy(core, person, { ...request, plan }, original.content);
  const tool = `redaction ${plan.format}`;
  const input = {
    of: item,
    role,
    tool,
    redaction: () => mapToJson(making.map()),
    ...(name !== undefined && { name }),
  };
  try {
    const copy = await addDerivedItem(core, person, input, making.copy);
    return isRefusal(copy) ? copy : { copy, map: making.map() };
  } catch (fault) {
    if (fault instanceof CopyRefused) return fault.refusal;
    throw fault;
  }
}

interface Making {
  readonly copy: AsyncIterable<Uint8Array>;
  /** Once the copy was read to its end. */
  readonly map: () => RedactionMap;
}

function makeCopy(
  core: NodeCore,
  person: Person,
  { item, role, plan }: { readonly item: string; readonly role: Role; readonly plan: RedactionPlan },
  source: AsyncIterable<Uint8Array>,
): Making {
  const { backend } = core.ports;
  const seed = backend.randomBytes(SEED_SIZE_BYTES);
  let map: RedactionMap | undefined;
  const copy = async function* (): AsyncGenerator<Uint8Array> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const write = (chunk: Uint8Array): Promise<void> => writer.write(chunk);
    const done = redactApart({ source, plan, seed, backend, write }).then(
      async (result) => {
        await writer.close();
        return result;
      },
      async (fault: unknown) => {
        await writer.abort(fault).catch(() => undefined);
        throw fault;
      },
    );
    // Told below; until then a fault of the child must not count as unheard.
    done.catch(() => undefined);
    yield* readable;
    const result = await done;
    if (isRefusal(result)) throw new CopyRefused(result);
    map = result.map;
    await core.record({
      type: "house.redaction",
      officer: person.officer,
      role,
      of: item,
      copy: result.map.copy.digest,
      seed: encodeBase64url(seed),
      plan: planToJson(plan),
      map: mapToJson(map),
    });
  };
  return {
    copy: copy(),
    map: () => {
      if (map === undefined) throw new Error("a map before its copy");
      return map;
    },
  };
}

/** One piece with its proof (SPEC 13.3.2): the original is read again, and the copy made again without being kept. */
export async function provePiece(
  core: NodeCore,
  person: Person,
  { item, role, index }: { readonly item: string; readonly role: Role; readonly index: number },
): Promise<RevealedPiece | Refusal> {
  const copy = findItem(core, item);
  const kept = isRefusal(copy) ? undefined : core.house.state.redaction.copies.get(copy.digest);
  const plan = kept && readRedactionPlan(kept.plan);
  const seed = kept && parseBase64url(kept.seed, SEED_SIZE_BYTES);
  if (kept === undefined || isRefusal(plan) || plan === undefined || isRefusal(seed) || seed === undefined)
    return isRefusal(copy) ? copy : refuse("withheld-unknown");
  const original = await openItem(core, person, { item: kept.of, role, purpose: "reveal" });
  if (isRefusal(original)) return original;
  const { backend } = core.ports;
  const write = (): void => undefined;
  const done = await redactApart({ source: original.content, plan, seed, backend, write, reveal: index });
  if (isRefusal(done)) return done;
  return done.piece ?? refuse("withheld-unknown");
}

function mapToJson({ places, left_out, ...rest }: RedactionMap): JsonObject {
  return {
    ...rest,
    places: places.map((place) => ({ ...place })),
    left_out: left_out.map((row) => ({ ...row })),
  };
}

/** Plans are JSON by their schema; the house feed writes them strictly, so what is undefined is left out. */
function planToJson(plan: RedactionPlan): JsonObject {
  return JSON.parse(JSON.stringify(plan)) as JsonObject;
}
