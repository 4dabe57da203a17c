/**
 * Trust files (SPEC 7.2): whom the reader of a transcript believes, in a text that a person can check by eye.
 *
 *     parley-trust/1
 *     party <party id>
 *     channel <channel id>
 *     witness <name> <verification key> [<url>]     C2SP tlog-policy, kept as written
 *     group <name> <k|any|all> <member>…
 *     quorum <name|none>
 *
 * It guarantees form and that names are defined before they are used. It does not judge witness keys.
 */
import { refuse, type Refusal } from "#parley/codec/refusal.ts";
import { isHashText } from "#parley/ledger/entry.ts";

export interface TrustedWitness {
  readonly name: string;
  /** C2SP verification key: `<name>+<hash>+<key>`. */
  readonly vkey: string;
  readonly url?: string;
}

export interface TrustedGroup {
  readonly name: string;
  /** How many of the members; `any` is 1 and `all` is their number. */
  readonly threshold: number;
  readonly members: readonly string[];
}

export interface Trust {
  readonly parties: readonly string[];
  /** Empty: any channel of these parties. */
  readonly channels: readonly string[];
  readonly witnesses: readonly TrustedWitness[];
  readonly groups: readonly TrustedGroup[];
  /** A witness, a group, or `none`. */
  readonly quorum: string;
}

export type TrustCode = "trust-malformed";

const HEADER = "parley-trust/1";
/** A trust file is written by hand; 1 MiB is a file chosen by mistake. */
const TRUST_SIZE_LIMIT_CHARACTERS = 1_048_576;
const NO_QUORUM = "none";
const VKEY = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$/;

interface Draft {
  readonly parties: string[];
  readonly channels: string[];
  readonly witnesses: TrustedWitness[];
  readonly groups: TrustedGroup[];
  quorum: string | undefined;
}

/** `facts.line` counts from 1. */
export function parseTrust(text: string): Trust | Refusal<TrustCode> {
  if (text.length > TRUST_SIZE_LIMIT_CHARACTERS) return refuse("trust-malformed", { size: text.length });
  const [header, ...lines] = text.split("\n");
  if (header !== HEADER) return refuse("trust-malformed", { line: 1 });
  const draft: Draft = { parties: [], channels: [], witnesses: [], groups: [], quorum: undefined };
  for (const [index, line] of lines.entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words.length === 0 || words[0]?.startsWith("#") === true) continue;
    if (!readLine(draft, words)) return refuse("trust-malformed", { line: index + 2 });
  }
  if (draft.parties.length === 0) return refuse("trust-malformed", { line: lines.length + 1 });
  return { ...draft, quorum: draft.quorum ?? NO_QUORUM };
}

/** The same file without comments; parties and channels in the order given. */
export function encodeTrust(trust: Trust): string {
  const lines = [
    HEADER,
    ...trust.parties.map((party) => `party ${party}`),
    ...trust.channels.map((channel) => `channel ${channel}`),
    ...trust.witnesses.map(({ name, vkey, url }) =>
      ["witness", name, vkey, ...(url === undefined ? [] : [url])].join(" "),
    ),
    ...trust.groups.map(({ name, threshold, members }) => `group ${name} ${threshold} ${members.join(" ")}`),
    ...(trust.quorum === NO_QUORUM ? [] : [`quorum ${trust.quorum}`]),
  ];
  return lines.join("\n") + "\n";
}

/** For a reader who trusts these parties and asks for no witness. */
export function trustParties(parties: readonly string[], channels: readonly string[] = []): Trust {
  return { parties, channels, witnesses: [], groups: [], quorum: NO_QUORUM };
}

export function asksForQuorum(trust: Trust): boolean {
  return trust.quorum !== NO_QUORUM;
}

function readLine(draft: Draft, [keyword, ...words]: readonly string[]): boolean {
  switch (keyword) {
    case "party":
      return readId(draft.parties, words);
    case "channel":
      return readId(draft.channels, words);
    case "witness":
      return readWitness(draft, words);
    case "group":
      return readGroup(draft, words);
    case "quorum":
      return readQuorum(draft, words);
    default:
      return false;
  }
}

function readId(ids: string[], words: readonly string[]): boolean {
  const [id] = words;
  if (id === undefined || words.length !== 1 || !isHashText(id) || ids.includes(id)) return false;
  ids.push(id);
  return true;
}

function readWitness(draft: Draft, words: readonly string[]): boolean {
  const [name, vkey, url] = words;
  if (name === undefined || vkey === undefined || words.length > 3) return false;
  if (isDefined(draft, name) || !VKEY.test(vkey)) return false;
  draft.witnesses.push(url === undefined ? { name, vkey } : { name, vkey, url });
  return true;
}

function readGroup(draft: Draft, words: readonly string[]): boolean {
  const [name, count, ...members] = words;
  if (name === undefined || count === undefined || isDefined(draft, name) || members.length === 0)
    return false;
  if (new Set(members).size !== members.length) return false;
  if (!members.every((member) => member !== NO_QUORUM && isDefined(draft, member))) return false;
  const threshold =
    count === "any"
      ? 1
      : count === "all"
        ? members.length
        : /^[1-9][0-9]{0,3}$/.test(count)
          ? Number(count)
          : 0;
  if (threshold < 1 || threshold > members.length) return false;
  draft.groups.push({ name, threshold, members });
  return true;
}

function readQuorum(draft: Draft, words: readonly string[]): boolean {
  const [name] = words;
  if (name === undefined || words.length !== 1 || draft.quorum !== undefined || !isDefined(draft, name))
    return false;
  draft.quorum = name;
  return true;
}

/** `none` is taken: no witness and no group may have that name. */
function isDefined(draft: Draft, name: string): boolean {
  return (
    name === NO_QUORUM ||
    draft.witnesses.some((witness) => witness.name === name) ||
    draft.groups.some((group) => group.name === name)
  );
}
