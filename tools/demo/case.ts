/**
 * The demo's case: supply-chain ransomware between two invented parties, played through both public APIs.
 *
 * Every step prints what happened and checks that it did; a step that did something else throws.
 */
import assert from "node:assert/strict";
import { isJsonObject, type Json, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant } from "#parley/codec/time.ts";
import { partyToDigits } from "#parley/party/pairing.ts";
import { indicatorsToNotice, indicatorsToPack } from "#parley/intel/indicator-pack.ts";
import type { Indicator } from "#parley/intel/indicator.ts";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import * as material from "./case-material.ts";
import { call, download, type Side, type Who } from "./side.ts";

/** The user's own indicators and the digest of the file that they came from; none for the built-in case. */
export interface OwnMaterial {
  readonly indicators: readonly Indicator[];
  /** SHA-256 in base64url, taken when the file was read. */
  readonly digest: string;
}

export interface Stage {
  readonly a: Side;
  readonly b: Side;
  readonly channel: string;
  /** What stands in the user's material in place of the built-in address and name. */
  readonly inPlaceOf: ReadonlyMap<string, string>;
  readonly say: (line: string) => void;
}

/** The first address and the first name of the user's own indicators take the built-in ones' places. */
export function ownNames({ indicators }: OwnMaterial): ReadonlyMap<string, string> {
  const first = (type: string): string | undefined => indicators.find((one) => one.type === type)?.value;
  const [address, domain] = [first("ipv4"), first("domain")];
  return new Map([
    ...(address === undefined
      ? []
      : ([
          ["192.0.2.0/24", `${address}/32`],
          [material.CONTROL_ADDRESS, address],
        ] as const)),
    ...(domain === undefined ? [] : ([[material.CONTROL_NAME, domain]] as const)),
  ]);
}

interface Said {
  readonly case: string;
  readonly message: string;
}

