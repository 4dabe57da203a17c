/**
 * A rule set ready to be asked (SPEC 14.3): one matcher for every list, and sets for what is compared whole.
 *
 * Compiling takes milliseconds for tens of thousands of patterns and is done once per rule set.
 */
import { encodeJson } from "#parley/codec/json.ts";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import type { Canary } from "../canary.ts";
import { compileMatcher, type Matcher, type Tagged } from "./matcher.ts";
import { kindOf, mergeRules, SHIPPED_RULES, valueOf, type Pattern, type RuleFile } from "./rule-set.ts";

/** A variant of the house's own register (SPEC 15.4.4), as the checks know it. */
export type DeclaredCanary = Pick<Canary, "canary" | "party" | "variant" | "kind" | "decoys">;

export interface CompiledRules {
  readonly file: RuleFile;
  /** SHA-256 of the merged set, base64url: which rules a check was made with. */
  readonly digest: string;
  readonly matcher: Matcher;
  readonly openWeaknesses: ReadonlySet<string>;
  readonly roleMailboxes: ReadonlySet<string>;
  readonly commonUsers: ReadonlySet<string>;
  /** What is announced already, as whole texts; ranges and domains of the same list are in the matcher. */
  readonly publicTexts: ReadonlySet<string>;
  readonly declared: readonly DeclaredCanary[];
  /** Addresses and host names of declared decoys: they stand for no network of anybody. */
  readonly decoyHosts: ReadonlySet<string>;
}

/**
 * `own` is the operator's file; without one, the shipped rules alone. Variants that the house `declared` are looked for
 * as well; they are no part of the digest, because a variant for one reader changes no rule for another.
 */
export function compileRules(
  sha256: (bytes: Uint8Array) => Uint8Array,
  own?: RuleFile,
  declared: readonly DeclaredCanary[] = [],
): CompiledRules {
  const file = own === undefined ? SHIPPED_RULES : mergeRules(own);
  return {
    file,
    digest: encodeBase64url(sha256(encodeJson(file))),
    matcher: compileMatcher([...listed(file), ...declared.flatMap(decoysOf), ...KEYWORDS]),
    openWeaknesses: new Set(file.open_weaknesses),
    roleMailboxes: textsOf(file.role_mailboxes),
    commonUsers: textsOf(file.common_users),
    publicTexts: textsOf(file.public),
    declared,
    decoyHosts: new Set(declared.flatMap(({ kind, decoys }) => decoys.map((one) => hostOf(kind, one)))),
  };
}

/** Numbered, for one decoy alone may be chance. No marker of a rule file has a slash in its id. */
function decoysOf({ canary, decoys }: DeclaredCanary): readonly Tagged[] {
  return decoys.map((pattern, i) => ({ pattern, tag: { rule: "canary", of: `${canary}/${i}` } }));
}

function hostOf(kind: DeclaredCanary["kind"], decoy: string): string {
  return kind === "url" ? new URL(decoy).hostname : decoy;
}

/** Lists whose hit is a rule by itself. */
function listed(file: RuleFile): readonly Tagged[] {
  const tag = (patterns: readonly Pattern[] | undefined, rule: string, of?: string): readonly Tagged[] =>
    (patterns ?? []).map((pattern) => ({ pattern, tag: { rule, ...(of !== undefined && { of }) } }));
  return [
    ...tag(file.public, "public"),
    ...tag(file.sensors, "sensor-listed"),
    ...tag(file.methods, "method-wording"),
    ...tag(file.officers, "officer-listed"),
    ...tag(file.internal, "internal-host"),
    ...tag(file.national_ids, "national-id"),
    ...tag(file.originator_marks, "originator-mark"),
    ...tag(file.weakness_words, "weakness"),
    ...(file.sensor_words ?? []).map((one): Tagged => {
      const pattern: Pattern = { kind: "prefix", value: valueOf(one) };
      return { pattern, tag: { rule: "read:sensor" } };
    }),
    ...(file.constituency ?? []).flatMap(({ pseudonym, any }) => tag(any, "victim-listed", pseudonym)),
    ...(file.sources ?? []).flatMap(({ id, parts }) =>
      parts.flatMap((part) => tag(part.any, "part", `${id}/${part.id}`)),
    ),
    ...(file.canaries?.markers ?? []).flatMap(({ id, value }) => tag([value], "canary", id)),
  ];
}

/** Words after which a reader of its own goes on (`read-words.ts`). */
const READERS: Readonly<Record<string, readonly string[]>> = {
  tlp: ["tlp"],
  vlan: ["vlan", "802.1q"],
  secret: [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "pwd",
    "secret",
    "client_secret",
    "api_key",
    "apikey",
    "api-key",
    "access_token",
    "auth_token",
    "authtoken",
    "secret_key",
    "secretkey",
    "private_key",
    "пароль",
    "كلمة المرور",
    "كلمة السر",
    "mot de passe",
  ],
  bearer: ["bearer", "basic"],
  phone: ["tel", "phone", "telephone", "mobile", "cell", "fax", "телефон", "тел", "هاتف", "جوال"],
  begin: ["begin"],
  weakness_id: ["cve"],
  mail_client: ["x-originating-ip", "x-mailer", "x-sender-ip", "x-client-ip", "x-authenticated-sender"],
};

const KEYWORDS: readonly Tagged[] = Object.entries(READERS).flatMap(([reader, words]) =>
  words.map((pattern) => ({ pattern, tag: { rule: `read:${reader}` } })),
);

function textsOf(patterns: readonly Pattern[] | undefined): ReadonlySet<string> {
  return new Set(
    (patterns ?? []).filter((one) => kindOf(one) === "literal").map((one) => valueOf(one).toLowerCase()),
  );
}
