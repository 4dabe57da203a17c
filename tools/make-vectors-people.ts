/**
 * Prints how many vectors of `vectors/people/` there are; with `--write`, writes them. A test makes them again and
 * compares: keys and signatures come from names, so the same source gives the same bytes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { p256 } from "@noble/curves/nist.js";
import { concatBytes, encodeBase64url, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { encodePartyChain } from "#parley/party/chain.ts";
import { approvalChallenge, type AssertionJson } from "#parley/party/assertion.ts";
import { signApprovals, type OpenedApproval } from "#parley/party/approvals.ts";
import { createParty } from "#parley/party/create.ts";
import { encodeListedKey } from "#parley/party/passkeys.ts";
import { Authenticator, FLAGS, type AuthenticatorOptions, type Bent } from "../test/kit/authenticator.ts";
import { seededRandomBytes } from "./seeded-random.ts";
import { ROOT } from "./tidy/sources.ts";

export const PEOPLE_VECTORS = "vectors/people";

export type PeopleVector = JsonObject & {
  readonly clause: string;
  readonly expect: string;
  readonly kind: string;
  readonly layer: string;
  readonly name: string;
};

const SITE = { origin: "https://desk.meridia.example", rp_id: "meridia.example" };
const hashOf = (text: string): string => encodeBase64url(portable().sha256(utf8(text)));
const DIGEST = hashOf("message");
const CHANNEL = hashOf("channel");
const CHECK = hashOf("findings");

function portable() {
  return createNobleBackend({ randomBytes: seededRandomBytes("vectors of people") });
}

export function peopleVectors(): readonly PeopleVector[] {
  return [...assertionVectors(), ...keyVectors(), ...approvalsVectors()];
}

function deviceOf(name: string, options: Partial<AuthenticatorOptions> = {}): Authenticator {
  return new Authenticator({ name, site: SITE, ...options });
}

interface Case {
  readonly clause: string;
  readonly expect: string;
  readonly device?: Partial<AuthenticatorOptions>;
  readonly bent?: Bent;
  readonly role?: string;
  /** What the device signed, and what the reader knows of findings. */
  readonly signed?: string;
  readonly check?: string;
  readonly change?: (assertion: AssertionJson) => AssertionJson;
  readonly key?: (key: Uint8Array) => Uint8Array;
  readonly site?: Partial<typeof SITE>;
}

function signature(change: (der: Uint8Array) => Uint8Array) {
  return (assertion: AssertionJson): AssertionJson => ({
    ...assertion,
    signature: encodeBase64url(change(bytesOf(assertion.signature))),
  });
}

/** The same signature with n − s: as good as the first (SPEC 17.2.7). */
function otherS(der: Uint8Array): Uint8Array {
  const { r, s } = p256.Signature.fromBytes(der, "der");
  return new p256.Signature(r, p256.Point.Fn.ORDER - s).toBytes("der");
}

function longR(der: Uint8Array): Uint8Array {
  const length = der[3] ?? 0;
  const body = concatBytes(Uint8Array.of(0x02, length + 1, 0), der.subarray(4));
  return concatBytes(Uint8Array.of(0x30, body.length), body);
}

const challengeOf = (role = "releaser", check?: string): string =>
  encodeBase64url(
    approvalChallenge(portable(), { digest: DIGEST, channel: CHANNEL, role, ...(check && { check }) }),
  );
const head = `{"type":"webauthn.get","challenge":"${challengeOf()}","origin":"${SITE.origin}"`;

