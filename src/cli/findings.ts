/** What the gate's checks found in a draft, as lines: result, check, rule in words, place; and who answered for it. */
import { listIn, member, textIn, type Value } from "./api.ts";
import type { Call } from "./command.ts";

export async function printFindings(call: Call, view: Value): Promise<void> {
  const { words, out } = call;
  const gate = member(view, "gate") ?? view;
  const findings = listIn(gate, "findings");
  if (findings.length === 0) return out.line(words.say("findings.none"));
  for (const finding of findings) {
    const result = textIn(finding, "result") ?? "";
    const line = words.say("findings.line", {
      result: gateWord(call, "result", result),
      check: gateWord(call, "check", textIn(finding, "check") ?? ""),
      says: gateWord(call, "rule", textIn(finding, "rule") ?? ""),
      at: textIn(finding, "at") ?? "",
      count: textIn(finding, "count") ?? "",
      finding: textIn(finding, "finding") ?? "",
    });
    await out.line(out.paint(result === "blocked" ? "bad" : "warn", line));
    const justified = member(finding, "justified");
    if (justified !== undefined)
      await out.line(
        words.say("findings.justified", {
          officer: textIn(justified, "officer") ?? "",
          role: textIn(justified, "role") ?? "",
          reason: gateWord(call, "justification", textIn(justified, "code") ?? ""),
        }),
      );
  }
  await out.line(words.say("findings.digest", { digest: textIn(gate, "digest") ?? "" }));
}

/** The word of a code of the gate; a newer node may have codes without one. */
function gateWord({ words }: Call, list: string, code: string): string {
  const key = `gate-${list}.${code}`;
  return words.book.has(words.lang, key) ? words.book.text(words.lang, key) : code;
}
