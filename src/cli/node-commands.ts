/** `init`, `start`, `doctor`: the node as a thing on this machine. */
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeInstant } from "#parley/codec/time.ts";
import { partyToDigits, partyToWords } from "#parley/party/pairing.ts";
import { API, ApiRefusal, dataDirectory, getJson, NODE_OPTIONS, textIn } from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, REFUSED, type Call, type Command } from "./command.ts";
import { printRefusal } from "./output.ts";
import { CliFault, type Diagnosis, type ListenAddress, type StartOptions } from "./ports.ts";
import { parseNumber } from "./rows.ts";
import { showRefusal } from "./shown.ts";

const DEFAULT_API_PORT = 8460;
const DEFAULT_PEER_PORT = 8443;
const DEFAULT_VALID_DAYS = 365;
/** Below this the node would soon be read-only. */
const DISK_FREE_LOW_BYTES = 1_073_741_824;
/** A clock before this was never set: the protocol is younger. */
const CLOCK_EARLIEST = Date.UTC(2026, 0, 1) / 1_000;

export const NODE_COMMANDS: readonly Command[] = [
  {
    path: "init",
    operands: [],
    options: {
      data: NODE_OPTIONS.data,
      name: { kind: "value", value: "TEXT" },
      handle: { kind: "value", value: "HANDLE" },
      url: { kind: "many", value: "URL" },
      language: { kind: "many", value: "LANG" },
      "api-port": { kind: "value", value: "N" },
      "peer-port": { kind: "value", value: "N" },
      "peer-host": { kind: "value", value: "HOST" },
      "valid-days": { kind: "value", value: "N" },
    },
    examples: [
      'parley init --name "CERT Meridia" --handle MERIDIA --url https://parley.meridia.example:8443',
      'parley init --data rimal --name "CSIRT Rimal" --handle RIMAL --url https://rimal.example:8443 --language ar',
    ],
    run: init,
  },
  {
    path: "start",
    operands: [],
    options: {
      data: NODE_OPTIONS.data,
      "api-port": { kind: "value", value: "N" },
      "peer-port": { kind: "value", value: "N" },
    },
    examples: ["parley start", "parley start --data /srv/parley"],
    run: start,
  },
  {
    path: "doctor",
    operands: [],
    options: { data: NODE_OPTIONS.data },
    examples: ["parley doctor", "parley doctor --data /srv/parley --json"],
    run: doctor,
  },
];

async function init(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const name = required(call, "name");
  const handle = required(call, "handle");
  const urls = args.many("url");
  if (urls.length === 0) throw new UsageFault("option-missing", { option: "--url" });
  const languages = args.many("language");
  await out.progress(words.say("init.working"));
  const report = await ports.init({
    dataDirectory: dataDirectory(call),
    name,
    handle,
    urls,
    languages: languages.length > 0 ? languages : ["en"],
    api: address(call, "api-port", DEFAULT_API_PORT, "127.0.0.1"),
    peer: address(call, "peer-port", DEFAULT_PEER_PORT, args.one("peer-host") ?? "0.0.0.0"),
    validDays: parseNumber("--valid-days", args.one("valid-days") ?? String(DEFAULT_VALID_DAYS)),
  });
  await out.done();
  if (isRefusal(report)) return printRefusal(out, words, showRefusal(report));
  const { party, files, roots } = report;
  if (out.json) {
    await out.value({ party, digits: partyToDigits(party), words: partyToWords(party), files, roots });
    return DONE;
  }
  await out.line(
    out.paint("good", words.say("init.done", { directory: dataDirectory(call), files: files.length })),
  );
  await printParty(call, party);
  for (const root of roots) await out.line(out.paint("warn", words.say("init.root", { file: root })));
  return DONE;
}

/** The id, and what is read aloud to pair. */
export async function printParty({ out, words }: Call, party: string): Promise<void> {
  await out.line(words.say("party.id", { party }));
  await out.line(words.say("party.digits", { digits: partyToDigits(party) }));
  await out.line(words.say("party.words", { words: partyToWords(party) }));
}

