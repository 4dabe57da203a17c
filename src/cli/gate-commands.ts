/** `draft show|justify|hold|mitigated`: findings and what people answer (SPEC 14.7); `reveal`: what was withheld. */
import { JUSTIFICATIONS } from "#parley/node/house-gate.ts";
import { API, getJson, member, NODE_OPTIONS, postJson, postNothing, resolveChannel, whoOf } from "./api.ts";
import { UsageFault } from "./arguments.ts";
import { DONE, type Call, type Command } from "./command.ts";
import { printFindings } from "./findings.ts";
import { printDraft, printPreview } from "./release.ts";
import { whoToRole } from "./who.ts";

const DRAFT = "0192f3a1-0000-7000-8000-000000000001";

export const GATE_COMMANDS: readonly Command[] = [
  {
    path: "draft show",
    operands: [{ name: "DRAFT" }],
    options: NODE_OPTIONS,
    examples: [`parley draft show ${DRAFT}`],
    run: show,
  },
  {
    path: "draft justify",
    operands: [{ name: "DRAFT" }, { name: "FINDING" }],
    options: {
      ...NODE_OPTIONS,
      reason: { kind: "value", choices: JUSTIFICATIONS },
      text: { kind: "value", value: "TEXT" },
    },
    examples: [
      `parley draft justify ${DRAFT} $FINDING --reason needed-to-act --text "They asked." --as analyst`,
    ],
    run: justify,
  },
  {
    path: "draft hold",
    operands: [{ name: "DRAFT" }],
    options: { ...NODE_OPTIONS, until: { kind: "value", value: "TIME" }, mitigation: { kind: "flag" } },
    examples: [`parley draft hold ${DRAFT} --until 2026-12-01T00:00:00Z --mitigation`],
    run: hold,
  },
  {
    path: "draft mitigated",
    operands: [{ name: "DRAFT" }],
    options: NODE_OPTIONS,
    examples: [`parley draft mitigated ${DRAFT} --as analyst`],
    run: mitigated,
  },
  {
    path: "reveal",
    operands: [{ name: "MESSAGE" }, { name: "PATH" }],
    options: { ...NODE_OPTIONS, channel: { kind: "value", value: "CHANNEL" } },
    examples: [
      `parley reveal ${DRAFT} /attach/0/original --channel RIMAL`,
      `parley reveal ${DRAFT} /body/victims --as authority`,
    ],
    run: reveal,
  },
];

async function show(call: Call): Promise<number> {
  const [id = ""] = call.args.operands;
  const view = await getJson(call, whoOf(call, "watch"), API.draft(id));
  if (call.out.json) await call.out.value(view);
  else {
    await printPreview(call, view);
    await printFindings(call, view);
  }
  return DONE;
}

async function justify(call: Call): Promise<number> {
  const [id = "", finding = ""] = call.args.operands;
  const who = whoOf(call, "analyst");
  const code = call.args.one("reason");
  const text = call.args.one("text");
  if (code === undefined || text === undefined)
    throw new UsageFault("option-missing", { option: code === undefined ? "--reason" : "--text" });
  const body = { finding, role: whoToRole(who), code, text };
  const gate = await postJson(call, who, API.justifications(id), body);
  if (call.out.json) await call.out.value(gate);
  else {
    await call.out.line(call.words.say("draft.justified", { finding }));
    await printFindings(call, gate);
  }
  return DONE;
}

async function hold(call: Call): Promise<number> {
  const [id = ""] = call.args.operands;
  const until = call.args.one("until");
  const body = { mitigation: call.args.flag("mitigation"), ...(until !== undefined && { until }) };
  const gate = await postJson(call, whoOf(call, "analyst"), API.hold(id), body);
  if (call.out.json) await call.out.value(member(gate, "hold"));
  else await call.out.line(call.words.say("draft.held", { draft: id }));
  return DONE;
}

async function mitigated(call: Call): Promise<number> {
  const [id = ""] = call.args.operands;
  const gate = await postNothing(call, whoOf(call, "analyst"), API.mitigation(id));
  if (call.out.json) await call.out.value(gate);
  else await call.out.line(call.words.say("draft.mitigated", { draft: id }));
  return DONE;
}

/** Opens what was withheld: a draft like any other, which two persons release. */
async function reveal(call: Call): Promise<number> {
  const [message = "", path = ""] = call.args.operands;
  const who = whoOf(call, "principal");
  const channel = await resolveChannel(call, who, call.args.one("channel"));
  const body = { message, path, role: whoToRole(who) };
  await printDraft(call, await postJson(call, who, API.reveals(channel), body));
  return DONE;
}
