/** `party`, `pair`, `agree`: who we are, whom we know, and what was agreed. */
import { encodeBase64url, parseBase64url } from "#parley/codec/bytes.ts";
import { PARTY_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { DECLINE_REASONS } from "#parley/node/handshake.ts";
import { PAIRING_MEDIA } from "#parley/node/house.ts";
import { parsePartyChain } from "#parley/party/chain.ts";
import {
  API,
  ApiRefusal,
  getJson,
  listIn,
  NODE_OPTIONS,
  postJson,
  textIn,
  whoOf,
  type Value,
} from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, type Call, type Command } from "./command.ts";
import { readUpTo } from "./files.ts";
import { readJsonFile } from "./json-file.ts";
import { readNames } from "./names.ts";
import { printParty, required } from "./node-commands.ts";
import { printRefusal } from "./output.ts";
import { doorRefusal, showRefusal } from "./shown.ts";

const OUT = { kind: "value", value: "FILE", short: "o" } as const;
const OVERWRITE = { kind: "flag" } as const;
/** A chain of a hundred versions with their signatures. */
const CHAIN_SIZE_LIMIT_BYTES = 256 * PARTY_SIZE_LIMIT_BYTES;
const CHANNEL_EXAMPLE = "2vSVmyEu4Us4qLzlMGqGgIhjXX0oVQjnKbNjhJ3GmDw";

export const PARTNER_COMMANDS: readonly Command[] = [
  {
    path: "party show",
    operands: [],
    options: NODE_OPTIONS,
    examples: ["parley party show", "parley party show --json"],
    run: showParty,
  },
  {
    path: "party file",
    operands: [],
    options: { ...NODE_OPTIONS, out: OUT, overwrite: OVERWRITE },
    examples: ["parley party file -o meridia.party"],
    run: partyFile,
  },
  {
    path: "pair",
    operands: [{ name: "FILE|URL" }],
    options: {
      ...NODE_OPTIONS,
      digits: { kind: "value", value: "DIGITS" },
      words: { kind: "value", value: "WORDS" },
      medium: { kind: "value", choices: PAIRING_MEDIA },
    },
    examples: [
      'parley pair rimal.party --digits "00381 21437 52901 88412 04471 90023 55186 27340" --medium phone',
      'parley pair https://parley.rimal.example:8443/rimal.party --words "$WORDS" --medium in-person',
    ],
    run: pair,
  },
  {
    path: "agree offer",
    operands: [{ name: "PARTY" }],
    options: {
      ...NODE_OPTIONS,
      terms: { kind: "value", value: "FILE" },
      counters: { kind: "value", value: "CHANNEL" },
    },
    examples: ["parley agree offer $PARTY", "parley agree offer $PARTY --terms terms.json --as principal"],
    run: offer,
  },
  {
    path: "agree accept",
    operands: [{ name: "CHANNEL" }],
    options: NODE_OPTIONS,
    examples: [`parley agree accept ${CHANNEL_EXAMPLE}`],
    run: (call) => answerOffer(call, "accept", {}),
  },
  {
    path: "agree decline",
    operands: [{ name: "CHANNEL" }],
    options: { ...NODE_OPTIONS, reason: { kind: "value", choices: DECLINE_REASONS } },
    examples: [`parley agree decline ${CHANNEL_EXAMPLE} --reason terms`],
    run: (call) => answerOffer(call, "decline", { reason: required(call, "reason") }),
  },
  {
    path: "agree list",
    operands: [],
    options: NODE_OPTIONS,
    examples: ["parley agree list"],
    run: listOffers,
  },
];

async function showParty(call: Call): Promise<number> {
  const { out, words } = call;
  const own = await getJson(call, whoOf(call, "watch"), API.party);
  if (out.json) {
    await out.value(own);
    return DONE;
  }
  const [name = "", handle = "", expires = "", version = ""] = ["name", "handle", "expires", "version"].map(
    (key) => textIn(own, key),
  );
  await out.line(words.say("party.show", { name, handle, expires, versions: version }));
  await printParty(call, textIn(own, "party") ?? "");
  return DONE;
}

