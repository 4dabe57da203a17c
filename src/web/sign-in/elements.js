/* oxlint-disable -- made by tools/build-sign-in.ts from its .ts */
/**
 * Elements of the node's own page, and values as the node answers them.
 *
 * Content becomes text nodes and attributes, never markup. It knows no words and keeps nothing.
 */
export function labelled(control, text) {
  return element("div", { class: "field" }, element("label", { for: control.id }, text), control);
}
/** Seconds of the node's clock, as UTC. */
export function instant(seconds) {
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 16).replace("T", " ");
  return element("bdi", { dir: "ltr" }, `${text} UTC`);
}
export function field(id, text, attributes) {
  const input = element("input", { id, dir: "ltr", ...attributes });
  return { input, row: element("div", { class: "field" }, element("label", { for: id }, text), input) };
}
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
export function object(value) {
  return typeof value === "object" && value !== null ? value : {};
}
export function list(value) {
  return Array.isArray(value) ? value.map(object) : [];
}
export function texts(value) {
  return Array.isArray(value) ? value.map(String) : [];
}
export function encode(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
/** By JSON pointer. */
export function valueAt(value, pointer) {
  let at = value;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    at = typeof at === "object" && at !== null && Object.hasOwn(at, key) ? object(at)[key] : undefined;
  }
  return at;
}
