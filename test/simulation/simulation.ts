/**
 * Several real nodes in one process on a seeded clock, randomness and network.
 *
 * The wire delays, reorders, duplicates, drops and partitions; every write of a store may be the last of its
 * process, made durable or not. After the storm the wire heals, and everything that was ever said must be held by
 * both sides, in the same states, in transcripts that verify.
 */
import assert from "node:assert/strict";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { releaseDraft } from "#parley/gate/release.ts";
import { PeerFault, type PeerTransport } from "#parley/node/ports.ts";
import { ParleyNode } from "#parley/node/node.ts";
import type { HeldEntry } from "#parley/node/record.ts";
import { uuidv7 } from "#parley/node/uuid.ts";
import type { Store } from "#parley/store/store.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { agree, liveChannel, makeWorld, type Resident, type World } from "../kit/world.ts";
import { nextAct, type Act } from "./behaviour.ts";
import { CrashFault, faultyStore } from "./fault-store.ts";
import { chanceOf, portableBackend, seededBackend, type Chance } from "./seeded.ts";

export interface SimulationOptions {
  readonly seed: string;
  /** Messages that officers try to say during the storm. */
  readonly acts: number;
}

export interface SimulationResult {
  readonly said: number;
  readonly crashes: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly cases: number;
}

const WIRE = { dropPermille: 80, duplicatePermille: 60, longestDelaySeconds: 180 };
const CRASH_PERMILLE = 40;
const PARTITION_PERMILLE = 40;
const LONGEST_PARTITION_SECONDS = 6 * 3_600;
const LONGEST_PAUSE_SECONDS = 1_800;
const DOWN_SECONDS = 120;
const PEER_TIMEOUT_SECONDS = 60;
const HEAL_ROUNDS = 400;

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const storm = await Storm.begin(options.seed);
  await storm.run(options.acts);
  await storm.heal();
  await storm.judge();
  return storm.result();
}

interface Timed {
  readonly at: number;
  readonly order: number;
  readonly run: () => void | Promise<void>;
}

class Storm {
  readonly #chance: Chance;
  readonly #world: World;
  readonly #a: Resident;
  readonly #b: Resident;
  readonly #channel: string;
  readonly #inner = new Map<string, Store>();
  readonly #down = new Set<string>();
  /** Entries whose saying was confirmed to an officer: none of these may ever be missing or changed. */
  readonly #confirmed: HeldEntry[] = [];
  readonly #queue: Timed[] = [];
  #order = 0;
  #calm = false;
  #crashes = 0;
  #lost = 0;
  #duplicated = 0;

  private constructor(chance: Chance, world: World, channel: string) {
    const [a, b] = world.residents;
    assert(a !== undefined && b !== undefined);
    this.#chance = chance;
    this.#world = world;
    this.#a = a;
    this.#b = b;
    this.#channel = channel;
  }

  static async begin(seed: string): Promise<Storm> {
    const chance = chanceOf(`simulation/${seed}`);
    const world = await makeWorld(["meridia", "rimal"], seededBackend(chance), portableBackend(chance));
    const [a, b] = world.residents;
    assert(a !== undefined && b !== undefined);
    const channel = await agree(world, a, b);
    const storm = new Storm(chance, world, channel);
    for (const resident of world.residents) {
      storm.#inner.set(resident.name, resident.store);
      await storm.#boot(resident);
    }
    return storm;
  }