async function partyFile(call: Call): Promise<number> {
  const own = await getJson(call, whoOf(call, "watch"), API.party);
  const bytes = parseBase64url(textIn(own, "chain") ?? "");
  if (isRefusal(bytes)) throw new ApiRefusal(doorRefusal("answer-malformed"));
  return writeOut(call, bytes);
}

/** To `-o FILE`; to standard output where none is named and it is no terminal. */
export async function writeOut(call: Call, bytes: Uint8Array): Promise<number> {
  const { args, ports, out, words } = call;
  const path = args.one("out");
  if (path === undefined) throw new UsageFault("option-missing", { option: "--out" });
  await ports.writeFile(path, bytes, { overwrite: args.flag("overwrite") });
  if (path === "-") return DONE;
  if (out.json) await out.value({ file: path, size: bytes.length });
  else await out.line(words.say("file.written", { file: path, size: bytes.length }));
  return DONE;
}

async function pair(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const [source = ""] = args.operands;
  const [digits, spoken] = [args.one("digits"), args.one("words")];
  if (digits !== undefined && spoken !== undefined)
    throw new UsageFault("options-together", { options: "--digits --words" });
  const typed = digits ?? spoken;
  // What was heard over another medium is the whole point: without it nothing is paired.
  if (typed === undefined) throw new UsageFault("option-missing", { option: "--digits" });
  const medium = required(call, "medium");
  const chain = source.startsWith("https://")
    ? await ports.fetchPublic(source, CHAIN_SIZE_LIMIT_BYTES)
    : await readUpTo(ports, source, CHAIN_SIZE_LIMIT_BYTES);
  const parsed = parsePartyChain(ports.backend, chain);
  if (isRefusal(parsed)) return printRefusal(out, words, showRefusal(parsed));
  const body = { chain: encodeBase64url(chain), typed, medium };
  const paired = await postJson(call, whoOf(call, "watch"), API.pairings, body);
  if (out.json) await out.value(paired ?? { party: parsed.party });
  else
    await out.line(
      out.paint("good", words.say("pair.done", { name: parsed.latest.name, party: parsed.party })),
    );
  return DONE;
}

async function offer(call: Call): Promise<number> {
  const { args, ports } = call;
  const [party = ""] = args.operands;
  const path = args.one("terms");
  const terms = path === undefined ? undefined : await readJsonFile(ports, path);
  if (path !== undefined && terms === undefined) throw new UsageFault("body-malformed", { file: path });
  const counters = args.one("counters");
  const answer = await postJson(call, whoOf(call, "principal"), API.offers, {
    party,
    ...(terms !== undefined && { terms }),
    ...(counters !== undefined && { counters }),
  });
  return printOffer(call, "agree.offered", answer);
}

async function answerOffer(call: Call, act: "accept" | "decline", body: unknown): Promise<number> {
  const [channel = ""] = call.args.operands;
  const answer = await postJson(call, whoOf(call, "principal"), API.offer(channel, act), body);
  return printOffer(call, `agree.${act}`, answer, channel);
}

async function printOffer({ out, words }: Call, key: string, answer: Value, named = ""): Promise<number> {
  const channel = textIn(answer, "channel") ?? textIn(answer, "id") ?? named;
  if (out.json) await out.value(answer ?? { channel });
  else await out.line(out.paint("good", words.say(key, { channel })));
  return DONE;
}

async function listOffers(call: Call): Promise<number> {
  const who = whoOf(call, "watch");
  const answer = await getJson(call, who, API.offers);
  if (call.out.json) {
    await call.out.value(answer);
    return DONE;
  }
  const offers = listIn(answer, "offers");
  const { handleOf } = await readNames(call, who);
  for (const one of offers)
    await call.out.line(
      call.words.say("agree.line", {
        channel: textIn(one, "channel") ?? "",
        party: handleOf(textIn(one, "party") ?? ""),
        status: call.words.word("offer_status", textIn(one, "status") ?? ""),
      }),
    );
  if (offers.length === 0) await call.out.line(call.words.say("agree.none"));
  return DONE;
}