const CASES: Readonly<Record<string, Case>> = {
  "es256-good": { clause: "17.2", expect: "accept" },
  "eddsa-good": { clause: "17.2", expect: "accept", device: { algorithm: "EdDSA" } },
  "es256-other-s": { clause: "17.2.7", expect: "accept", change: signature(otherS) },
  "no-cross-origin-member": { clause: "17.2.4", expect: "accept", bent: { clientData: `${head}}` } },
  "further-members": {
    clause: "17.2.4",
    expect: "accept",
    bent: { clientData: `${head},"crossOrigin":false,"other_keys_can_be_added_here":"x"}` },
  },
  "other-role": { clause: "17.2.1", expect: "assertion-challenge", role: "authority" },
  "with-findings": { clause: "17.2.1", expect: "accept", signed: CHECK, check: CHECK },
  "other-findings": {
    clause: "17.2.1",
    expect: "assertion-challenge",
    signed: CHECK,
    check: hashOf("other findings"),
  },
  "findings-not-signed": { clause: "17.2.1", expect: "assertion-challenge", check: CHECK },
  "findings-left-out": { clause: "17.2.1", expect: "assertion-challenge", signed: CHECK },
  "41-bytes-of-data": {
    clause: "17.2.2",
    expect: "assertion-malformed",
    change: (a) => ({
      ...a,
      authenticator_data: encodeBase64url(concatBytes(bytesOf(a.authenticator_data), new Uint8Array(4))),
    }),
  },
  "credential-empty": {
    clause: "17.2.2",
    expect: "assertion-malformed",
    change: (a) => ({ ...a, credential: "" }),
  },
  "type-create": { clause: "17.2.4", expect: "assertion-client-data", bent: { type: "webauthn.create" } },
  "cross-origin": { clause: "17.2.4", expect: "assertion-client-data", bent: { crossOrigin: true } },
  "top-origin": {
    clause: "17.2.4",
    expect: "assertion-client-data",
    bent: { clientData: `${head},"crossOrigin":false,"topOrigin":"https://rimal.example"}` },
  },
  "other-order": {
    clause: "17.2.4",
    expect: "assertion-client-data",
    bent: { clientData: `{"challenge":"${challengeOf()}","type":"webauthn.get","origin":"${SITE.origin}"}` },
  },
  "challenge-twice": {
    clause: "17.2.1",
    expect: "assertion-challenge",
    bent: { clientData: `${head},"crossOrigin":false,"challenge":"${challengeOf("authority")}"}` },
  },
  "byte-order-mark": {
    clause: "17.2.4",
    expect: "assertion-client-data",
    bent: { clientData: `\uFEFF${head}}` },
  },
  "other-origin": {
    clause: "17.2.5",
    expect: "assertion-origin",
    bent: { origin: "https://desk.rimal.example" },
  },
  "plain-http": {
    clause: "17.2.5",
    expect: "assertion-origin",
    site: { origin: "http://desk.meridia.example" },
    bent: { origin: "http://desk.meridia.example" },
  },
  "identifier-is-no-parent": {
    clause: "17.2.5",
    expect: "assertion-origin",
    site: { rp_id: "rimal.example" },
  },
  "identifier-is-a-suffix": { clause: "17.2.5", expect: "assertion-origin", site: { rp_id: "example" } },
  "other-identifier": { clause: "17.2.5", expect: "assertion-rp", bent: { rpId: "rimal.example" } },
  "not-verified": { clause: "17.2.6", expect: "assertion-unverified", bent: { flags: FLAGS.present } },
  "not-present": { clause: "17.2.6", expect: "assertion-unverified", bent: { flags: FLAGS.verified } },
  synced: { clause: "17.2.6", expect: "assertion-synced", device: { synced: true } },
  "backup-eligible": { clause: "17.2.6", expect: "assertion-synced", bent: { flags: 0x0d } },
  "reserved-flag": { clause: "17.2.6", expect: "assertion-malformed", bent: { flags: 0x07 } },
  "extension-flag": { clause: "17.2.6", expect: "assertion-malformed", bent: { flags: 0x85 } },
  "signature-changed": {
    clause: "17.2.7",
    expect: "assertion-signature",
    change: signature((der) => der.map((byte, i) => (i === 10 ? byte ^ 1 : byte))),
  },
  "signature-long-form": { clause: "17.2.7", expect: "assertion-signature", change: signature(longR) },
  "signature-and-more": {
    clause: "17.2.7",
    expect: "assertion-signature",
    change: signature((der) => concatBytes(der, Uint8Array.of(0))),
  },
  "signature-raw": {
    clause: "17.2.7",
    expect: "assertion-signature",
    change: signature((der) => p256.Signature.fromBytes(der, "der").toBytes("compact")),
  },
  "r-is-zero": {
    clause: "17.2.7",
    expect: "assertion-signature",
    change: signature(() => Uint8Array.of(0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x01)),
  },
  "r-is-the-order": { clause: "17.2.7", expect: "assertion-signature", change: signature(orderAsR) },
  "eddsa-63-bytes": {
    clause: "17.2.7",
    expect: "assertion-signature",
    device: { algorithm: "EdDSA" },
    change: signature((bytes) => bytes.subarray(1)),
  },
  "key-off-the-curve": {
    clause: "17.2.3",
    expect: "assertion-key",
    key: (key) => key.map((byte, i) => (i === 76 ? byte ^ 1 : byte)),
  },
};

