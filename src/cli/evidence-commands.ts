/**
 * `evidence …`: files into the own vault and out of it, one or a folder at a time.
 *
 * Nothing is opened here: a file is read to be sent to the node, and what comes back is saved. A file that cannot be
 * read, or that the node refuses, is named, and the others go on.
 */
import {
  ApiRefusal,
  apiRefusalOf,
  dataDirectory,
  getJson,
  listIn,
  NODE_OPTIONS,
  postJson,
  textIn,
  whoOf,
  type Value,
} from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, REFUSED, type Call, type Command } from "./command.ts";
import { required } from "./node-commands.ts";
import { printRefusal } from "./output.ts";
import { CliFault, type FoundFile } from "./ports.ts";
import { parseNumber } from "./rows.ts";

const EVIDENCE = "/api/v1/evidence";
const value = (name: string): { readonly kind: "value"; readonly value: string } => ({
  kind: "value",
  value: name,
});
const ITEM = { name: "ITEM" } as const;
const REASON_OPTIONS = { ...NODE_OPTIONS, reason: value("TEXT") } as const;
const SAMPLE = "0192f3a1-0000-7000-8000-0000000000e1";

export const EVIDENCE_COMMANDS: readonly Command[] = [
  {
    path: "evidence add",
    operands: [{ name: "PATH", many: true }],
    options: {
      ...NODE_OPTIONS,
      "media-type": value("TYPE"),
      tool: value("TEXT"),
      "acquired-at": value("INSTANT"),
      "clock-source": { ...value("SOURCE"), choices: ["ntp", "ptp", "gps", "roughtime", "manual"] },
      "clock-error": value("MS"),
      "retain-days": value("N"),
    },
    examples: [
      "parley evidence add auth.log --tool journalctl --clock-source ntp --clock-error 50",
      "parley evidence add captures samples/dropper.bin --retain-days 365",
    ],
    run: add,
  },
  {
    path: "evidence list",
    operands: [],
    options: { ...NODE_OPTIONS, due: { kind: "flag" }, transfers: { kind: "flag" } },
    examples: [
      "parley evidence list",
      "parley evidence list --due",
      "parley evidence list --transfers --json",
    ],
    run: list,
  },
  {
    path: "evidence show",
    operands: [ITEM],
    options: NODE_OPTIONS,
    examples: [`parley evidence show ${SAMPLE}`],
    run: show,
  },
  {
    path: "evidence get",
    operands: [ITEM],
    options: {
      ...NODE_OPTIONS,
      purpose: value("TEXT"),
      age: { kind: "flag" },
      out: { ...value("FILE"), short: "o" },
      overwrite: { kind: "flag" },
    },
    examples: [
      `parley evidence get ${SAMPLE} --purpose triage -o auth.log.sample`,
      `parley evidence get ${SAMPLE} --age --purpose archive -o auth.log.age`,
    ],
    run: get,
  },
  keeping("evidence hold", "court order 12", (call, item) => act(call, item, "hold", { hold: true })),
  keeping("evidence release", "order lifted", (call, item) => act(call, item, "hold", { hold: false })),
  keeping("evidence erase", "retention", (call, item) => act(call, item, "erase", {})),
  {
    path: "evidence fetch",
    operands: [{ name: "CT" }],
    options: NODE_OPTIONS,
    examples: ["parley evidence fetch J0ikCTgfOhtqI9nHBGXGk_0q5oXtxSKLpCGFuS8HKAE"],
    run: fetchAgain,
  },
];

function keeping(path: string, reason: string, run: (call: Call, item: string) => Promise<Value>): Command {
  return {
    path,
    operands: [ITEM],
    options: REASON_OPTIONS,
    examples: [`parley ${path} ${SAMPLE} --reason "${reason}"`],
    run: async (call) => printItem(call, await run(call, operand(call))),
  };
}

function operand({ args }: Call): string {
  return args.operands[0] ?? "";
}

async function add(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const files: FoundFile[] = [];
  for (const path of args.operands) for await (const file of ports.filesBelow(path)) files.push(file);
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  let refused = 0;
  for (const [i, file] of files.entries()) {
    const say = (readBytes: number): Promise<void> =>
      out.progress(
        words.say("evidence.progress", {
          file: i + 1,
          files: files.length,
          percent: totalBytes === 0 ? 100 : Math.floor((100 * (doneBytes + readBytes)) / totalBytes),
          name: file.name,
        }),
      );
    await say(0);
    if (!(await addOne(call, file, (readBytes) => void say(readBytes)))) refused += 1;
    doneBytes += file.sizeBytes;
  }
  await out.done();
  if (!out.json && files.length !== 1)
    await out.line(words.say("evidence.added_all", { files: files.length - refused, refused }));
  return refused > 0 || files.length === 0 ? REFUSED : DONE;
}

/** False when the node refused it, or it could not be read; said, with the file's name. */
async function addOne(
  call: Call,
  { path, name, sizeBytes }: FoundFile,
  onProgress: (readBytes: number) => void,
): Promise<boolean> {
  const { ports, out, words } = call;
  const query = new URLSearchParams({ name, size_bytes: String(sizeBytes), ...described(call) });
  const request = {
    dataDirectory: dataDirectory(call),
    as: whoOf(call, "analyst"),
    method: "POST",
    path: `${EVIDENCE}?${query.toString()}`,
    contentType: "application/octet-stream",
  } as const;
  try {
    const response = await ports.uploadFile(request, path, onProgress);
    const refusal = apiRefusalOf(response);
    if (refusal !== undefined) throw refusal;
    const item: Value = JSON.parse(new TextDecoder().decode(response.body));
    if (out.json) await out.value(item);
    else
      await out.line(
        words.say("evidence.added", {
          name,
          item: textIn(item, "item") ?? "",
          digest: textIn(item, "digest") ?? "",
        }),
      );
    return true;
  } catch (thrown) {
    if (thrown instanceof ApiRefusal) {
      await out.note(words.say("evidence.refused", { name }));
      await printRefusal(out, words, thrown.refusal);
      return false;
    }
    if (!(thrown instanceof CliFault) || thrown.code !== "file-unreadable") throw thrown;
    await out.note(words.say("evidence.unreadable", { name }));
    return false;
  }
}

