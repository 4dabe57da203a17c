/**
 * Sentences from catalogue text (SPEC 8.7): a small part of ICU MessageFormat 1, formatted into parts.
 *
 * Guarantees that a value never touches the sentence around it: every argument is a part of its own, with its own
 * direction, and is isolated when rendered as text; characters that hide or turn direction are shown as marks.
 * It deliberately knows plain arguments, `plural` without offset and `select`; numbers are whole and in Latin
 * digits in every language. Anything else in a catalogue throws: catalogues are part of the program.
 */
import { markMixedWords } from "../codec/scripts.ts";
import {
  isArgumentElement,
  isLiteralElement,
  isPluralElement,
  isPoundElement,
  isSelectElement,
  parse,
  type MessageFormatElement,
} from "@formatjs/icu-messageformat-parser";

export type Direction = "ltr" | "rtl" | "auto";

/** `token`: technical text (an id, a time, a code) that stays left to right. A group is a phrase within a phrase. */
export type Part =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "arg"; readonly value: string; readonly direction: Direction; readonly token: boolean }
  | { readonly kind: "group"; readonly parts: readonly Part[]; readonly direction: Direction };

/** What stands for an argument: its parts, and the raw value that `plural` and `select` look at. */
export interface Value {
  readonly raw: string | number;
  readonly parts: readonly Part[];
}

type Node =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "arg"; readonly name: string }
  | { readonly kind: "pound"; readonly name: string }
  | {
      readonly kind: "plural" | "select";
      readonly name: string;
      readonly options: ReadonlyMap<string, readonly Node[]>;
    };

export type Sentence = readonly Node[];

/** Throws on text outside the subset. */
export function parsePhrase(text: string): Sentence {
  return parse(text, { ignoreTag: true }).map((element) => toNode(element, undefined));
}

function toNode(element: MessageFormatElement, plural: string | undefined): Node {
  if (isLiteralElement(element)) return { kind: "text", value: element.value };
  if (isArgumentElement(element)) return { kind: "arg", name: element.value };
  if (isPoundElement(element) && plural !== undefined) return { kind: "pound", name: plural };
  const isCardinal = isPluralElement(element) && element.pluralType === "cardinal" && element.offset === 0;
  if (!isCardinal && !isSelectElement(element))
    throw new SyntaxError("this phrase is outside the ICU subset");
  const name = element.value;
  const inner = isCardinal ? name : plural;
  const options = Object.entries(element.options).map(
    ([option, { value }]) => [option, value.map((child) => toNode(child, inner))] as const,
  );
  return { kind: isCardinal ? "plural" : "select", name, options: new Map(options) };
}

/** A missing argument is a bug of the caller and throws. */
export function formatPhrase(
  lang: string,
  sentence: Sentence,
  values: Readonly<Record<string, Value>>,
): readonly Part[] {
  return sentence.flatMap((node): readonly Part[] => {
    if (node.kind === "text") return [node];
    const value = values[node.name];
    if (value === undefined) throw new TypeError(`the phrase lacks its argument ${node.name}`);
    if (node.kind === "arg" || node.kind === "pound") return value.parts;
    const option = node.kind === "plural" ? pluralOption(lang, node.options, value.raw) : String(value.raw);
    const chosen = node.options.get(option) ?? node.options.get("other") ?? [];
    return formatPhrase(lang, chosen, values);
  });
}

function pluralOption(lang: string, options: ReadonlyMap<string, unknown>, raw: string | number): string {
  const exact = `=${raw}`;
  return options.has(exact) ? exact : pluralRules(lang).select(Number(raw));
}

const rulesByLang = new Map<string, Intl.PluralRules>();

function pluralRules(lang: string): Intl.PluralRules {
  let rules = rulesByLang.get(lang);
  if (rules === undefined) rulesByLang.set(lang, (rules = new Intl.PluralRules(lang)));
  return rules;
}

/** Every argument that a sentence names, with how it is used; for tests and for editors of catalogues. */
export function argumentsOf(sentence: Sentence): ReadonlyMap<string, ReadonlySet<Node["kind"]>> {
  const found = new Map<string, Set<Node["kind"]>>();
  const visit = (nodes: Sentence): void => {
    for (const node of nodes) {
      if (node.kind === "text") continue;
      found.set(node.name, (found.get(node.name) ?? new Set()).add(node.kind));
      if (node.kind === "plural" || node.kind === "select")
        for (const inner of node.options.values()) visit(inner);
    }
  };
  visit(sentence);
  return found;
}

/** Each choice of a sentence with its options: `plural` needs every category of its language. */
export function choicesOf(
  sentence: Sentence,
): readonly { readonly kind: string; readonly options: readonly string[] }[] {
  return sentence.flatMap((node) =>
    node.kind === "plural" || node.kind === "select"
      ? [
          { kind: node.kind, options: [...node.options.keys()] },
          ...[...node.options.values()].flatMap((inner) => choicesOf(inner)),
        ]
      : [],
  );
}

const OPEN: Readonly<Record<Direction, string>> = { ltr: "\u2066", rtl: "\u2067", auto: "\u2068" };
const CLOSE = "\u2069";

export interface RenderOptions {
  /** False only where nothing on the line can run right to left. */
  readonly isolate: boolean;
}

/** Parts as one line of text. The isolates are characters of the text: a page uses `bdi` elements instead. */
export function renderText(parts: readonly Part[], { isolate }: RenderOptions): string {
  return parts
    .map((part) => {
      if (part.kind === "text") return part.value;
      const inner = part.kind === "arg" ? visible(part.value) : renderText(part.parts, { isolate });
      return isolate ? OPEN[part.direction] + inner + CLOSE : inner;
    })
    .join("");
}

/**
 * Controls, formats (bidirectional and tags among them), separators of lines, private use, unassigned, and fillers that
 * look like nothing; ZWJ and ZWNJ belong to ordinary text.
 * threats.md 8: an override inside a name would turn the line around it, an escape would rule the terminal.
 */
const HIDDEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

/** Hidden characters as marks such as `⟨U+202E⟩`, words of mixed alphabets with a mark; nothing is dropped. */
export function visible(text: string): string {
  const shown = text.replace(HIDDEN, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return `⟨U+${hex}⟩`;
  });
  return markMixedWords(shown);
}
