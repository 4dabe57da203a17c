/**
 * Forty more leaks, written once after the rules were done and not tuned on: the same secrets in other spellings.
 *
 * `seen: false` are those that pass unseen. SECURITY.md tells their kinds; a test fails when either list is not true any more.
 */
import { deflateSync, gzipSync } from "node:zlib";
import type { RuleName } from "#parley/gate/checks/rule-list.ts";
import * as make from "./files.ts";
import { body, file, words, type Sample } from "./samples.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const wide = (text: string): string =>
  [...text]
    .map((one) => (/[0-9A-Za-z.]/.test(one) ? String.fromCodePoint(one.charCodeAt(0) + 0xfee0) : one))
    .join("");
const rot13 = (text: string): string =>
  text.replace(/[a-z]/gi, (one) =>
    String.fromCharCode(one.charCodeAt(0) + (one.toLowerCase() < "n" ? 13 : -13)),
  );
const utf16 = (text: string): Uint8Array =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

interface Untuned {
  readonly rule: RuleName;
  readonly seen: boolean;
  readonly sample: Sample;
}

function one(rule: RuleName, seen: boolean, sample: Sample): Untuned {
  return { rule, seen, sample };
}

const say = (rule: RuleName, seen: boolean, name: string, text: string): Untuned =>
  one(rule, seen, words(name, [rule], text));
const attach = (rule: RuleName, seen: boolean, name: string, content: Uint8Array): Untuned =>
  one(rule, seen, file(name, [rule], content));

export const UNTUNED: readonly Untuned[] = [
  say("internal-address", true, "defanged with parentheses", "from 10(.)20(.)30(.)40"),
  say("internal-address", true, "defanged in words", "from 10[dot]20[dot]30[dot]40"),
  say("internal-address", true, "full width", `from ${wide("10.20.30.40")}`),
  say("internal-address", true, "Arabic-Indic digits", "من ١٠.٢٠.٣٠.٤٠"),
  say("internal-address", true, "zero-width joiner", "from 10.20\u200d.30.40"),
  say("internal-address", true, "ideographic full stop", "from 10。20。30。40"),
  say("internal-address", true, "per cent", "id=%31%30%2E%32%30%2E%33%30%2E%34%30"),
  say("internal-address", true, "double per cent", "id=10%252E20%252E30%252E40"),
  say("internal-address", true, "base64", base64("peer 10.20.30.40 replied")),
  say("internal-address", true, "base64 twice", base64(base64("peer 10.20.30.40 replied"))),
  say("internal-address", false, "base64 three times", base64(base64(base64("peer 10.20.30.40 replied")))),
  say("internal-address", true, "hexadecimal text", Buffer.from("peer 10.20.30.40 replied").toString("hex")),
  say("internal-address", true, "IPv4-mapped in hexadecimal", "from ::ffff:0a14:1e28 port 22"),
  say("internal-address", true, "6to4", "tunnel 2002:0a14:1e28::1 up"),
  say("internal-address", true, "one number in a URL", "see http://169090600/x"),
  say("internal-address", false, "one number alone", "the peer 169090600 replied"),
  say("internal-address", true, "octal in a URL", "see http://012.024.036.050/x"),
  say("internal-address", false, "octets as words", "ten dot twenty dot thirty dot forty"),
  say("internal-address", false, "spaces between", "from 10 . 20 . 30 . 40"),
  say("internal-address", false, "reverse name", "PTR 40.30.20.10.in-addr.arpa"),
  one(
    "internal-address",
    false,
    body("split over two members", ["internal-address"], {
      pack: {
        claims: [
          { claim: "10.20.", id: "a" },
          { claim: "30.40", id: "b" },
        ],
      },
    }),
  ),
  say("internal-host", true, "Cyrillic look-alikes", "beacon from dc01.ad.meridia.intеrnаl"),
  say("internal-host", true, "fullwidth name", `beacon from ${wide("dc01.corp")}`),
  say("internal-host", false, "short name alone", "beacon from DC01 every hour"),
  say("officer-listed", true, "split by a soft hyphen", "signed Al\u00adma Brandt"),
  say("officer-listed", true, "look-alike letters", "signed Аlmа Вrаndt"),
  say("officer-listed", false, "initial and name", "signed A. Brandt"),
  say("officer-listed", false, "another script", "signed Алма Брандт"),
  say("officer-listed", false, "misspelt", "signed Alma Brant"),
  say(
    "victim-listed",
    false,
    "by description",
    "the only deep-water harbour of our coast stopped its cranes",
  ),
  say("victim-listed", true, "upper case and line break", "the PORT\nOF MERIDIA stopped"),
  say("mail-address", true, "at in brackets", "ask a.meier[at]vendor[.]example"),
  say("password", true, "JSON", '{"password": "Gr8-Wall-Pass"}'),
  say("password", false, "in a sentence", "the password is Gr8WallPass"),
  say("private-key", false, "reversed", "-----YEK ETAVIRP NIGEB-----"),
  attach("internal-address", true, "UTF-16 log", utf16("2026-11-22 peer 10.20.30.40 replied\r\n")),
  attach(
    "internal-host",
    true,
    "gzip in a tar in a zip",
    make.zip({ "a.tar": make.tar("x.gz", new Uint8Array(gzipSync("host nas.lan"))) }),
  ),
  attach(
    "unreadable",
    true,
    "raw deflate",
    new Uint8Array(deflateSync("host nas.lan and its many many friends, nas.lan")),
  ),
  attach("internal-host", false, "letters rotated", make.text(rot13("host nas.lan"))),
  attach(
    "internal-address",
    true,
    "behind the end of a picture",
    make.jpeg({}, { tail: "hidden: peer 10.20.30.40 replied" }),
  ),
];
