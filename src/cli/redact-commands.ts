/**
 * `redact` and `inspect redaction`: a file in, a redacted copy and its map out, offline; and what a reader of the
 * map checks later (SPEC 13). `evidence redact` asks the node to do the same with an item of its vault.
 *
 * A refusal leaves no file. The secrets that reveal everything are written apart from the copy, and are never
 * sent.
 */
import { createHash } from "node:crypto";
import { encodeBase64url, parseBase64url, utf8ToText } from "#parley/codec/bytes.ts";
import { encodeJson, type Json } from "#parley/codec/json.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import {
  parseRedactionMap,
  parseRevealedPiece,
  PIECE_SIZE_LIMIT_BYTES,
  REDACTION_MAP_SIZE_LIMIT_BYTES,
  verifyRevealedOriginal,
  verifyRevealedPiece,
  type RedactionMap,
} from "#parley/ledger/redaction-map.ts";
import { redactApart } from "#parley/redaction/apart.ts";
import { parseRedactionPlan, PLAN_SIZE_LIMIT_BYTES, type RedactionPlan } from "#parley/redaction/plan.ts";
import type { Redaction } from "#parley/redaction/redact.ts";
import { SEED_SIZE_BYTES } from "#parley/redaction/work.ts";
import { member, NODE_OPTIONS, postJson, textIn, whoOf } from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, FILE, type Call, type Command } from "./command.ts";
import { readUpTo } from "./files.ts";
import { readJsonFile } from "./json-file.ts";
import { required } from "./node-commands.ts";
import { printRefusal } from "./output.ts";
import { parseNumber } from "./rows.ts";
import { showRefusal } from "./shown.ts";
import { whoToRole } from "./who.ts";

const SECRETS_SIZE_LIMIT_BYTES = 4_096;
const value = (name: string): { readonly kind: "value"; readonly value: string } => ({
  kind: "value",
  value: name,
});

export const REDACT_COMMANDS: readonly Command[] = [
  {
    path: "redact",
    operands: [FILE],
    options: {
      plan: value("FILE"),
      out: value("FILE"),
      secrets: value("FILE"),
      piece: value("N"),
      overwrite: { kind: "flag" },
    },
    examples: [
      "parley redact capture.pcap --plan plan.json --out for-rimal.pcap",
      "parley redact capture.pcap --plan plan.json --secrets for-rimal.pcap.secrets --piece 17 --out piece.json",
    ],
    run: redactFile,
  },
  {
    path: "inspect redaction",
    operands: [FILE],
    options: { copy: value("FILE"), original: value("FILE"), salt: value("SALT"), piece: value("FILE") },
    examples: [
      "parley inspect redaction for-rimal.pcap.map",
      "parley inspect redaction for-rimal.pcap.map --original capture.pcap --salt $SALT",
    ],
    run: inspectMap,
  },
  {
    path: "evidence redact",
    operands: [{ name: "ITEM" }],
    options: { ...NODE_OPTIONS, plan: value("FILE"), name: value("TEXT") },
    examples: ["parley evidence redact 0192f3a1-0000-7000-8000-0000000000e1 --plan plan.json"],
    run: redactItem,
  },
];

async function redactFile(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const to = required(call, "out");
  const plan = parseRedactionPlan(await readUpTo(ports, required(call, "plan"), PLAN_SIZE_LIMIT_BYTES));
  if (isRefusal(plan)) return printRefusal(out, words, showRefusal(plan));
  const piece = args.one("piece");
  const kept = args.one("secrets");
  if (piece !== undefined && kept === undefined)
    throw new UsageFault("option-missing", { option: "--secrets" });
  const seed = piece === undefined || kept === undefined ? freshSeed(call) : await readSeed(call, kept);
  if (isRefusal(seed)) return printRefusal(out, words, showRefusal(seed));
  const reveal = piece === undefined ? undefined : parseNumber("--piece", piece);
  const options = { overwrite: args.flag("overwrite") };
  await out.progress(words.say("redact.working"));
  const done = await makeCopy(call, plan, seed, reveal);
  await out.done();
  if (isRefusal(done)) return printRefusal(out, words, showRefusal(done));
  if (done.piece !== undefined) {
    const bytes = encodeJson({ ...done.piece, path: [...done.piece.path] });
    await ports.writeFile(to, bytes, options);
    return printWritten(call, [{ file: to, size: bytes.length }], done);
  }
  const map = encodeJson(mapToJson(done.map));
  const secrets = encodeJson({
    v: 1,
    type: "redaction.secrets",
    seed: encodeBase64url(seed),
    salt: done.original.salt,
    original: { ...done.original.value },
  });
  await ports.writeFile(`${to}.map`, map, options);
  await ports.writeFile(kept ?? `${to}.secrets`, secrets, { ...options, secret: true });
  return printWritten(
    call,
    [
      { file: to, size: done.map.copy.size_bytes },
      { file: `${to}.map`, size: map.length },
      { file: kept ?? `${to}.secrets`, size: secrets.length },
    ],
    done,
  );
}

