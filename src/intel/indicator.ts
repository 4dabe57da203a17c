/**
 * What kind of indicator a value is, by its form alone, and its one way of writing (lower case where case means
 * nothing). A dotted name that ends like a file is a file name; everything else dotted is a domain.
 */
import type { INDICATOR_ROLES, INDICATOR_TYPES } from "#parley/protocols/notice/codes.ts";

export type IndicatorType = (typeof INDICATOR_TYPES)[number];

export interface Indicator {
  readonly type: IndicatorType;
  readonly value: string;
  readonly role?: (typeof INDICATOR_ROLES)[number];
}

const HASH_LENGTHS: Readonly<Record<number, IndicatorType>> = { 32: "md5", 40: "sha1", 64: "sha256" };

/** Endings that are files before they are anything else; endings that are also busy top-level domains stay out. */
const FILE_ENDINGS = new Set(
  (
    "asp aspx bat bin cab cfg cmd config cpl crt csv dat dll doc docm docx dot drv elf exe gif gz hta htm html " +
    "ini iso jar jpeg jpg js json jsp key lnk log mof msi ocx pdf pem php png ppt pptx ps1 py rar reg rtf scr " +
    "swf sys tar tmp txt url vbe vbs war wsf xls xlsm xlsx xml yml"
  ).split(" "),
);

const LABEL = "[\\p{L}\\p{N}_](?:[\\p{L}\\p{N}_-]{0,61}[\\p{L}\\p{N}])?";
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?:\\p{L}{2,63}|xn--[a-z0-9-]{1,59})\\.?$`, "u");
const EMAIL = /^[^\s@/\\]{1,64}@([^\s@/\\]{1,253})$/;
const SCHEME = /^([a-z][a-z0-9+.-]{1,15}):\/\/[^\s]+$/i;
const FILE_NAME = /^[^\s"<>|?*](?:[^"<>|?*]*[^\s"<>|?*])?\.[A-Za-z0-9]{1,8}$/;

/** `hxxp` to `http`, `[.]` `(.)` `{.}` `[dot]` to a dot, `[:]` to a colon, `[@]` and `[at]` to an at sign. */
export function refang(value: string): string {
  return value
    .replace(/^h(?:xx|\*\*)p(s?)(?=:|\[:)/i, "http$1")
    .replace(/[[({](?:\.|dot)[\])}]/gi, ".")
    .replace(/\[:(\/\/)?\]/g, ":$1")
    .replace(/[[({](?:@|at)[\])}]/gi, "@");
}

export function detectIndicator(value: string): Indicator | undefined {
  const lower = value.toLowerCase();
  const hash = /^[0-9a-f]+$/.test(lower) ? HASH_LENGTHS[lower.length] : undefined;
  if (hash !== undefined) return { type: hash, value: lower };
  if (isIpv4(value)) return { type: "ipv4", value };
  if (isIpv6(lower)) return { type: "ipv6", value: lower };
  if (isCidr(lower)) return { type: "cidr", value: lower };
  if (/^as[1-9][0-9]{0,9}$/.test(lower)) return { type: "asn", value: lower.toUpperCase() };
  if (SCHEME.test(value)) return { type: "url", value };
  if (isDomain(EMAIL.exec(lower)?.[1] ?? "")) return { type: "email", value };
  if (hasPort(lower)) return { type: "other", value: lower };
  // An address with a bare number behind it is a network, and this one is none.
  if (/^[0-9.]+\/[0-9]+$/.test(value)) return undefined;
  const slash = value.search(/[/\\]/);
  if (slash > 0 && value[slash] === "/" && isHost(lower.slice(0, slash))) return { type: "url", value };
  if (slash >= 0 || isFileEnding(lower))
    return FILE_NAME.test(value) ? { type: "file_name", value } : undefined;
  return isDomain(lower) ? { type: "domain", value: withoutDot(lower) } : undefined;
}

/** The value in the form of a declared type; undefined when it cannot be one. */
export function fitsType(type: IndicatorType, value: string): Indicator | undefined {
  const lower = value.toLowerCase();
  switch (type) {
    case "domain":
      return isDomain(lower) ? { type, value: withoutDot(lower) } : undefined;
    case "file_name":
      return { type, value };
    case "url": {
      const host = /^[^/?#]+/.exec(lower)?.[0] ?? "";
      return SCHEME.test(value) || (!/\s/.test(value) && isHost(host)) ? { type, value } : undefined;
    }
    default: {
      const found = detectIndicator(value);
      return found?.type === type ? found : undefined;
    }
  }
}

function isHost(text: string): boolean {
  return isIpv4(text) || hasPort(text) || (isDomain(text) && !isFileEnding(text));
}

function isDomain(text: string): boolean {
  return text.length <= 254 && DOMAIN.test(text);
}

function withoutDot(text: string): string {
  return text.endsWith(".") ? text.slice(0, -1) : text;
}

function isFileEnding(lower: string): boolean {
  return FILE_ENDINGS.has(/\.([a-z0-9]+)$/.exec(lower)?.[1] ?? "");
}

function hasPort(text: string): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:]+):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? "";
  const named = isIpv4(host) || isDomain(host) || (host.startsWith("[") && isIpv6(host.slice(1, -1)));
  return named && Number(match?.[2]) <= 65_535;
}

function isIpv4(text: string): boolean {
  return (
    /^(?:(?:0|[1-9][0-9]{0,2})(?:\.(?!$)|$)){4}$/.test(text) &&
    text.split(".").every((part) => Number(part) <= 255)
  );
}

function isIpv6(text: string): boolean {
  if (!/^[0-9a-f:.]{2,45}$/.test(text) || !text.includes(":")) return false;
  const tail = text.slice(text.lastIndexOf(":") + 1);
  const whole = tail.includes(".") ? (isIpv4(tail) ? text.slice(0, -tail.length) + "0:0" : "") : text;
  const halves = whole.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (halves.length > 2 || !groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^(?:0|[1-9][0-9]{0,2})$/.test(bits)) return false;
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128);
}
