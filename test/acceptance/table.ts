/**
 * Two parties at one table: what every acceptance scenario needs to speak, to wait and to look from both sides.
 *
 * People speak and look through the HTTP API. Guarantees that what a scenario asserts was the same on both nodes:
 * every look compares the two answers first.
 */
import assert from "node:assert/strict";
import type { BalanceRow } from "#parley/casework/balance.ts";
import type { Duty, Overdue, ReciprocityRow } from "#parley/casework/boards.ts";
import type { ChannelView, EntryView } from "#parley/casework/index.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { runCli } from "#parley/cli/main.ts";
import { CliFault, type CliPorts } from "#parley/cli/ports.ts";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { releaseDraft } from "#parley/gate/release.ts";
import { uuidv7 } from "#parley/node/uuid.ts";
import type { EntryRef } from "#parley/protocols/protocol.ts";
import { encodeTrust, trustParties } from "#parley/transcript/trust.ts";
import { ackBody, requestBody } from "../kit/materials.ts";
import { liveChannel, makeWorld, type Resident, type Speech, type World } from "../kit/world.ts";
import { ask, askFile, attempt, hire, isTold, type Told } from "./api.ts";

export type { Told } from "./api.ts";

export const HOUR = 3_600;
export const DAY = 86_400;

export interface Table {
  readonly world: World;
  /** CERT Meridia, which asks. */
  readonly a: Resident;
  /** CSIRT Rimal, which is asked. */
  readonly b: Resident;
  readonly channel: string;
}

/** Two paired nodes with an agreement in force. */
export async function sitDown(terms: JsonObject = {}): Promise<Table> {
  return sitDownIn(await makeWorld(["meridia", "rimal"]), terms);
}

/** In a world whose two residents are paired already. */
export async function sitDownIn(world: World, terms: JsonObject = {}): Promise<Table> {
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  await hire(a);
  await hire(b);
  return another({ world, a, b, channel: "" }, terms);
}

/** The same table in a further channel of the same two parties: offered, accepted, in force. */
export async function another(table: Table, terms: JsonObject = {}): Promise<Table> {
  const { world, a, b } = table;
  const body = { party: b.party, terms };
  const { channel } = await ask<{ channel: string }>(a, "principal", {
    body,
    method: "POST",
    path: "/offers",
  });
  await ask(b, "principal", { method: "POST", path: `/offers/${channel}/accept` });
  await world.settle();
  for (const side of [a, b]) {
    const shown = await ask<{ in_force: boolean }>(side, "watch", { path: `/channels/${channel}` });
    assert(shown.in_force, `in force at ${side.name}`);
  }
  return { ...table, channel };
}

/** Said by its author's node; nobody else may have it yet. */
export async function say({ channel }: Table, speaker: Resident, speech: Speech): Promise<Told> {
  const outcome = await attempt(speaker, channel, speech);
  assert(isTold(outcome), JSON.stringify(outcome));
  return outcome;
}

/** Said, and held by whoever can be reached. */
export async function tell(table: Table, speaker: Resident, speech: Speech): Promise<Told> {
  const told = await say(table, speaker, speech);
  await table.world.settle();
  return told;
}

/** Refused by the speaker's own node with this code, before anything left. Gives the facts. */
export async function refused(
  { channel }: Table,
  speaker: Resident,
  speech: Speech,
  code: string,
): Promise<JsonObject> {
  const outcome = await attempt(speaker, channel, speech);
  assert(!isTold(outcome), `${speech.type} was said where a refusal was expected`);
  assert.equal(outcome.code, code, JSON.stringify(outcome));
  return outcome.facts;
}

/** Time passes in one step; what is due happens. */
export async function wait({ world }: Table, seconds: number): Promise<void> {
  world.now += seconds;
  await world.settle();
}

/** A request that Rimal's duty officer has opened. */
export async function openRequest(
  table: Table,
  options: Parameters<typeof requestBody>[0] = { sufficient: true },
  envelope: JsonObject = {},
): Promise<Told> {
  const body = requestBody(options);
  const request = await tell(table, table.a, { type: "request.open", body, envelope });
  await tell(table, table.b, { type: "ack", case: request.case, body: ackBody(request.id) });
  return request;
}

