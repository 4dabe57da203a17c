/**
 * `drafts`, `approve`, `discard`: what leaves is shown first, character by character, and approved by its digest.
 *
 * Approving needs the digest of exactly that text: given with `--digest`, or confirmed on a terminal after the preview.
 * Without either nothing is approved.
 */
import {
  API,
  ApiRefusal,
  getJson,
  listIn,
  member,
  NODE_OPTIONS,
  postJson,
  remove,
  textIn,
  whoOf,
  type Value,
} from "./api.ts";
import { DONE, type Call, type Command } from "./command.ts";
import { printFindings } from "./findings.ts";
import { escapeUntrusted, escapeUntrustedLines } from "./safe-text.ts";
import { textsIn } from "./names.ts";
import { doorRefusal } from "./shown.ts";
import { whoToRole } from "./who.ts";
import type { Words } from "./words.ts";

/** Characters of a digest that a person types to confirm. */
const CONFIRM_LENGTH = 6;

export const RELEASE_COMMANDS: readonly Command[] = [
  {
    path: "drafts",
    operands: [],
    options: NODE_OPTIONS,
    examples: ["parley drafts", "parley drafts --json --as releaser1"],
    run: listDrafts,
  },
  {
    path: "approve",
    operands: [{ name: "DRAFT" }],
    options: {
      ...NODE_OPTIONS,
      digest: { kind: "value", value: "DIGEST" },
      findings: { kind: "value", value: "DIGEST" },
    },
    examples: [
      "parley approve 0192f3a1-0000-7000-8000-000000000001 --as releaser1",
      "parley approve 0192f3a1-0000-7000-8000-000000000001 --as releaser2 --digest $DIGEST",
    ],
    run: approve,
  },
  {
    path: "discard",
    operands: [{ name: "DRAFT" }],
    options: NODE_OPTIONS,
    examples: ["parley discard 0192f3a1-0000-7000-8000-000000000001"],
    run: discard,
  },
];

async function listDrafts(call: Call): Promise<number> {
  const answer = await getJson(call, whoOf(call, "watch"), API.drafts);
  if (call.out.json) {
    await call.out.value(answer);
    return DONE;
  }
  const drafts = listIn(answer, "drafts");
  for (const draft of drafts) await call.out.line(draftLine(call, draft));
  if (drafts.length === 0) await call.out.line(call.words.say("drafts.none"));
  return DONE;
}

async function approve(call: Call): Promise<number> {
  const [id = ""] = call.args.operands;
  const who = whoOf(call, "releaser1");
  const view = await getJson(call, who, API.draft(id));
  const digest = textIn(view, "digest") ?? "";
  if (!call.out.json) {
    await printPreview(call, view);
    await printFindings(call, view);
  }
  const given = call.args.one("digest") ?? (await confirm(call, digest));
  if (given === undefined) throw new ApiRefusal(doorRefusal("release-not-confirmed"));
  // Who confirmed on a terminal saw the findings there; a program names them.
  const shown = call.args.one("digest") === undefined ? textIn(member(view, "gate"), "digest") : undefined;
  const check = call.args.one("findings") ?? shown;
  const approved = await postJson(call, who, API.approvals(id), {
    role: whoToRole(who),
    digest: given,
    ...(check !== undefined && { check }),
  });
  await printDraft(call, approved);
  return DONE;
}

async function discard(call: Call): Promise<number> {
  const [id = ""] = call.args.operands;
  await remove(call, whoOf(call, "releaser1"), API.draft(id));
  if (call.out.json) await call.out.value({ discarded: id });
  else await call.out.line(call.words.say("draft.discarded", { draft: id }));
  return DONE;
}

/** The digest itself once its first characters were typed; undefined when they were not, or nobody can type. */
async function confirm({ ports, words }: Call, digest: string): Promise<string | undefined> {
  if (!ports.isTty.stdin || digest === "") return undefined;
  const start = digest.slice(0, CONFIRM_LENGTH);
  const typed = await ports.askLine(words.say("approve.ask", { start }));
  return typed?.trim() === start || typed?.trim() === digest ? digest : undefined;
}

/** After a draft was made or approved: said, or what it still needs. */
export async function printDraft(call: Call, view: Value): Promise<void> {
  const { words, out } = call;
  if (out.json) {
    await out.value(view);
    return;
  }
  const said = member(view, "said");
  const policy = member(view, "policy");
  const facts = {
    draft: textIn(view, "draft") ?? "",
    digest: textIn(view, "digest") ?? "",
    type: textIn(view, "type") ?? "",
    case: textIn(view, "case") ?? "",
    message: textIn(view, "message_id") ?? "",
    seq: textIn(said, "seq") ?? "",
    persons: textIn(policy, "persons") ?? "",
    roles: textsIn(policy, "roles")
      .map((role) => roleWord(words, role))
      .join(", "),
    approvals: listIn(view, "approvals").length,
  };
  await out.line(out.paint("good", words.say(said === undefined ? "draft.waiting" : "draft.said", facts)));
  await out.line(words.say("draft.case", facts));
  if (said === undefined) await out.line(words.say("draft.next", facts));
}

export async function printPreview(call: Call, view: Value): Promise<void> {
  const { words, out } = call;
  const preview = member(view, "preview");
  await out.line(
    out.paint("strong", words.say("preview.title", { size: textIn(preview, "size_bytes") ?? "?" })),
  );
  for (const party of listIn(preview, "audience"))
    await out.line(words.say("preview.reader", { party: String(party) }));
  for (const row of listIn(preview, "rows"))
    await out.line(
      `  ${escapeUntrusted(textIn(row, "path") ?? "")}  ${escapeUntrusted(textIn(row, "value") ?? "")}`,
    );
  for (const row of listIn(preview, "hidden"))
    await out.line(
      out.paint(
        "warn",
        words.say("preview.hidden", {
          path: textIn(row, "path") ?? "",
          characters: listIn(row, "code_points").join(" "),
        }),
      ),
    );
  await out.line(escapeUntrustedLines(textIn(preview, "text") ?? ""));
  await out.line(words.say("preview.digest", { digest: textIn(view, "digest") ?? "" }));
}

function draftLine({ words }: Call, view: Value): string {
  return words.say("drafts.line", {
    draft: textIn(view, "draft") ?? "",
    type: textIn(view, "type") ?? "",
    status: words.word("draft_status", textIn(view, "status") ?? ""),
    approvals: listIn(view, "approvals").length,
    digest: textIn(view, "digest") ?? "",
  });
}

function roleWord({ book, lang }: Words, role: string): string {
  const key = `role.${role}`;
  return book.has(lang, key) ? book.text(lang, key) : role;
}