/** Each side reads the other's digits over the telephone; then terms, offered and accepted. */
export async function pairAndAgree(a: Side, b: Side, say: Stage["say"]): Promise<string> {
  for (const [own, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const { party, chain } = await call(other, "watch", "GET", "/party");
    assert.equal(party, other.party);
    assert(typeof chain === "string");
    await call(own, "watch", "POST", "/pairings", {
      chain,
      typed: partyToDigits(other.party),
      medium: "phone",
    });
    say(`${own.name} heard ${partyToDigits(other.party)} and typed it: paired with ${other.name}.`);
  }
  const offered = await call(a, "principal", "POST", "/offers", {
    party: b.party,
    terms: { languages: ["en", "ar", "ru"] },
  });
  const channel = String(offered["channel"]);
  await call(b, "principal", "POST", `/offers/${channel}/accept`);
  await until("the agreement is in force on both sides", async () => {
    const states = await Promise.all(
      [a, b].map((side) => call(side, "watch", "GET", `/channels/${channel}`)),
    );
    return states.every((state) => state["in_force"] === true);
  });
  say(`Both signed the same terms. Channel ${channel.slice(0, 8)}… is in force.`);
  return channel;
}

export async function playCase(stage: Stage, own: OwnMaterial): Promise<void> {
  const { a, b, say } = stage;
  const notice = await speak(stage, a, "notice.open", material.noticeBody());
  say("Early notice on belief alone: no evidence, no word about any state.");
  await speak(stage, b, "ack", material.ackBody(notice.message), { case: notice.case });
  await speak(stage, b, "notice.assess", material.noticeAssessBody(), { case: notice.case });
  if (own.indicators.length > 0) {
    const listed = indicatorsToNotice(own.indicators.slice(0, NOTICE_INDICATORS));
    const update = { ...material.noticeUpdateBody(), indicators: listed };
    await speak(stage, a, "notice.update", update, { case: notice.case });
    say(`The next stage of the notice carries ${listed.length} indicators.`);
  }
  const request = await askAndSupplement(stage, own, notice);
  await actAndObserve(stage, request);
  await dispute(stage, request);
  const ping = await speak(stage, a, "comms_check.ping", material.checkPingBody(), {
    envelope: material.CHECK_ENVELOPE,
  });
  await speak(stage, b, "comms_check.echo", material.checkEchoBody(), {
    case: ping.case,
    envelope: material.CHECK_ENVELOPE,
  });
  await expectStatus(stage, ping.case, "passed");
  say("A communication check was echoed: the line is alive, and people are awake behind it.");
}

/** Indicators that one notice of the demo lists; the pack carries all of them. */
const NOTICE_INDICATORS = 2_000;

async function askAndSupplement(stage: Stage, own: OwnMaterial, notice: Said): Promise<Said> {
  const { a, b, say } = stage;
  const weak = withIndicators(material.packWithoutPorts(), own);
  const request = await speak(
    stage,
    a,
    "request.open",
    material.requestBody({ sufficient: false, pack: weak }),
    {
      envelope: { refs: [{ kind: "case", id: notice.case }] },
    },
  );
  await speak(stage, a, "notice.to_request", material.noticeToRequestBody(request.case), {
    case: notice.case,
  });
  await speak(stage, b, "ack", material.ackBody(request.message), { case: request.case });
  const missing = await missingItems(stage, b, request.case, "A05");
  assert.deepEqual(
    missing,
    await missingItems(stage, a, request.case, "A05"),
    "both nodes name the same items",
  );
  assert(missing.length > 0);
  say(`Both nodes computed it alike: enough to preserve, not to block. Missing: ${missing.join(", ")}.`);
  await speak(
    stage,
    b,
    "request.verdict",
    material.verdictBody([
      { ask: 1, verdict: "sufficient" },
      { ask: 2, verdict: "insufficient", items: missing },
    ]),
    { case: request.case },
  );
  say(`${b.name} says insufficient, and must name the items: the schema has no bare "insufficient".`);
  await speak(
    stage,
    a,
    "request.supplement",
    material.supplementBody(undefined, withIndicators(material.packS2(), own)),
    {
      case: request.case,
    },
  );
  assert.deepEqual(await missingItems(stage, b, request.case, "A05"), []);
  say("The supplement carries the source ports: now it is enough.");
  await speak(stage, b, "request.verdict", material.verdictBody([{ ask: 2, verdict: "sufficient" }]), {
    case: request.case,
  });
  return request;
}

async function actAndObserve(stage: Stage, request: Said): Promise<void> {
  const { b, a, say } = stage;
  const at = { case: request.case };
  await speak(
    stage,
    b,
    "request.decide",
    material.decideBody([
      { ask: 1, decision: "accepted" },
      { ask: 2, decision: "accepted-partly" },
    ]),
    at,
  );
  say("Accepted in part, by the authority's own hand.");
  await speak(stage, b, "request.progress", material.progressBody(), at);
  await speak(stage, b, "request.outcome", material.outcomeBody({ 1: "O01", 2: "O05" }), at);
  say(`${b.name} reports: preserved, and blocked.`);
  await speak(stage, a, "request.verify", material.verifyBody({ 1: "V1", 2: "V3" }), at);
  await expectStatus(stage, request.case, "not_verified");
  say(`${a.name} observes no change. Both stay visible; the board counts it as not effective.`);
  const boards = await Promise.all(
    [a, b].map((side) => call(side, "watch", "GET", `/channels/${stage.channel}/boards/reciprocity`)),
  );
  assert.deepEqual(boards[0], boards[1], "the same counts on both nodes");
}

async function dispute(stage: Stage, request: Said): Promise<void> {
  const { a, b, say } = stage;
  const point = { kind: "outcome", ref: "2" };
  const envelope = material.disputeRefs(request);
  const raised = await speak(stage, a, "dispute.raise", material.disputeRaiseBody(request.case, point), {
    envelope,
  });
  await speak(stage, b, "dispute.answer", material.disputeAnswerBody(), { case: raised.case });
  for (const side of [a, b])
    await speak(stage, side, "dispute.record", material.disputeRecordBody(), { case: raised.case });
  await expectStatus(stage, raised.case, "recorded-disagreement");
  say("One disputed point, two statements, both signed. Nobody's verdict was merged.");
}

/** The pack as written, with every indicator verbatim in an exhibit and every hash as malware. */
function withIndicators(pack: JsonObject, { indicators, digest }: OwnMaterial): JsonObject {
  const extra = indicators.length === 0 ? undefined : indicatorsToPack(indicators);
  if (extra === undefined) return pack;
  const lists = listOf(extra["exhibits"]).filter(isJsonObject);
  const exhibits = lists.map((list): JsonObject => ({ ...list, acquired_sha256: digest }));
  const malware = [...listOf(pack["malware"]), ...listOf(extra["malware"])];
  return {
    ...pack,
    exhibits: [...listOf(pack["exhibits"]), ...exhibits],
    ...(malware.length > 0 && { malware }),
  };
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

async function missingItems(stage: Stage, side: Side, kase: string, ask: string): Promise<readonly string[]> {
  const shown = await call(side, "watch", "GET", `/channels/${stage.channel}/cases/${kase}`);
  const rows = listOf(find(shown, "evaluation", "value", "asks") ?? find(shown, "evaluation", "asks"));
  const row = rows.find((one) => isJsonObject(one) && one["ask"] === ask);
  assert(isJsonObject(row), `the evaluation of ${ask} is shown by ${side.name}`);
  return listOf(row["missing"]).map(String);
}

function find(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((at, name) => (isJsonObject(at) ? at[name] : undefined), value);
}

interface Speech {
  readonly case?: string;
  readonly envelope?: JsonObject;
  /** Evidence items whose sealed copies go along. */
  readonly attach?: readonly JsonObject[];
}

const PEOPLE: readonly Who[] = ["watch", "analyst", "releaser1", "releaser2", "authority", "principal"];

/** Drafted by one person, approved by others as the type demands, said, and held by the other side. */
export async function speak(
  stage: Stage,
  side: Side,
  type: string,
  body: JsonObject,
  speech: Speech = {},
): Promise<Said> {
  const rule = MESSAGE_RULES.get(type);
  assert(rule !== undefined, type);
  const role = rule.roles[0] ?? "watch";
  const drafter = personIn(role);
  let draft = await call(side, drafter, "POST", `/channels/${stage.channel}/drafts`, {
    type,
    role,
    body: toNow(body, stage.inPlaceOf),
    ...speech,
  });
  for (const who of PEOPLE) {
    if (draft["said"] !== undefined) break;
    const may = rule.release.roles.find((one) => one === roleOf(who));
    if (may === undefined || (rule.release.persons > 1 && who === drafter)) continue;
    draft = await call(side, who, "POST", `/drafts/${String(draft["draft"])}/approvals`, {
      role: may,
      digest: draft["digest"] ?? "",
    });
  }
  const said = draft["said"];
  assert(isJsonObject(said), `${type} was said`);
  await until(`${type} is held by the other side`, async () => {
    const shown = await call(side, "watch", "GET", `/channels/${stage.channel}`);
    const delivery = listOf(shown["delivery"]);
    return delivery.every((one) => isJsonObject(one) && Number(one["receipted"]) > Number(said["seq"]));
  });
  return { case: String(draft["case"]), message: String(draft["message_id"]) };
}

function roleOf(who: Who): string {
  return who.replace(/[0-9]$/, "");
}

function personIn(role: string): Who {
  return PEOPLE.find((who) => roleOf(who) === role) ?? "watch";
}

/** The material tells a night of its own; here it happens now. */
function toNow(body: JsonObject, inPlaceOf: Stage["inPlaceOf"]): JsonObject {
  const start = parseInstant(material.MATERIAL_START);
  assert(!isRefusal(start));
  const shift = Math.floor(Date.now() / 1000) - start;
  const moved = (value: Json): Json => {
    if (typeof value === "string") {
      const at = parseInstant(value);
      if (!isRefusal(at)) return encodeInstant(at + shift);
      return [...inPlaceOf].reduce((text, [from, to]) => text.replaceAll(from, to), value);
    }
    if (Array.isArray(value)) return (value as readonly Json[]).map(moved);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, moved(one)]));
  };
  const now = moved(body);
  return isJsonObject(now) ? now : body;
}

async function expectStatus(stage: Stage, kase: string, status: string): Promise<void> {
  for (const side of [stage.a, stage.b]) {
    await until(`${side.name} shows ${status}`, async () => {
      const shown = await call(side, "watch", "GET", `/channels/${stage.channel}/cases/${kase}`);
      return find(shown, "status") === status || find(shown, "view", "status") === status;
    });
  }
}

export function exportTranscript(stage: Stage): Promise<Uint8Array> {
  return download(stage.a, "watch", `/channels/${stage.channel}/transcript`);
}

const PATIENCE_MS = 15_000;

export async function until(what: string, test: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await test())) {
    if (Date.now() > deadline) throw new Error(`this did not happen within ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
