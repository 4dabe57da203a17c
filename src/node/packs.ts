/**
 * Warning lists of this node, what they say of indicators, and packs built for a channel (SPEC 16).
 *
 * Guarantees: lists are read when first asked for, once, and again only when a person says so; a reload that fails
 * leaves the loaded ones. Nothing here writes to the record: a built pack goes into a draft like everything else.
 */
import type { Json } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { loadLists, type ListReport, type LoadedLists } from "#parley/intel/load.ts";
import { parseMaterial, type UnreadLine } from "#parley/intel/material.ts";
import { buildPack, type BuiltPack } from "#parley/intel/pack-builder.ts";
import { indicatorScreen, type ScreenedIndicator } from "#parley/intel/screen.ts";
import type { Evaluation } from "#parley/protocols/evidence/index.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import { evaluatePack, type PackQuestion } from "./reading.ts";

export interface ScreenQuestion {
  /** Text of a list or a CSV file. */
  readonly indicators: string;
  /** `YYYY-MM-DD`; without it lists of every day count. */
  readonly day?: string;
}

export interface ScreenAnswer {
  readonly screened: readonly ScreenedIndicator[];
  readonly unread: readonly UnreadLine[];
  readonly repeated: number;
}

export interface PackOrder extends Omit<PackQuestion, "pack"> {
  readonly written?: Json;
  readonly events?: string;
  readonly indicators?: string;
  readonly day?: string;
  /** Ask the lists; refused if there are none. */
  readonly screen: boolean;
}

export interface PackAnswer extends BuiltPack {
  readonly evaluation: Evaluation;
}

type Loaded = LoadedLists | Refusal;

export class Packs {
  readonly #core: NodeCore;
  #loading: Promise<Loaded> | undefined;

  constructor(core: NodeCore) {
    this.#core = core;
  }

  /** What became of every file of the folder. */
  async lists(): Promise<readonly ListReport[] | Refusal> {
    const loaded = await this.#loaded();
    return isRefusal(loaded) ? loaded : loaded.report;
  }

  async reload(): Promise<readonly ListReport[] | Refusal> {
    const fresh = await this.#read();
    if (isRefusal(fresh)) return fresh;
    this.#loading = Promise.resolve(fresh);
    return fresh.report;
  }

  async screen({ indicators, day }: ScreenQuestion): Promise<ScreenAnswer | Refusal> {
    const loaded = await this.#loaded();
    if (isRefusal(loaded)) return loaded;
    const { indicators: read, unread, repeated } = parseMaterial(indicators);
    const screened = read.map(indicatorScreen(loaded, day));
    return { screened, unread, repeated };
  }

  /** The pack, what was noticed while building it, and what it would be worth in this channel now. */
  async build(channel: LiveChannel, order: PackOrder): Promise<PackAnswer | Refusal> {
    const lists = order.screen ? await this.#loaded() : undefined;
    if (isRefusal(lists)) return lists;
    const { written, events, indicators, day, asks, lifeSafety } = order;
    const built = buildPack({
      asOf: this.#core.ports.clock(),
      receiver: this.#receiverOf(channel),
      ...(written !== undefined && { written }),
      ...(events !== undefined && { events }),
      ...(indicators !== undefined && { indicators }),
      ...(day !== undefined && { day }),
      ...(lists !== undefined && { lists }),
    });
    if (isRefusal(built)) return built;
    const evaluation = evaluatePack(this.#core, channel, { pack: built.pack, asks, lifeSafety });
    return isRefusal(evaluation) ? evaluation : { ...built, evaluation };
  }

  /** SPEC 16.5.3: retention by the agreement, languages by the party documents of the others. */
  #receiverOf(channel: LiveChannel): {
    readonly retentionDays?: number;
    readonly languages: readonly string[];
  } {
    const others = channel.parties.filter((party) => party !== this.#core.me);
    const languages = others.flatMap((party) => this.#core.parties.get(party)?.latest.languages ?? []);
    const retentionDays = channel.genesis?.retention_days;
    return {
      languages: [...new Set(languages)].slice(0, LANGUAGES_LIMIT),
      ...(retentionDays !== undefined && { retentionDays }),
    };
  }

  #loaded(): Promise<Loaded> {
    this.#loading ??= this.#read().then((loaded) => {
      // Nothing was loaded: the next question looks again, for the operator may have put lists there.
      if (isRefusal(loaded)) this.#loading = undefined;
      return loaded;
    });
    return this.#loading;
  }

  async #read(): Promise<Loaded> {
    const { readLists, backend, log } = this.#core.ports;
    if (readLists === undefined) return refuse("screen-lists-none");
    const loaded = loadLists(await readLists(), (bytes) => backend.sha256(bytes));
    if (!isRefusal(loaded))
      log("lists-loaded", {
        lists: loaded.lists.length,
        refused: loaded.report.length - loaded.lists.length,
      });
    return loaded;
  }
}

/** What `language` of a pack holds (SPEC 10.2). */
const LANGUAGES_LIMIT = 16;
