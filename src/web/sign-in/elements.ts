/// <reference lib="dom" />
/**
 * Elements of the node's own page, and values as the node answers them.
 *
 * Content becomes text nodes and attributes, never markup. It knows no words and keeps nothing.
 */

export type Json = Readonly<Record<string, unknown>>;

export function labelled(control: HTMLElement, text: string): HTMLElement {
  return element("div", { class: "field" }, element("label", { for: control.id }, text), control);
}

/** Seconds of the node's clock, as UTC. */
export function instant(seconds: unknown): HTMLElement {
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 16).replace("T", " ");
  return element("bdi", { dir: "ltr" }, `${text} UTC`);
}

export function field(id: string, text: string, attributes: Readonly<Record<string, string>>) {
  const input = element("input", { id, dir: "ltr", ...attributes });
  return { input, row: element("div", { class: "field" }, element("label", { for: id }, text), input) };
}

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export function encode(buffer: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** By JSON pointer. */
export function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    at = typeof at === "object" && at !== null && Object.hasOwn(at, key) ? object(at)[key] : undefined;
  }
  return at;
}