async function start(call: Call): Promise<number> {
  const { args, ports } = call;
  const [api, peer] = [args.one("api-port"), args.one("peer-port")];
  const announced: Promise<void>[] = [];
  const status = await ports.start({
    dataDirectory: dataDirectory(call),
    ...(api !== undefined && { apiPort: parseNumber("--api-port", api) }),
    ...(peer !== undefined && { peerPort: parseNumber("--peer-port", peer) }),
    onServing: (serving) => {
      announced.push(announce(call, serving));
    },
  });
  await Promise.all(announced);
  return status;
}

async function announce(
  { out, words }: Call,
  serving: Parameters<StartOptions["onServing"]>[0],
): Promise<void> {
  if (out.json) return out.value({ serving });
  const { link, ...addresses } = serving;
  await out.line(words.say("start.serving", addresses));
  if (link !== undefined) await out.line(words.say("start.link", { link }));
}

type Health = "good" | "warn" | "bad";

interface Check {
  readonly name: string;
  readonly health: Health;
  readonly facts: Readonly<Record<string, string | number>>;
}

async function doctor(call: Call): Promise<number> {
  const { ports, out, words } = call;
  const diagnosis = await ports.diagnose(dataDirectory(call));
  const checks = [...machineChecks(diagnosis, ports.clock()), await apiCheck(call)];
  if (out.json) await out.value({ checks });
  else
    for (const { name, health, facts } of checks) {
      const mark = out.paint(health, words.say(`doctor.${health}`));
      await out.line(`${mark}  ${words.say(`doctor.${name}.${health}`, facts)}`);
    }
  return checks.some(({ health }) => health === "bad") ? REFUSED : DONE;
}

function machineChecks(diagnosis: Diagnosis, now: number): readonly Check[] {
  const { nodeVersion, directoryMode, openToOthers, diskFreeBytes, keysMissing, rootsHere } = diagnosis;
  const check = (name: string, health: Health, facts: Check["facts"] = {}): Check => ({
    name,
    health,
    facts,
  });
  const mode = directoryMode === undefined ? "" : (directoryMode & 0o777).toString(8);
  const open = openToOthers.length > 0 || (directoryMode !== undefined && (directoryMode & 0o077) !== 0);
  const low = diskFreeBytes !== undefined && diskFreeBytes < DISK_FREE_LOW_BYTES;
  const free = diskFreeBytes === undefined ? "?" : Math.floor(diskFreeBytes / 1_048_576);
  return [
    check("runtime", /^v?24\./.test(nodeVersion) ? "good" : "bad", { version: nodeVersion }),
    check("directory", diagnosis.configured ? "good" : "bad"),
    check("permissions", open ? "bad" : "good", { mode, files: openToOthers.join(", ") }),
    check("lock", diagnosis.locked ? "good" : "warn"),
    check("clock", now >= CLOCK_EARLIEST ? "good" : "bad", { time: encodeInstant(now) }),
    check("disk", low ? "warn" : "good", { free }),
    check("keys", keysMissing.length > 0 ? "bad" : "good", { files: keysMissing.join(", ") }),
    check("roots", rootsHere.length > 0 ? "warn" : "good", { files: rootsHere.join(", ") }),
  ];
}

async function apiCheck(call: Call): Promise<Check> {
  try {
    const node = await getJson(call, "watch", API.me);
    return { name: "api", health: "good", facts: { party: textIn(node, "party") ?? "" } };
  } catch (thrown) {
    if (thrown instanceof CliFault) return { name: "api", health: "warn", facts: { code: thrown.code } };
    if (thrown instanceof ApiRefusal)
      return { name: "api", health: "bad", facts: { code: thrown.refusal.code } };
    throw thrown;
  }
}

function address({ args }: Call, option: string, port: number, host: string): ListenAddress {
  const given = args.one(option);
  return { host, port: given === undefined ? port : parseNumber(`--${option}`, given) };
}

export function required({ args }: Call, option: string): string {
  const value = args.one(option);
  if (value === undefined) throw new UsageFault("option-missing", { option: `--${option}` });
  return value;
}