/** What a node that keeps no rule of its own would say: no desk judged it, and nobody approved it. */
export async function force(
  { world, channel }: Table,
  speaker: Resident,
  message: {
    readonly type: string;
    readonly case?: string;
    readonly body: JsonObject;
    readonly envelope?: JsonObject;
  },
): Promise<Told> {
  const policy = MESSAGE_RULES.get(message.type)?.release;
  const role = policy?.roles[0];
  assert(policy !== undefined && role !== undefined, message.type);
  const id = uuidv7(world.backend, world.now);
  const kase = message.case ?? uuidv7(world.backend, world.now);
  const live = liveChannel(speaker, channel);
  const released = releaseDraft(
    {
      id: message.type,
      channel,
      message: {
        layer: "technical",
        nature: "real",
        precedence: "routine",
        tlp: "AMBER",
        ...message.envelope,
        body: message.body,
        case: kase,
        from_role: MESSAGE_RULES.get(message.type)?.roles[0] ?? role,
        id,
        officer: 1,
        serial: speaker.node.core.nextSerial(live),
        type: message.type,
      },
      by: 1,
      digest: encodeBase64url(world.backend.sha256(new Uint8Array(0))),
      approvals: [2, 3].map((officer) => ({ officer, role })),
      status: "open",
    },
    policy,
  );
  assert(!isRefusal(released));
  await speaker.node.core.say(live, released);
  await world.settle();
  return { id, case: kase };
}

/** The whole fold of the channel, equal on both nodes. */
export function seen({ world, a, b, channel }: Table, asOf = world.now): ChannelView {
  const [ours, theirs] = [a, b].map((resident) => liveChannel(resident, channel).casework?.view(asOf));
  assert(ours !== undefined && theirs !== undefined);
  assert.deepEqual(ours, theirs, "both nodes fold the same channel");
  return ours;
}

/** What both sides' screens show of a path in the channel, equal on both. */
async function onBothScreens<T>({ a, b, channel }: Table, path: string): Promise<T> {
  const [ours, theirs] = await Promise.all(
    [a, b].map((side) => ask<T>(side, "watch", { path: `/channels/${channel}${path}` })),
  );
  assert(ours !== undefined);
  assert.deepEqual(ours, theirs, "both screens show the same");
  return ours;
}

export interface TimerSeen {
  readonly id: string;
  readonly status: string;
  readonly startedAt?: number;
  readonly due?: number;
  readonly pausedSeconds: number;
}

/** As much of what the API shows of a case as the scenarios ask for. */
export interface CaseSeen {
  readonly case: string;
  readonly protocol: string;
  readonly initiator: string;
  readonly nature: string;
  readonly status: string;
  readonly status_by: string;
  readonly open: boolean;
  readonly whose_move: readonly string[];
  readonly overdue: readonly string[];
  readonly disputes: readonly string[];
  readonly state: unknown;
  readonly timers: readonly TimerSeen[];
  readonly entries: readonly (Pick<EntryView, "ref" | "outcome" | "delivery" | "concurrentCount"> & {
    readonly type: string;
    readonly id: string;
    readonly message: JsonObject;
  })[];
  readonly evaluation?: JsonObject;
  readonly matrix?: readonly JsonObject[];
}

export function caseSeen(table: Table, id: string): Promise<CaseSeen> {
  return onBothScreens(table, `/cases/${id}`);
}

/** The cases that one side's screen lists. */
export async function casesSeenBy({ channel }: Table, side: Resident): Promise<readonly string[]> {
  const cases = await ask<readonly CaseSeen[]>(side, "watch", { path: `/channels/${channel}/cases` });
  return cases.map((one) => one.case);
}

/** The case on one screen alone, while the two cannot hear each other. */
export function caseAlone({ channel }: Table, side: Resident, id: string): Promise<CaseSeen> {
  return ask(side, "watch", { path: `/channels/${channel}/cases/${id}` });
}

export async function timerSeen(table: Table, id: string, timer: string): Promise<TimerSeen> {
  const found = (await caseSeen(table, id)).timers.find((one) => one.id === timer);
  assert(found !== undefined, `the case has ${timer}`);
  return found;
}

/** Always present in entries of messages. */
type FeedEntrySeen = Pick<EntryView, "ref" | "outcome" | "claimedAt" | "concurrentCount"> & {
  readonly id?: string;
  readonly content: string;
};

export async function feedEntries(table: Table, feed: string): Promise<readonly FeedEntrySeen[]> {
  const { entries } = await onBothScreens<{ entries: FeedEntrySeen[] }>(
    table,
    `/entries?feed=${feed}&limit=200`,
  );
  return entries;
}

export async function entrySeen(table: Table, message: string): Promise<FeedEntrySeen> {
  const feeds = [await feedEntries(table, table.a.party), await feedEntries(table, table.b.party)];
  const found = feeds.flat().find(({ id }) => id === message);
  assert(found !== undefined, "both hold the message");
  return found;
}

/** "How many did we send, how many were answered?" */
export async function counts(table: Table): Promise<readonly ReciprocityRow[]> {
  return (await onBothScreens<{ rows: readonly ReciprocityRow[] }>(table, "/boards/reciprocity")).rows;
}

