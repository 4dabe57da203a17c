/** `knows`, `balance`, `retract`, `retractions`, `answer retraction`, `canary`: what was given, and taking it back. */
import { parseBase64url } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { ROW_ORDERS } from "#parley/gate/canary.ts";
import { LIST_FORMATS, LIST_SIZE_LIMIT_BYTES } from "#parley/gate/canary-list.ts";
import { COPY_SIZE_LIMIT_BYTES } from "#parley/gate/trace.ts";
import { COMPLIANCES, KEPT_REASONS, RETRACTION_REASONS } from "#parley/protocols/system/messages.ts";
import {
  API,
  ApiRefusal,
  getJson,
  listIn,
  NODE_OPTIONS,
  postBytes,
  postJson,
  resolveChannel,
  textIn,
  whoOf,
  type Value,
} from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, FILE, type Call, type Command } from "./command.ts";
import { balanceLines, knownLines, retractionLines } from "./disclosure-lines.ts";
import { readUpTo } from "./files.ts";
import { writeOut } from "./partner-commands.ts";
import type { Who } from "./ports.ts";
import { printLines } from "./view-commands.ts";
import { doorRefusal } from "./shown.ts";
import { CASE, CHANNEL, needed, optional, speechCommand } from "./speak.ts";
import { printValue } from "./value-lines.ts";
import { whoToRole } from "./who.ts";

const KASE = "0192f3a1-0000-7000-8000-0000000000c1";
const MESSAGE = "0192f3a1-0000-7000-8000-0000000000a1";
const TEXT = { kind: "value", value: "TEXT" } as const;
const TIME = { kind: "value", value: "TIME" } as const;

export const DISCLOSURE_COMMANDS: readonly Command[] = [
  {
    path: "knows",
    operands: [{ name: "PARTY" }],
    options: { ...NODE_OPTIONS, "as-of": TIME },
    examples: ["parley knows RIMAL", "parley knows RIMAL --as-of 2026-11-22T12:00:00Z"],
    run: knows,
  },
  {
    path: "balance",
    operands: [{ name: "CHANNEL", optional: true }],
    options: { ...NODE_OPTIONS, "as-of": TIME },
    examples: ["parley balance RIMAL", "parley balance --as-of 2026-12-31T23:59:59Z --json"],
    run: balance,
  },
  {
    path: "retract",
    operands: [],
    options: {
      ...NODE_OPTIONS,
      message: { kind: "value", value: "MESSAGE" },
      attachment: { kind: "value", value: "DIGEST" },
      indicator: { kind: "value", value: "VALUE" },
      reason: { kind: "value", choices: RETRACTION_REASONS },
      channel: { kind: "value", value: "CHANNEL" },
      replacement: { kind: "value", value: "MESSAGE" },
    },
    examples: [
      "parley retract --indicator 192.0.2.7 --reason source-withdrew",
      `parley retract --message ${MESSAGE} --reason sent-in-error --channel RIMAL`,
    ],
    run: retract,
  },
  {
    path: "retractions",
    operands: [],
    options: { ...NODE_OPTIONS, open: { kind: "flag" } },
    examples: ["parley retractions", "parley retractions --open"],
    run: retractions,
  },
  speechCommand({
    path: "answer retraction",
    type: "retract.ack",
    operands: [CHANNEL, CASE],
    options: {
      of: { kind: "value", value: "MESSAGE" },
      complied: { kind: "value", choices: COMPLIANCES },
      code: { kind: "value", choices: KEPT_REASONS },
    },
    examples: [
      `parley answer retraction RIMAL ${KASE} --of ${MESSAGE} --complied deleted`,
      `parley answer retraction RIMAL ${KASE} --of ${MESSAGE} --complied cannot --code passed-on`,
    ],
    body: (call) => ({
      ...optional(needed(call, "of"), "of"),
      ...optional(needed(call, "complied"), "complied"),
      ...optional(call.args.one("code"), "code"),
    }),
  }),
  {
    path: "canary",
    operands: [FILE],
    options: { ...NODE_OPTIONS, record: { kind: "flag" } },
    examples: ["parley canary found.txt", "parley canary found.txt --record"],
    run: trace,
  },
  {
    path: "canary make",
    operands: [FILE],
    options: {
      ...NODE_OPTIONS,
      party: { kind: "value", value: "PARTY" },
      format: { kind: "value", choices: LIST_FORMATS },
      order: { kind: "value", choices: ROW_ORDERS },
      column: TEXT,
      "no-evidence": { kind: "flag" },
      out: { kind: "value", value: "FILE", short: "o" },
      overwrite: { kind: "flag" },
    },
    examples: [
      "parley canary make list.txt --party RIMAL --format text --order free --no-evidence -o out.txt",
    ],
    run: make,
  },
  {
    path: "leak",
    operands: [{ name: "MESSAGE" }],
    options: { ...NODE_OPTIONS, statement: TEXT, "text-lang": { kind: "value", value: "LANG" } },
    examples: [`parley leak ${MESSAGE} --statement "Given to you alone, found in public."`],
    run: leak,
  },
];

