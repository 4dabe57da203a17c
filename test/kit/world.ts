/**
 * A small world for tests: several nodes in one process on one clock, joined by direct calls.
 *
 * The real node, store and cryptography; only the clock, the wire and the people are the test's.
 */
import assert from "node:assert/strict";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import type { Json, JsonObject } from "#parley/codec/json.ts";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, type Instant } from "#parley/codec/time.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeSecret } from "#parley/crypto/node-key.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import type { LiveChannel } from "#parley/node/core.ts";
import type { DraftInput, DraftView } from "#parley/node/desk.ts";
import type { Person } from "#parley/node/house.ts";
import type { Identity } from "#parley/node/identity.ts";
import type { ListFile } from "#parley/intel/load.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { PeerFault } from "#parley/node/ports.ts";
import { createParty } from "#parley/party/create.ts";
import { partyToDigits } from "#parley/party/pairing.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { openSqliteStore } from "#parley/store/sqlite.ts";
import type { Store } from "#parley/store/store.ts";
import type { Vault } from "#parley/vault/vault.ts";

export const START = mustInstant("2026-11-22T02:10:00Z");

export function mustInstant(text: string): Instant {
  const at = parseInstant(text);
  assert(!isRefusal(at), text);
  return at;
}

/** Fails the test with the code when a use case refused. */
export function accepted<T>(value: T | Refusal): T {
  assert(!isRefusal(value), isRefusal(value) ? `${value.code} ${JSON.stringify(value.facts)}` : "");
  return value;
}

export function refusedWith(value: unknown, code: string): void {
  assert(isRefusal(value), "accepted where a refusal was expected");
  assert.equal(value.code, code);
}

export interface Resident {
  readonly name: string;
  readonly party: string;
  readonly identity: Identity;
  readonly store: Store;
  /** Sign the next version of the party document. */
  readonly roots: readonly NodeSecret[];
  vault: Vault | undefined;
  node: ParleyNode;
  people: ReadonlyMap<string, Person>;
}

export interface World {
  now: Instant;
  readonly backend: CryptoBackend;
  readonly residents: readonly Resident[];
  /** Pairs "A>B" that the wire does not carry now. */
  readonly cut: Set<string>;
  /** Warning lists in the folder of a resident, by name. */
  readonly lists: Map<string, readonly ListFile[]>;
  /** Bundles that passed, newest last. */
  readonly passed: { readonly from: string; readonly to: string; readonly body: Uint8Array }[];
  readonly restart: (resident: Resident, store?: Store) => Promise<void>;
  readonly settle: (rounds?: number) => Promise<void>;
}

const CREW: Readonly<Record<string, readonly Role[]>> = {
  watch: ["watch"],
  analyst: ["analyst"],
  releaser1: ["releaser"],
  releaser2: ["releaser"],
  authority: ["authority"],
  principal: ["principal"],
};

/** `names` become parties with paired nodes; nothing is agreed yet. */
export async function makeWorld(
  names: readonly string[],
  backend: CryptoBackend = createNodeBackend(),
  partyBackend: CryptoBackend = backend,
  openStore: (name: string) => Promise<Store> = () => openSqliteStore({ path: ":memory:" }),
  vaultOf: (name: string) => Promise<Vault | undefined> = () => Promise.resolve(undefined),
): Promise<World> {
  const residents: Resident[] = [];
  const world: World = {
    now: START,
    backend,
    residents,
    cut: new Set(),
    lists: new Map(),
    passed: [],
    restart: async (resident, store) => {
      resident.node = await openNode(world, resident, store ?? resident.store);
    },
    settle: async (rounds = 4) => {
      for (let i = 0; i < rounds; i++) for (const { node } of residents) await node.tick();
    },
  };
  for (const name of names)
    residents.push(await makeResident(world, name, partyBackend, await openStore(name), await vaultOf(name)));
  for (const a of residents) for (const b of residents) if (a !== b) await pairWith(a, b);
  return world;
}

async function makeResident(
  world: World,
  name: string,
  partyBackend: CryptoBackend,
  store: Store,
  vault: Vault | undefined,
): Promise<Resident> {
  const { backend } = world;
  const created = createParty(partyBackend, {
    expires: encodeInstant(world.now + 365 * 86_400),
    handle: name.toUpperCase(),
    languages: ["en", "ar", "ru"],
    name,
    offices: [],
    tls_pins: [pinFor(backend, name)],
    urls: [`https://${name}.example:8443`],
  });
  const archiveSeed = backend.randomBytes(32);
  const identity: Identity = {
    chain: created.chain,
    secret: created.node,
    kemSeeds: [created.kemSeed],
    archiveSeed,
    archiveRecipient: backend.xWing.publicKey(archiveSeed),
    storageKey: backend.randomBytes(32),
  };
  const { party } = created.chain;
  const { roots } = created;
  const resident = { name, party, identity, store, roots, vault, people: new Map<string, Person>() };
  const node = await openNode(world, resident, store);
  const people = new Map<string, Person>();
  for (const [title, roles] of Object.entries(CREW)) {
    const { officer } = await node.addPerson(roles);
    const person = node.core.house.state.people.get(officer);
    assert(person !== undefined);
    people.set(title, person);
  }
  return { ...resident, node, people };
}