function orderAsR(): Uint8Array {
  const order = p256.Point.Fn.toBytes(p256.Point.Fn.ORDER - 1n).map((byte, i) =>
    i === 31 ? byte + 1 : byte,
  );
  const r = concatBytes(Uint8Array.of(0x02, 33, 0), order);
  return concatBytes(Uint8Array.of(0x30, r.length + 3), r, Uint8Array.of(0x02, 0x01, 0x01));
}

function assertionVectors(): readonly PeopleVector[] {
  return Object.entries(CASES).map(([name, one]) => {
    const device = deviceOf("assertion", one.device);
    const assertion = device.assert(challengeOf("releaser", one.signed), one.bent);
    const covers = one.check !== undefined && { check: one.check };
    return {
      approved: { channel: CHANNEL, ...covers, digest: DIGEST, role: one.role ?? "releaser" },
      assertion: { ...(one.change?.(assertion) ?? assertion) },
      clause: one.clause,
      expect: one.expect,
      key: encodeBase64url(one.key?.(device.key) ?? device.key),
      kind: "assertion",
      layer: "assertion",
      name: `assertion-${name}`,
      site: { ...SITE, ...one.site },
    };
  });
}

function keyVectors(): readonly PeopleVector[] {
  const es256 = deviceOf("key").key;
  const eddsa = deviceOf("key", { algorithm: "EdDSA" }).key;
  const zeroPoint = concatBytes(eddsa.subarray(0, 10), new Uint8Array(32));
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["es256", es256, "accept"],
    ["eddsa", eddsa, "accept"],
    ["with-a-byte-after", concatBytes(es256, Uint8Array.of(0)), "assertion-key"],
    ["map-of-six", concatBytes(Uint8Array.of(0xa6), es256.subarray(1)), "assertion-key"],
    ["algorithm-es384", es256.map((byte, i) => (i === 4 ? 0x38 : byte)), "assertion-key"],
    ["eddsa-small-order", zeroPoint, "assertion-key"],
    ["nothing", new Uint8Array(0), "assertion-key"],
  ];
  return cases.map(([name, key, expect]) => ({
    clause: "17.2.3",
    expect,
    key: encodeBase64url(key),
    kind: "key",
    layer: "assertion",
    name: `key-${name}`,
  }));
}

interface Person {
  readonly officer: number;
  readonly device: Authenticator;
  readonly role?: string;
  readonly listed?: boolean;
  readonly unsigned?: true;
  /** Findings that the device signed under. */
  readonly check?: string;
}

const FIRST: Person = { officer: 3, device: deviceOf("first") };
const SECOND: Person = { officer: 4, device: deviceOf("second", { algorithm: "EdDSA" }) };
const REVOKED: Person = { officer: 5, device: deviceOf("revoked") };
const SEQ = 18;