export async function overdue(table: Table): Promise<readonly Overdue[]> {
  return (await onBothScreens<{ overdue: readonly Overdue[] }>(table, "/boards/overdue")).overdue;
}

/** What each side gave and got. */
export async function balanced(table: Table): Promise<readonly BalanceRow[]> {
  return (await onBothScreens<{ rows: readonly BalanceRow[] }>(table, "/balance")).rows;
}

/** What one side owes: on its own board, and as the other side's board has it. */
export async function owes({ a, b, channel }: Table, side: Resident): Promise<readonly string[]> {
  const path = `/channels/${channel}/boards/duty`;
  const own = await ask<{ youOwe: readonly Duty[] }>(side, "watch", { path });
  const others = await ask<{ theyOwe: readonly Duty[] }>(side === a ? b : a, "watch", { path });
  assert.deepEqual(own.youOwe, others.theyOwe, "both boards say the same of one side");
  return own.youOwe.map((owed) => (owed.kind === "timer" ? owed.timer : owed.code));
}

export function transcriptOf({ channel }: Table, by: Resident): Promise<Uint8Array> {
  return askFile(by, "watch", { path: `/channels/${channel}/transcript` });
}

export function proofOf({ channel }: Table, by: Resident, { feed, seq }: EntryRef): Promise<Uint8Array> {
  return askFile(by, "watch", { path: `/channels/${channel}/proofs/${feed}/${seq}` });
}

export interface StoryLineSeen {
  readonly feed: string;
  readonly seq: number;
  readonly type: string;
  readonly case?: string;
  readonly nature?: string;
  readonly outcome: string;
  readonly claimed_at: string;
  readonly held_at?: string;
}

/** As much of what `parley verify --json` prints as the scenarios ask for. */
export interface Verified {
  readonly status: number;
  readonly verdict: string;
  readonly reasons: readonly { readonly code: string; readonly feed?: string }[];
  readonly feeds: readonly {
    readonly feed: string;
    readonly shown: number;
    readonly proven_to: number;
    readonly signed_to: number;
    readonly receipted: readonly { readonly by: string; readonly size: number; readonly at: string }[];
    readonly withheld: number;
    readonly erased: number;
    readonly first_bad?: { readonly code: string; readonly index: number; readonly certain: boolean };
  }[];
  readonly story: readonly StoryLineSeen[];
  readonly balance: readonly BalanceRow[];
}

/** The verifier as a third party runs it: the file and the two party ids, no node. */
export async function verify(table: Table, transcript: Uint8Array): Promise<Verified> {
  const { status, printed } = await printVerified(table, transcript, ["--json"]);
  return { status, ...(JSON.parse(printed) as Omit<Verified, "status">) };
}

/** What the verifier prints for a person. */
export async function verifyInWords(table: Table, transcript: Uint8Array): Promise<string> {
  return (await printVerified(table, transcript, [])).printed;
}

async function printVerified(
  { world, a, b, channel }: Table,
  transcript: Uint8Array,
  options: readonly string[],
): Promise<{ readonly status: number; readonly printed: string }> {
  let printed = "";
  const trust = utf8(encodeTrust(trustParties([a.party, b.party], [channel])));
  const files = new Map([
    ["record.parley", transcript],
    ["trust.policy", trust],
  ]);
  const refuses = (): Promise<never> => Promise.reject(new CliFault("api-unreachable"));
  const ports: CliPorts = {
    stdout: (text) => void (printed += text),
    stderr: () => undefined,
    isTty: { stdin: false, stdout: false, stderr: false },
    env: () => undefined,
    readFile: (path) => chunksOf(files.get(path)),
    writeFile: refuses,
    writeFileAs: refuses,
    askLine: () => Promise.resolve(undefined),
    init: refuses,
    start: refuses,
    fetchApi: refuses,
    filesBelow: () => chunksOf(undefined) as never,
    uploadFile: refuses,
    downloadFile: refuses,
    diagnose: refuses,
    fetchPublic: refuses,
    readLists: refuses,
    backend: world.backend,
    clock: () => world.now,
  };
  const status = await runCli(["verify", "record.parley", "--trust", "trust.policy", ...options], ports);
  return { status, printed };
}

async function* chunksOf(bytes: Uint8Array | undefined): AsyncIterable<Uint8Array> {
  if (bytes === undefined) throw new CliFault("file-unreadable");
  yield await Promise.resolve(bytes);
}

export function feedSeen({ feeds }: Verified, party: string): Verified["feeds"][number] {
  const found = feeds.find(({ feed }) => feed === party);
  assert(found !== undefined, "the feed is in the report");
  return found;
}

export function lineSeen({ story }: Verified, type: string): StoryLineSeen {
  const found = story.find((line) => line.type === type);
  assert(found !== undefined, `the story tells of ${type}`);
  return found;
}