/** For one piece the copy is made again and thrown away. */
async function makeCopy(
  { args, ports }: Call,
  plan: RedactionPlan,
  seed: Uint8Array,
  reveal: number | undefined,
): Promise<Redaction | Refusal> {
  const { backend } = ports;
  const [from = "-"] = args.operands;
  const input = { source: ports.readFile(from), plan, seed, backend };
  if (reveal !== undefined) return redactApart({ ...input, write: () => undefined, reveal });
  let done: Redaction | Refusal | undefined;
  await ports.writeFileAs(
    args.one("out") ?? "",
    async (write) => {
      done = await redactApart({ ...input, write });
      return !isRefusal(done);
    },
    { overwrite: args.flag("overwrite") },
  );
  if (done === undefined) throw new Error("a copy without an answer");
  return done;
}

function freshSeed({ ports }: Call): Uint8Array {
  return ports.backend.randomBytes(SEED_SIZE_BYTES);
}

async function readSeed({ ports }: Call, path: string): Promise<Uint8Array | Refusal> {
  const text = utf8ToText(await readUpTo(ports, path, SECRETS_SIZE_LIMIT_BYTES)) ?? "";
  const seed = /"seed":"([A-Za-z0-9_-]{43})"/.exec(text)?.[1];
  return seed === undefined ? refuse("base64-invalid") : parseBase64url(seed, SEED_SIZE_BYTES);
}

async function printWritten(
  { out, words }: Call,
  files: readonly { readonly file: string; readonly size: number }[],
  { map }: Redaction,
): Promise<number> {
  if (out.json) {
    await out.value({ files, map });
    return DONE;
  }
  for (const one of files) await out.line(words.say("file.written", one));
  await printMap({ out, words }, map);
  return DONE;
}

async function printMap({ out, words }: Pick<Call, "out" | "words">, map: RedactionMap): Promise<void> {
  await out.line(words.say("redact.pieces", { count: map.pieces.count, format: map.format }));
  for (const { how, count } of map.left_out)
    await out.line(words.say("redact.left_out", { how: words.say(`redact.how.${how}`), count }));
}

async function inspectMap(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const map = parseRedactionMap(
    await readUpTo(ports, args.operands[0] ?? "-", REDACTION_MAP_SIZE_LIMIT_BYTES),
  );
  if (isRefusal(map)) return printRefusal(out, words, showRefusal(map));
  const checked: string[] = [];
  for (const check of [checkCopy, checkOriginal, checkPiece]) {
    const judged = await check(call, map);
    if (isRefusal(judged)) return printRefusal(out, words, showRefusal(judged));
    if (judged !== undefined) checked.push(judged);
  }
  if (out.json) {
    await out.value({ accepted: true, checked, map });
    return DONE;
  }
  await out.line(out.paint("good", "accepted"));
  await printMap(call, map);
  for (const what of checked) await out.line(words.say(`redact.matches.${what}`));
  return DONE;
}

/** Undefined when it was not asked for. */
type Judged = Promise<string | undefined | Refusal>;

async function checkCopy(call: Call, { copy }: RedactionMap): Judged {
  const path = call.args.one("copy");
  if (path === undefined) return undefined;
  const { digest, size_bytes } = await identify(call, path);
  return digest === copy.digest && size_bytes === copy.size_bytes ? "copy" : refuse("reveal-mismatch");
}

async function checkOriginal(call: Call, map: RedactionMap): Judged {
  const path = call.args.one("original");
  if (path === undefined) return undefined;
  const salt = required(call, "salt");
  const judged = verifyRevealedOriginal(call.ports.backend, map, { salt, value: await identify(call, path) });
  return isRefusal(judged) ? judged : "original";
}

async function checkPiece({ args, ports }: Call, map: RedactionMap): Judged {
  const path = args.one("piece");
  if (path === undefined) return undefined;
  const piece = parseRevealedPiece(await readUpTo(ports, path, PIECE_SIZE_LIMIT_BYTES));
  const judged = isRefusal(piece) ? piece : verifyRevealedPiece(ports.backend, map, piece);
  return isRefusal(judged) ? judged : "piece";
}

async function identify(
  { ports }: Call,
  path: string,
): Promise<{ readonly digest: string; readonly size_bytes: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of ports.readFile(path)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: encodeBase64url(hash.digest()), size_bytes: size };
}

async function redactItem(call: Call): Promise<number> {
  const { args, ports, out, words } = call;
  const file = required(call, "plan");
  const plan = await readJsonFile(ports, file);
  if (plan === undefined) throw new UsageFault("body-malformed", { file });
  const who = whoOf(call, "analyst");
  const name = args.one("name");
  const body = { plan, role: whoToRole(who), ...(name !== undefined && { name }) };
  const path = `/api/v1/evidence/${encodeURIComponent(args.operands[0] ?? "")}/redactions`;
  const made = await postJson(call, who, path, body);
  if (out.json) {
    await out.value(made);
    return DONE;
  }
  const item = textIn(made, "item") ?? "";
  await out.line(words.say("redact.item", { item, digest: textIn(made, "digest") ?? "" }));
  const shown = JSON.parse(JSON.stringify(member(made, "map"))) as Json;
  const map = parseRedactionMap(encodeJson(shown));
  if (!isRefusal(map)) await printMap(call, map);
  return DONE;
}

function mapToJson({ places, left_out, ...rest }: RedactionMap): Json {
  return {
    ...rest,
    places: places.map((place) => ({ ...place })),
    left_out: left_out.map((row) => ({ ...row })),
  };
}