  async run(acts: number): Promise<void> {
    for (let i = 0; i < acts; i++) {
      const at = this.#world.now + 1 + this.#chance.below(LONGEST_PAUSE_SECONDS);
      if (this.#chance.happens(PARTITION_PERMILLE)) this.#partition();
      await this.#runUntil(at);
      const resident = this.#chance.happens(500) ? this.#a : this.#b;
      if (!this.#down.has(resident.name)) this.#speak(resident);
      this.#tickAll();
    }
  }

  /** No more faults; time goes on until both sides hold everything. */
  async heal(): Promise<void> {
    this.#calm = true;
    this.#world.cut.clear();
    await this.#runUntil(this.#world.now + 1);
    for (let round = 0; round < HEAL_ROUNDS && !this.#isQuiet(); round++) {
      this.#tickAll();
      await this.#runUntil(this.#world.now + 310);
    }
    assert(this.#isQuiet(), "the two sides never came to rest");
  }

  async judge(): Promise<void> {
    const asOf = this.#world.now;
    const views = [this.#a, this.#b].map((resident) => viewOf(resident, this.#channel, asOf));
    assert.deepEqual(views[0], views[1], "both sides see the same cases, overdue lists and counts");
    for (const { feed, stored } of this.#confirmed) {
      for (const { name, node } of [this.#a, this.#b]) {
        const entry = await node.core.ports.store.entryAt({ channel: this.#channel, feed }, stored.seq);
        assert.deepEqual(
          entry?.bytes,
          stored.bytes,
          `${name} lacks entry ${stored.seq}, which was confirmed`,
        );
      }
    }
    const trust = trustParties([this.#a.party, this.#b.party], [this.#channel]);
    for (const { node } of [this.#a, this.#b]) {
      const channel = node.channel(this.#channel);
      assert(channel !== undefined);
      const transcript = await node.exportTranscript(channel);
      const report = verifyTranscript(this.#world.backend, transcript, trust, { signatures: "all" });
      assert.equal(report.verdict, "complete", JSON.stringify(report.reasons));
    }
  }

  result(): SimulationResult {
    const cases = liveChannel(this.#a, this.#channel).casework?.view(this.#world.now).cases.length ?? 0;
    return {
      said: this.#confirmed.length,
      crashes: this.#crashes,
      lost: this.#lost,
      duplicated: this.#duplicated,
      cases,
    };
  }

  #isQuiet(): boolean {
    if (this.#down.size > 0 || this.#queue.length > 0) return false;
    return [this.#a, this.#b].every((resident) => {
      const channel = liveChannel(resident, this.#channel);
      const own = channel.record.tip(resident.party).frontier.size;
      const delivered = [...channel.outboxes.values()].every(({ receipted }) => receipted === own);
      return channel.signing === "allowed" && delivered;
    });
  }

  #speak(resident: Resident): void {
    const channel = liveChannel(resident, this.#channel);
    const view = channel.casework?.view(this.#world.now);
    const act = view && nextAct(this.#chance, resident.party, view, this.#world.now);
    if (act === undefined || channel.signing !== "allowed") return;
    const message = this.#messageOf(resident, act);
    const policy = MESSAGE_RULES.get(act.type)?.release;
    assert(policy !== undefined);
    const role = policy.roles[0];
    assert(role !== undefined);
    const released = releaseDraft(
      {
        id: act.type,
        channel: channel.id,
        message,
        by: 1,
        digest: encodeBase64url(this.#world.backend.sha256(new Uint8Array(0))),
        approvals: [2, 3].map((officer) => ({ officer, role })),
        status: "open",
      },
      policy,
    );
    assert(!isRefusal(released));
    const said = resident.node.core.say(channel, released);
    said.then((held) => this.#confirmed.push(held)).catch(ignoreCrash);
  }

  #messageOf(resident: Resident, act: Act): JsonObject {
    const id = uuidv7(this.#world.backend, this.#world.now);
    return {
      layer: "technical",
      nature: "real",
      tlp: "AMBER",
      ...act.envelope,
      body: act.body,
      case: act.case ?? uuidv7(this.#world.backend, this.#world.now),
      from_role: act.role,
      id,
      officer: 1,
      serial: resident.node.core.nextSerial(liveChannel(resident, this.#channel)),
      type: act.type,
    };
  }

  #tickAll(): void {
    for (const resident of [this.#a, this.#b]) {
      if (!this.#down.has(resident.name)) resident.node.tick().catch(ignoreCrash);
    }
  }

  #partition(): void {
    const [from, to] = this.#chance.happens(500) ? [this.#a, this.#b] : [this.#b, this.#a];
    const name = `${from.name}>${to.name}`;
    this.#world.cut.add(name);
    this.#later(this.#chance.below(LONGEST_PARTITION_SECONDS), () => void this.#world.cut.delete(name));
  }

  #later(seconds: number, run: Timed["run"]): void {
    this.#queue.push({ at: this.#world.now + seconds, order: this.#order++, run });
  }

  async #runUntil(at: number): Promise<void> {
    await drain();
    for (;;) {
      this.#queue.sort((x, y) => x.at - y.at || x.order - y.order);
      const next = this.#queue[0];
      if (next === undefined || next.at > at) break;
      this.#queue.shift();
      this.#world.now = Math.max(this.#world.now, next.at);
      await next.run();
      await drain();
    }
    this.#world.now = Math.max(this.#world.now, at);
  }

  /** A fresh process over what the disk kept. */
  async #boot(resident: Resident): Promise<void> {
    const inner = this.#inner.get(resident.name);
    assert(inner !== undefined);
    const store = faultyStore(inner, () => this.#fate(resident));
    const { core } = resident.node;
    try {
      resident.node = await ParleyNode.open({ ...core.ports, store, transport: this.#wireOf(resident) });
      this.#down.delete(resident.name);
    } catch (fault) {
      ignoreCrash(fault);
    }
  }

  #fate(resident: Resident): "ok" | "fail-not-persisted" | "fail-persisted" {
    if (this.#calm || !this.#chance.happens(CRASH_PERMILLE)) return "ok";
    this.#crashes++;
    this.#down.add(resident.name);
    this.#later(1 + this.#chance.below(DOWN_SECONDS), () => this.#boot(resident));
    return this.#chance.happens(500) ? "fail-persisted" : "fail-not-persisted";
  }

  #wireOf(from: Resident): PeerTransport {
    return {
      exchange: (party, body) =>
        new Promise((resolve, reject) => {
          const to = party === this.#a.party ? this.#a : this.#b;
          const lost = (): void => {
            this.#lost++;
            this.#later(PEER_TIMEOUT_SECONDS, () => reject(new PeerFault("unreachable")));
          };
          if (this.#isLost(from, to)) return lost();
          const arrive = async (answerTo: (answer: Uint8Array) => void): Promise<void> => {
            if (this.#down.has(to.name)) return lost();
            const node = to.node;
            const answer = await node.exchange(body, from.party).catch(ignoreCrash);
            if (answer === undefined || node !== to.node || this.#isLost(to, from)) return lost();
            this.#later(this.#delay(), () => answerTo(answer));
          };
          if (!this.#calm && this.#chance.happens(WIRE.duplicatePermille)) {
            this.#duplicated++;
            this.#later(this.#delay(), () => void arrive(() => undefined));
          }
          this.#later(this.#delay(), () => void arrive(resolve));
        }),
    };
  }

  #isLost(from: Resident, to: Resident): boolean {
    if (this.#calm) return false;
    return this.#world.cut.has(`${from.name}>${to.name}`) || this.#chance.happens(WIRE.dropPermille);
  }

  #delay(): number {
    return this.#calm ? 1 : 1 + this.#chance.below(WIRE.longestDelaySeconds);
  }
}

/** What must be equal on both sides: everything but what only the sender's wire knows. */
function viewOf(resident: Resident, channel: string, asOf: number): unknown {
  const view = liveChannel(resident, channel).casework?.view(asOf);
  assert(view !== undefined);
  return JSON.parse(JSON.stringify(view)) as unknown;
}

/** Every promise that can go on has gone on: nodes wait for nothing but the wire and the store. */
function drain(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function ignoreCrash(fault: unknown): undefined {
  if (fault instanceof CrashFault || (fault instanceof Error && fault.cause instanceof CrashFault))
    return undefined;
  if (fault instanceof PeerFault) return undefined;
  throw fault;
}