function approvalsVectors(): readonly PeopleVector[] {
  const listedAs = ({ officer, device }: Person, revoked?: readonly { channel: string; size: number }[]) =>
    encodeListedKey({
      key: encodeBase64url(device.key),
      officer,
      ...SITE,
      ...(revoked && { revoked: revoked.map((one) => ({ ...one })) }),
    });
  const backend = portable();
  const party = createParty(backend, {
    expires: "2029-11-22T00:00:00Z",
    handle: "MERIDIA",
    languages: ["en"],
    name: "CERT Meridia",
    offices: [],
    passkeys: [listedAs(FIRST), "not-a-record", listedAs(REVOKED, [{ channel: CHANNEL, size: SEQ }])],
    tls_pins: [hashOf("pin")],
    urls: [],
  });
  const chain = encodeBase64url(encodePartyChain(party.chain.signed));
  const open = (
    people: readonly Person[],
    changes: { readonly seq?: number; readonly digest?: string; readonly check?: string } = {},
  ) => {
    const digest = changes.digest ?? DIGEST;
    return signApprovals(backend, party.node, {
      approvals: people.map((person) => openedBy(person, digest)),
      channel: CHANNEL,
      ...(changes.check !== undefined && { check: changes.check }),
      digest,
      entry: { feed: party.chain.party, seq: changes.seq ?? SEQ },
      party: party.chain.party,
    });
  };
  const good = open([{ ...FIRST, listed: true }, SECOND]);
  const text = new TextDecoder().decode(good);
  const twin = { ...SECOND, device: FIRST.device };
  const cases: readonly (readonly [string, string, string, Uint8Array])[] = [
    ["good", "17.4", "accept", good],
    ["both-claimed", "17.4.7", "accept", open([{ officer: 6, device: deviceOf("sixth") }, SECOND])],
    ...findingsCases(open),
    ["revoked-later", "17.3.2", "accept", open([{ ...REVOKED, listed: true }, SECOND], { seq: SEQ - 1 })],
    ["revoked", "17.4.5", "approvals-revoked", open([{ ...REVOKED, listed: true }, SECOND])],
    ["extra-member", "17.4.1", "approvals-schema", utf8(text.replace('"v":1', '"v":1,"why":"x"'))],
    ["other-sequence", "17.4.2", "approvals-house", utf8(text.replace('"seq":18', '"seq":19'))],
    ["other-message", "17.4.3", "approvals-digest", open([FIRST, SECOND], { digest: hashOf("other") })],
    ["without-key", "17.4.4", "approvals-unsigned", open([FIRST, { ...SECOND, unsigned: true }])],
    ["says-listed", "17.4.5", "approvals-not-listed", open([FIRST, { ...SECOND, listed: true }])],
    ["listed-for-another", "17.4.5", "approvals-not-listed", open([{ ...FIRST, officer: 9 }, SECOND])],
    ["wrong-role", "17.4.6", "approvals-role", open([FIRST, { ...SECOND, role: "analyst" }])],
    ["same-person", "17.4.6", "approvals-same-person", open([{ officer: 4, device: deviceOf("x") }, SECOND])],
    ["same-key", "17.4.6", "approvals-same-key", open([SECOND, { ...SECOND, officer: 8 }])],
    ["listed-key-twice", "17.4.5", "approvals-not-listed", open([FIRST, twin])],
    ["own-draft", "17.4.6", "approvals-own-draft", open([FIRST, { ...SECOND, officer: 2 }])],
    ["one", "17.4.6", "approvals-few", open([FIRST])],
  ];
  return cases.map(([name, clause, expect, bytes]) => ({
    chain,
    clause,
    expect,
    input: new TextDecoder().decode(bytes),
    kind: "approvals",
    layer: "approvals",
    message: { digest: DIGEST, persons: 2, roles: ["releaser"], written_by: 2 },
    name: `approvals-${name}`,
  }));
}

type Open = (people: readonly Person[], changes?: { readonly check?: string }) => Uint8Array;

/** One list of findings for all, or none for any (SPEC 17.4.4). */
function findingsCases(open: Open): readonly (readonly [string, string, string, Uint8Array])[] {
  const other = hashOf("other findings");
  const first = { ...FIRST, check: CHECK };
  const under = (check: string) => open([first, { ...SECOND, check }], { check: CHECK });
  return [
    ["with-findings", "17.4.1", "accept", under(CHECK)],
    ["one-without-findings", "17.4.4", "assertion-challenge", open([FIRST, { ...SECOND, check: CHECK }])],
    ["one-under-other-findings", "17.4.4", "assertion-challenge", under(other)],
  ];
}

function openedBy(
  { officer, device, role = "releaser", listed = false, unsigned, check }: Person,
  digest: string,
): OpenedApproval {
  if (unsigned === true) return { officer, role };
  const approved = { digest, channel: CHANNEL, role, ...(check !== undefined && { check }) };
  const challenge = approvalChallenge(portable(), approved);
  return {
    assertion: { ...device.assert(challenge) },
    key: encodeBase64url(device.key),
    listed,
    officer,
    role,
    ...SITE,
  };
}

function bytesOf(text: string): Uint8Array {
  const bytes = parseBase64url(text);
  if (isRefusal(bytes)) throw new Error("an own text is no base64url");
  return bytes;
}

if (import.meta.main) {
  const vectors = peopleVectors();
  if (process.argv.includes("--write")) {
    const folder = join(ROOT, PEOPLE_VECTORS);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const vector of vectors)
      writeFileSync(join(folder, `${vector.name}.json`), `${JSON.stringify(vector)}\n`);
  }
  process.stdout.write(`${vectors.length} vectors\n`);
}