async function knows(call: Call): Promise<number> {
  const who = whoOf(call, "analyst");
  const party = await resolveParty(call, who, call.args.operands[0] ?? "");
  const rows = await getJson(call, who, API.disclosures(party, asOf(call)));
  return printLines(call, who, rows, (names) => knownLines(listIn(rows, "rows"), party, names));
}

async function balance(call: Call): Promise<number> {
  const who = whoOf(call, "watch");
  const channel = await resolveChannel(call, who, call.args.operands[0]);
  const value = await getJson(call, who, API.balance(channel, asOf(call)));
  return printLines(call, who, value, (names) => balanceLines(listIn(value, "rows"), names));
}

async function retract(call: Call): Promise<number> {
  const { args } = call;
  const who = whoOf(call, "authority");
  const named = [
    { kind: "message", id: args.one("message") },
    { kind: "attachment", digest: args.one("attachment") },
    { kind: "indicator", value: args.one("indicator") },
  ].filter((one) => Object.values(one).every((value) => value !== undefined));
  if (named.length > 1)
    throw new UsageFault("options-together", { options: "--message --attachment --indicator" });
  const [of] = named;
  if (of === undefined)
    throw new UsageFault("option-missing", { option: "--message --attachment --indicator" });
  const channel = args.one("channel");
  return printValue(
    call,
    await postJson(call, who, API.retractions, {
      of,
      reason: needed(call, "reason"),
      role: whoToRole(who),
      ...(channel !== undefined && { channel: await resolveChannel(call, who, channel) }),
      ...optional(args.one("replacement"), "replacement"),
    }),
  );
}

async function retractions(call: Call): Promise<number> {
  const who = whoOf(call, "watch");
  const lists = await getJson(call, who, API.retractions);
  const open = {
    told: listIn(lists, "told").filter((one) => textIn(one, "state") !== "answered"),
    received: listIn(lists, "received").filter((one) => textIn(one, "complied") === undefined),
  };
  const shown = call.args.flag("open") ? open : lists;
  return printLines(call, who, shown, (names) => retractionLines(shown, names));
}

async function trace(call: Call): Promise<number> {
  const who = whoOf(call, "analyst");
  const bytes = await readUpTo(call.ports, call.args.operands[0] ?? "-", COPY_SIZE_LIMIT_BYTES);
  const path = call.args.flag("record") ? API.sightings : API.canaryTrace;
  return printValue(call, toValue(await postBytes(call, who, path, bytes)));
}

async function make(call: Call): Promise<number> {
  const { args, ports, out } = call;
  if (args.one("out") === undefined) throw new UsageFault("option-missing", { option: "--out" });
  const [party, format, order] = ["party", "format", "order"].map((name) => needed(call, name));
  const who = whoOf(call, "analyst");
  const bytes = await readUpTo(ports, args.operands[0] ?? "-", LIST_SIZE_LIMIT_BYTES);
  const query = new URLSearchParams({
    party: await resolveParty(call, who, party ?? ""),
    format: format ?? "",
    order: order ?? "",
    evidence: args.flag("no-evidence") ? "none" : "evidence",
    ...optional(args.one("column"), "column"),
  });
  const made = toValue(await postBytes(call, who, `${API.canaries}?${query.toString()}`, bytes));
  const file = parseBase64url(textIn(made, "file") ?? "");
  if (isRefusal(file)) throw new ApiRefusal(doorRefusal("answer-malformed", { status: 201 }));
  for (const name of ["canary", "variant"]) await out.note(`${name}: ${textIn(made, name) ?? ""}`);
  return writeOut(call, file);
}

async function leak(call: Call): Promise<number> {
  const who = whoOf(call, "authority");
  const statement = { lang: call.args.one("text-lang") ?? "en", text: needed(call, "statement") };
  const body = { message: call.args.operands[0] ?? "", role: whoToRole(who), statement };
  await printValue(call, await postJson(call, who, API.leaks, body));
  return DONE;
}

/** A party by its id or its handle; an unknown one goes to the node as it is, which says so. */
async function resolveParty(call: Call, who: Who, named: string): Promise<string> {
  const parties = listIn(await getJson(call, who, API.parties), "parties");
  const found = parties.find((one) => textIn(one, "handle")?.toLowerCase() === named.toLowerCase());
  return textIn(found, "party") ?? named;
}

function asOf({ args }: Call): number | undefined {
  const text = args.one("as-of");
  if (text === undefined) return undefined;
  const at = parseInstant(text);
  if (isRefusal(at)) throw new UsageFault("option-malformed", { option: "--as-of", value: text });
  return at;
}

function toValue(bytes: Uint8Array): Value {
  return JSON.parse(new TextDecoder().decode(bytes)) as Value;
}
