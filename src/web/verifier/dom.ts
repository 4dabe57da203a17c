/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Elements without markup: every text on the page is a text node, every value of others a `bdi` of its own.
 *
 * Guarantees that nothing read from a file is parsed as HTML. Hidden characters arrive as visible marks.
 */
import { visible, type Part } from "#parley/protocols/phrase-format.ts";
import type { Phrase, PhraseArguments } from "#parley/protocols/phrase-arguments.ts";
import type { Phrasebook } from "#parley/transcript/phrasebook.ts";

export type Child = Node | string;

/** Attributes as written in HTML; `undefined` leaves one out, `true` writes it without a value. */
export type Attributes = Readonly<Record<string, string | true | undefined>>;

export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of strokes on a grid of 24; beside words that say the same, so hidden from readers of the page. */
export function icon(...paths: readonly string[]): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  setAttributes(svg, { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" });
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    setAttributes(path, { d });
    svg.append(path);
  }
  return svg;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
}

/** Human text of others: direction by its own letters. */
export function isolated(text: string, className?: string): HTMLElement {
  return el("bdi", { dir: "auto", class: className }, visible(text));
}

/** An instant or a code stays on one line; an id or a key may break anywhere. */
const UNBROKEN_LIMIT_CHARACTERS = 24;

/** Technical text. */
export function token(text: string): HTMLElement {
  const className = text.length > UNBROKEN_LIMIT_CHARACTERS ? "token" : "token short";
  return el("bdi", { dir: "ltr", class: className }, visible(text));
}

/** How the page speaks in one language. */
export interface Speaker {
  readonly book: Phrasebook;
  readonly lang: string;
  readonly say: (key: string, args?: PhraseArguments) => DocumentFragment;
  readonly sayPhrase: (phrase: Phrase) => DocumentFragment;
  /** For titles and attributes, which take no elements. */
  readonly text: (key: string) => string;
}

export function createSpeaker(book: Phrasebook, lang: string): Speaker {
  const say: Speaker["say"] = (key, args = {}) => toFragment(book.phrase(lang, key, args));
  return {
    book,
    lang,
    say,
    sayPhrase: ({ key, args }) => say(key, args),
    text: (key) => book.text(lang, key),
  };
}

function toFragment(parts: readonly Part[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  fragment.append(...parts.map(toNode));
  return fragment;
}

function toNode(part: Part): Child {
  if (part.kind === "text") return part.value;
  if (part.kind === "group") return el("bdi", { dir: part.direction }, toFragment(part.parts));
  // Numbers are tokens too; set in the text's own face they read as part of the sentence.
  const isTechnical = part.token && !/^[0-9]*$/.test(part.value);
  return isTechnical ? token(part.value) : el("bdi", { dir: part.direction }, visible(part.value));
}
