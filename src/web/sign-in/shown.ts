/// <reference lib="dom" />
/**
 * Parts of a draft that are only read: the message, excerpts of what the gate found, justifications, the hold.
 *
 * Nothing here changes anything, and nothing is shortened without a mark that says so.
 */
import { element, list, object, valueAt, type Json } from "./elements.ts";
import { say } from "./words.ts";

/** Characters of an excerpt on each side of a hit; hits shown of one finding. */
const AROUND = 48;
const EXCERPTS = 3;

export function messageText(preview: Json): HTMLElement {
  return element(
    "pre",
    { dir: "auto", tabindex: "0", "aria-label": say("drafts.show") },
    pretty(preview["text"]),
  );
}

/** The record's text is one line; here it is read by a person. Nothing is left out and nothing added. */
export function pretty(text: unknown): string {
  return JSON.stringify(JSON.parse(String(text)), null, 2);
}

export function justifiedPart(justified: Json): HTMLElement {
  const facts = { officer: String(justified["officer"]), role: say(`role.${String(justified["role"])}`) };
  const reason = `${say("gate.justified", facts)} ${say(`gate-justification.${String(justified["code"])}`)}. `;
  const words = element("bdi", { dir: "auto", class: "words" }, String(justified["text"]));
  return element("p", { class: "note" }, reason, words);
}

/** Of the first hits, as text; what is found in a file is not shown here. */
export function excerpts(message: unknown, finding: Json): readonly HTMLElement[] {
  const found = valueAt(message, String(finding["at"]));
  if (found === undefined) return [element("p", { class: "quiet small" }, say("gate.no_excerpt"))];
  const whole = typeof found === "string" ? found : JSON.stringify(found);
  const places = typeof found === "string" ? list(finding["places"]).slice(0, EXCERPTS) : [];
  return (places.length > 0 ? places : [{ offset: 0, length: 0 }]).map((place) => {
    const from = Number(place["offset"]);
    const to = from + Number(place["length"]);
    const before = Math.max(0, from - AROUND);
    return element(
      "pre",
      { dir: "auto", class: "excerpt" },
      before > 0 ? "…" : "",
      whole.slice(before, from),
      ...(to > from ? [element("mark", {}, whole.slice(from, to))] : []),
      whole.slice(to, to + AROUND),
      to + AROUND < whole.length ? "…" : "",
    );
  });
}

export function holdPart(gate: Json): readonly HTMLElement[] {
  const hold = gate["hold"];
  if (hold === undefined || gate["mitigated"] === true) return [];
  const { until, mitigation } = object(hold);
  const words = element("p", { class: "note warn", "data-hold": "" }, say("gate.held"));
  if (typeof until === "string")
    words.append(` ${say("gate.held_until")} `, element("bdi", { dir: "ltr", class: "whole" }, until), ". ");
  if (mitigation === true) words.append(" ", say("gate.held_mitigation"));
  return [words];
}
