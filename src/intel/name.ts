/** Names as they are compared (SPEC 16.2.2), and the host that a URL or an e-mail address names. */
import { domainToASCII } from "node:url";

/** RFC 1035, without the final dot. */
const NAME_LENGTH_LIMIT = 253;
const LABELS = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** ASCII form, lower case, no final dot; undefined for what has none. Labels are not judged. */
export function normalizeName(text: string): string | undefined {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name === "" || name.length > 4 * NAME_LENGTH_LIMIT) return undefined;
  const ascii = isAscii(name) ? name.toLowerCase() : domainToASCII(name);
  return ascii === "" || ascii.length > NAME_LENGTH_LIMIT ? undefined : ascii;
}

/** The name of an entry of a list: `*.` or a dot before it says what holds anyway, that all below it is meant. */
export function parseListedName(text: string): string | undefined {
  const name = normalizeName(text.replace(/^(?:\*?\.)/, ""));
  return name !== undefined && LABELS.test(name) ? name : undefined;
}

/** Host of `scheme://user@host:port/path`, or of the same without scheme; IPv6 without its brackets. */
export function hostOfUrl(url: string): string | undefined {
  const scheme = url.indexOf("://");
  const from = scheme < 0 ? 0 : scheme + 3;
  let to = url.length;
  for (const end of "/?#\\") {
    const at = url.indexOf(end, from);
    if (at >= 0 && at < to) to = at;
  }
  const user = url.lastIndexOf("@", to - 1);
  return hostOf(url.slice(user >= from ? user + 1 : from, to));
}

/** Host of `host`, `host:port`, `[IPv6]` and `[IPv6]:port`. */
export function hostOf(text: string): string | undefined {
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    return end > 1 ? text.slice(1, end) : undefined;
  }
  const colon = text.indexOf(":");
  // More than one colon without brackets: an IPv6 address.
  const host = colon >= 0 && colon === text.lastIndexOf(":") ? text.slice(0, colon) : text;
  return host === "" ? undefined : host;
}

export function hostOfEmail(email: string): string | undefined {
  const at = email.lastIndexOf("@");
  return at < 0 || at === email.length - 1 ? undefined : email.slice(at + 1);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