/** No wire here, so no certificate; each party has a pin of its own all the same (SPEC 4.4.3). */
function pinFor(backend: CryptoBackend, name: string): string {
  return encodeBase64url(backend.sha256(utf8(name)));
}

function openNode(
  world: World,
  { name, identity, vault }: Pick<Resident, "name" | "identity" | "vault">,
  store: Store,
): Promise<ParleyNode> {
  return ParleyNode.open({
    store,
    backend: world.backend,
    clock: () => world.now,
    identity,
    ...(vault && { vault }),
    log: () => undefined,
    readLists: () => Promise.resolve(world.lists.get(name) ?? []),
    pause: () => Promise.resolve(),
    transport: {
      exchange: async (party, body) => {
        const to = world.residents.find((resident) => resident.party === party);
        if (to === undefined || world.cut.has(`${name}>${to.name}`)) throw new PeerFault("unreachable");
        world.passed.push({ from: name, to: to.name, body });
        const answer = await to.node.exchange(body, identity.chain.party);
        if (world.cut.has(`${to.name}>${name}`)) throw new PeerFault("unreachable");
        return answer;
      },
    },
  });
}

async function pairWith(a: Resident, b: Resident): Promise<void> {
  const { encodePartyChain } = await import("#parley/party/chain.ts");
  const chain = encodePartyChain(b.identity.chain.signed);
  accepted(await a.node.pair(who(a, "watch"), { chain, typed: partyToDigits(b.party), medium: "phone" }));
}

export function who(resident: Resident, name: string): Person {
  const person = resident.people.get(name);
  assert(person !== undefined, `${resident.name} has no ${name}`);
  return person;
}

/** Offer, acceptance, receipts: a channel in force. Returns its id. */
export async function agree(world: World, a: Resident, b: Resident, terms: JsonObject = {}): Promise<string> {
  const channel = accepted(await a.node.offer(who(a, "principal"), { party: b.party, terms }));
  accepted(await b.node.acceptOffer(who(b, "principal"), channel.id));
  await world.settle();
  assert(a.node.isInForce(liveChannel(a, channel.id)), "in force at the offerer's");
  assert(b.node.isInForce(liveChannel(b, channel.id)), "in force at the other's");
  return channel.id;
}

export function liveChannel(resident: Resident, id: string): LiveChannel {
  const channel = resident.node.channel(id);
  assert(channel !== undefined, `${resident.name} does not hold the channel`);
  return channel;
}

export interface Speech extends Omit<DraftInput, "role" | "body"> {
  readonly body: Json;
  readonly role?: Role;
}

/** Draft, the approvals that the type demands by distinct people, and said. */
export async function speak(
  resident: Resident,
  channelId: string,
  speech: Speech,
): Promise<DraftView | Refusal> {
  const rule = MESSAGE_RULES.get(speech.type);
  assert(rule !== undefined, speech.type);
  const role = speech.role ?? rule.roles[0] ?? "watch";
  const drafter = personWith(resident, role);
  const made = await resident.node.draft(liveChannel(resident, channelId), drafter, {
    ...speech,
    body: speech.body as JsonObject,
    role,
  });
  if (isRefusal(made) || made.said !== undefined) return made;
  let view: DraftView = await justifyAll(resident, made);
  for (const person of resident.people.values()) {
    const usable = person.roles.find((candidate) => rule.release.roles.includes(candidate));
    if (usable === undefined || (rule.release.persons > 1 && person.officer === drafter.officer)) continue;
    const { id, digest } = view.draft;
    const check = view.gate.check?.digest ?? "";
    view = accepted(await resident.node.approve(person, { draft: id, role: usable, digest, check }));
    if (view.said !== undefined) return view;
  }
  assert.fail(`nobody may release ${speech.type}`);
}

/** An analyst answers for everything that the gate found, as tests about other things need. */
async function justifyAll(resident: Resident, view: DraftView): Promise<DraftView> {
  const analyst = personWith(resident, "analyst");
  const { id } = view.draft;
  for (const finding of view.gate.check?.findings ?? []) {
    const reason = { role: "analyst", code: "needed-to-act", text: "for the test" } as const;
    accepted(await resident.node.justify(analyst, { draft: id, finding: finding.id, ...reason }));
  }
  return accepted(resident.node.viewDraft(id));
}

function personWith(resident: Resident, role: Role): Person {
  for (const person of resident.people.values()) if (person.roles.includes(role)) return person;
  assert.fail(`${resident.name} has nobody in role ${role}`);
}

/** The case that a draft opened or belongs to. */
export function caseOf(view: DraftView): string {
  return String(view.draft.message["case"]);
}