/** What somebody says about the acquisition, as the API takes it. */
function described({ args }: Call): Record<string, string> {
  const [source, error] = [args.one("clock-source"), args.one("clock-error")];
  if ((source === undefined) !== (error === undefined))
    throw new UsageFault("option-missing", {
      option: source === undefined ? "--clock-source" : "--clock-error",
    });
  const days = args.one("retain-days");
  const given = {
    media_type: args.one("media-type"),
    tool: args.one("tool"),
    acquired_at: args.one("acquired-at"),
    clock_source: source,
    clock_error_ms: error === undefined ? undefined : String(parseNumber("--clock-error", error)),
    retain_days: days === undefined ? undefined : String(parseNumber("--retain-days", days)),
  };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

async function list(call: Call): Promise<number> {
  const { args, out, words } = call;
  const transfers = args.flag("transfers");
  const path = transfers ? `${EVIDENCE}/transfers` : `${EVIDENCE}${args.flag("due") ? "?due=true" : ""}`;
  const rows = await getJson(call, whoOf(call, "analyst"), path);
  if (out.json) {
    await out.value(rows);
    return DONE;
  }
  for (const row of listIn(rows, "items"))
    await out.line(transfers ? transferLine(call, row) : itemLine(call, row));
  if (listIn(rows, "items").length === 0) await out.line(words.say("evidence.none"));
  return DONE;
}

function itemLine({ words }: Call, row: Value): string {
  return words.say("evidence.row", {
    item: textIn(row, "item") ?? "",
    at: textIn(row, "at") ?? "",
    size: textIn(row, "size_bytes") ?? "",
    state: words.word("evidence.state", stateOf(row)),
    name: textIn(row, "name") ?? "",
  });
}

function transferLine({ words }: Call, row: Value): string {
  return words.say("evidence.transfer", {
    ct: textIn(row, "ct") ?? "",
    have: textIn(row, "have") ?? "",
    total: textIn(row, "total") ?? "",
    state: words.word("evidence.state", textIn(row, "status") ?? ""),
    name: textIn(row, "name") ?? "",
  });
}

function stateOf(row: Value): string {
  const flags = typeof row === "object" && row !== null ? row : {};
  if ("erased" in flags && flags.erased === true) return "erased";
  return "held" in flags && flags.held === true ? "held" : "kept";
}

async function show(call: Call): Promise<number> {
  const item = await getJson(
    call,
    whoOf(call, "analyst"),
    `${EVIDENCE}/${encodeURIComponent(operand(call))}`,
  );
  return printItem(call, item);
}

async function printItem(call: Call, item: Value): Promise<number> {
  const { out, words } = call;
  if (out.json) {
    await out.value(item);
    return DONE;
  }
  await out.line(itemLine(call, item));
  await out.line(words.say("evidence.digest", { digest: textIn(item, "digest") ?? "" }));
  for (const entry of listIn(item, "custody"))
    await out.line(
      words.say("evidence.custody", {
        at: textIn(entry, "at") ?? "",
        act: words.word("evidence.act", textIn(entry, "act") ?? ""),
        officer: textIn(entry, "officer") ?? "",
        role: textIn(entry, "role") ?? "",
        note: textIn(entry, "note") ?? "",
      }),
    );
  return DONE;
}

async function get(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const kind = args.flag("age") ? "age" : "sample";
  const file = required(call, "out");
  const query = new URLSearchParams({ purpose: required(call, "purpose") });
  const request = {
    dataDirectory: dataDirectory(call),
    as: whoOf(call, "analyst"),
    method: "GET",
    path: `${EVIDENCE}/${encodeURIComponent(operand(call))}/${kind}?${query.toString()}`,
  } as const;
  const response = await ports.downloadFile(request, file, {
    overwrite: args.flag("overwrite"),
    onProgress: (bytes) => void out.progress(words.say("evidence.reading", { bytes })),
  });
  await out.done();
  const refusal = apiRefusalOf(response);
  if (refusal !== undefined) throw refusal;
  if (out.json) await out.value({ file, item: operand(call) });
  else await out.line(words.say("evidence.saved", { file }));
  return DONE;
}

async function act(call: Call, item: string, what: "hold" | "erase", body: object): Promise<Value> {
  const path = `${EVIDENCE}/${encodeURIComponent(item)}/${what}`;
  return postJson(call, whoOf(call, "authority"), path, { ...body, reason: required(call, "reason") });
}

async function fetchAgain(call: Call): Promise<number> {
  const ct = operand(call);
  const path = `${EVIDENCE}/transfers/${encodeURIComponent(ct)}/fetch`;
  const asked = await postJson(call, whoOf(call, "analyst"), path, {});
  if (call.out.json) await call.out.value(asked);
  else await call.out.line(call.words.say("evidence.fetching", { ct }));
  return DONE;
}
