/**
 * `people`, `invite`, `second`, `session end`, `setting`, `review`, `approvals`, `verify-approvals`: who may act here,
 * and who approved (SPEC 17). A passkey itself is made and used on the node's own page; a terminal has no device.
 */
import { parseBase64url, utf8ToText } from "#parley/codec/bytes.ts";
import { isRefusal, refuse } from "#parley/codec/refusal.ts";
import { BUNDLE_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { checkApprovals } from "#parley/transcript/approvals.ts";
import { verifyOneMessage } from "#parley/transcript/open-one.ts";
import { parseTrust } from "#parley/transcript/trust.ts";
import { getJson, NODE_OPTIONS, postJson, remove, resolveChannel, textIn, whoOf } from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, FILE, type Call, type Command } from "./command.ts";
import { readUpTo } from "./files.ts";
import { required } from "./node-commands.ts";
import { printRefusal } from "./output.ts";
import { writeOut } from "./partner-commands.ts";
import { showRefusal } from "./shown.ts";
import { printValue } from "./value-lines.ts";

const PREFIX = "/api/v1";
const APPROVALS_LIMIT_BYTES = 65_536;
const TRUST_LIMIT_BYTES = 1_048_576;

export const PEOPLE_COMMANDS: readonly Command[] = [
  {
    path: "people",
    operands: [],
    options: NODE_OPTIONS,
    examples: ["parley people --as principal", "parley people --as auditor --json"],
    run: people,
  },
  {
    path: "invite",
    operands: [{ name: "OFFICER", optional: true }],
    options: { ...NODE_OPTIONS, role: { kind: "many", value: "ROLE" } },
    examples: ["parley invite --role releaser --as principal", "parley invite 4 --as principal"],
    run: invite,
  },
  {
    path: "second",
    operands: [{ name: "ID", optional: true }],
    options: NODE_OPTIONS,
    examples: [
      "parley second --as authority",
      "parley second 0192f3a1-0000-7000-8000-000000000001 --as authority",
    ],
    run: second,
  },
  {
    path: "session end",
    operands: [{ name: "OFFICER" }],
    options: NODE_OPTIONS,
    examples: ["parley session end 4 --as principal"],
    run: endSessions,
  },
  {
    path: "setting approvals",
    operands: [{ name: "VALUE", optional: true }],
    options: NODE_OPTIONS,
    examples: ["parley setting approvals", "parley setting approvals passkey --as principal"],
    run: setting,
  },
  {
    path: "review",
    operands: [{ name: "DRAFT", optional: true }],
    options: { ...NODE_OPTIONS, finding: { kind: "value", choices: ["justified", "not-justified"] } },
    examples: [
      "parley review --as releaser2",
      "parley review 0192f3a1-0000-7000-8000-000000000001 --finding justified --as releaser2",
    ],
    run: review,
  },
  {
    path: "approvals",
    operands: [{ name: "SEQ" }],
    options: {
      ...NODE_OPTIONS,
      channel: { kind: "value", value: "CHANNEL" },
      out: { kind: "value", value: "FILE", short: "o" },
      overwrite: { kind: "flag" },
    },
    examples: ["parley approvals 18 --channel RIMAL -o approvals.json --as releaser1"],
    run: approvals,
  },
  {
    path: "verify-approvals",
    operands: [FILE],
    options: {
      trust: { kind: "value", value: "FILE" },
      said: { kind: "value", value: "FILE" },
    },
    examples: ["parley verify-approvals approvals.json --said message.parley --trust trust.policy"],
    run: verifyApprovals,
  },
];

async function people(call: Call): Promise<number> {
  const who = whoOf(call, "principal");
  const [officers, keys] = [
    await getJson(call, who, `${PREFIX}/people`),
    await getJson(call, who, `${PREFIX}/keys`),
  ];
  return printValue(call, { people: officers, keys });
}

async function invite(call: Call): Promise<number> {
  const { args, out, words } = call;
  const [officer] = args.operands;
  const roles = args.many("role");
  if ((officer === undefined) === (roles.length === 0))
    throw new UsageFault("option-missing", { option: "--role" });
  const wanted = officer === undefined ? { roles } : { officer: numberOf(officer) };
  const made = await postJson(call, whoOf(call, "principal"), `${PREFIX}/links`, wanted);
  if (out.json) return printValue(call, made);
  await out.line(words.say("invite.made", { officer: textIn(made, "officer") ?? "" }));
  await out.line(`/sign-in/#link=${textIn(made, "secret") ?? ""}`);
  const waits = Object.getOwnPropertyDescriptor(made, "waits")?.value === true;
  if (waits) await out.line(out.paint("warn", words.say("invite.waits", { id: textIn(made, "link") ?? "" })));
  return DONE;
}

async function second(call: Call): Promise<number> {
  const who = whoOf(call, "authority");
  const [id] = call.args.operands;
  if (id === undefined) return printValue(call, await getJson(call, who, `${PREFIX}/seconds`));
  await postJson(call, who, `${PREFIX}/seconds/${encodeURIComponent(id)}`, {});
  return printValue(call, { agreed: id });
}

async function endSessions(call: Call): Promise<number> {
  const officer = numberOf(call.args.operands[0] ?? "");
  await remove(call, whoOf(call, "principal"), `${PREFIX}/people/${officer}/sessions`);
  return printValue(call, { officer });
}

async function setting(call: Call): Promise<number> {
  const path = `${PREFIX}/settings/approvals`;
  const [value] = call.args.operands;
  if (value === undefined) return printValue(call, await getJson(call, whoOf(call, "watch"), path));
  return printValue(call, await postJson(call, whoOf(call, "principal"), path, { approvals: value }));
}

async function review(call: Call): Promise<number> {
  const who = whoOf(call, "releaser2");
  const [draft] = call.args.operands;
  if (draft === undefined) return printValue(call, await getJson(call, who, `${PREFIX}/reviews`));
  const finding = required(call, "finding");
  return printValue(
    call,
    await postJson(call, who, `${PREFIX}/reviews/${encodeURIComponent(draft)}`, { finding }),
  );
}

async function approvals(call: Call): Promise<number> {
  const who = whoOf(call, "releaser1");
  const seq = numberOf(call.args.operands[0] ?? "");
  required(call, "out");
  const channel = await resolveChannel(call, who, call.args.one("channel"));
  const party = textIn(await getJson(call, who, `${PREFIX}/me`), "party") ?? "";
  const path = `${PREFIX}/channels/${channel}/entries/${party}/${seq}/approvals`;
  const file = parseBase64url(textIn(await getJson(call, who, path), "approvals") ?? "");
  if (isRefusal(file)) return printRefusal(call.out, call.words, showRefusal(file));
  return writeOut(call, file);
}

/** Offline: the file, the message as it was opened (SPEC 7.5), and whom the reader believes. */
async function verifyApprovals(call: Call): Promise<number> {
  const { ports, args, words, out } = call;
  const trustText = utf8ToText(await readUpTo(ports, required(call, "trust"), TRUST_LIMIT_BYTES));
  const trust = trustText === undefined ? refuse("trust-malformed", { line: 1 }) : parseTrust(trustText);
  if (isRefusal(trust)) return printRefusal(out, words, showRefusal(trust));
  const opened = await readUpTo(ports, required(call, "said"), BUNDLE_SIZE_LIMIT_BYTES);
  const said = verifyOneMessage(ports.backend, opened, trust);
  if (isRefusal(said)) return printRefusal(out, words, showRefusal(said));
  const file = await readUpTo(ports, args.operands[0] ?? "-", APPROVALS_LIMIT_BYTES);
  const checked = checkApprovals(ports.backend, file, said);
  if (isRefusal(checked)) return printRefusal(out, words, showRefusal(checked));
  if (out.json) return printValue(call, checked);
  await out.line(out.paint("good", words.say("approvals.good", { persons: checked.approvals.length })));
  for (const { officer, role, standing, key } of checked.approvals)
    await out.line(words.say(`approvals.${standing}`, { officer, role, key }));
  return DONE;
}

function numberOf(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new UsageFault("option-malformed", { option: text });
  return Number(text);
}
