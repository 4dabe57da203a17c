/** Chains of a party: which key speaks where, what stands around a chain, and what is typed at pairing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBundle } from "#parley/codec/bundle.ts";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import {
  chainRecords,
  collectChains,
  encodePartyChain,
  keysAt,
  parsePartyChain,
  receiptKeys,
  verifyPartyChain,
} from "#parley/party/chain.ts";
import { isPairingText, partyToDigits, partyToWords } from "#parley/party/pairing.ts";
import { nodeBackend as backend } from "../crypto/backends.ts";
import { makeParty, renewParty, seedBytes } from "../kit/record.ts";

const CHANNEL = encodeBase64url(seedBytes(backend, "chain channel"));
const OTHER = encodeBase64url(seedBytes(backend, "chain other"));
const first = makeParty(backend, "chain");
const [listed] = first.members.node_keys;
assert.ok(listed !== undefined);
const renewed = renewParty(backend, first, { nodeSeed: "chain second" });
const revoked = { ...listed, revoked: [{ channel: CHANNEL, size: 7 }] };
const revoking = renewParty(backend, renewed, {
  members: { node_keys: [revoked, ...renewed.members.node_keys] },
});
const [OLD, NEW] = [first, renewed].map(({ node }) => encodeBase64url(node.key.ed25519));

const named = (keys: readonly { readonly ed25519: Uint8Array }[]) =>
  keys.map(({ ed25519 }) => encodeBase64url(ed25519));

test("the keys at a position are those of the newest version made known below it", () => {
  const updates = [
    { seq: 1, version: 1 },
    { seq: 4, version: 2 },
    { seq: 6, version: 1 },
  ];
  const at = (size: number, initialVersion = 1) =>
    named(keysAt(renewed.chain, updates, { channel: CHANNEL, size, initialVersion }));
  for (const size of [1, 2, 4]) assert.deepEqual(at(size), [OLD], String(size));
  for (const size of [5, 6, 7, 100]) assert.deepEqual(at(size), [NEW], String(size));
  assert.deepEqual(at(1, 2), [NEW]);
  assert.deepEqual(at(1, 3), []);
  assert.deepEqual(at(1, 0), []);
});

test("a key revoked at a size signs up to it, in that channel, whatever version is in force", () => {
  const at = (channel: string, size: number) =>
    named(keysAt(revoking.chain, [], { channel, size, initialVersion: 1 }));
  assert.deepEqual([at(CHANNEL, 6), at(CHANNEL, 7), at(CHANNEL, 8)], [[OLD], [OLD], []]);
  assert.deepEqual(at(OTHER, 8), [OLD]);
  assert.deepEqual(named(receiptKeys(revoking.chain, CHANNEL)), [NEW]);
  assert.deepEqual(named(receiptKeys(revoking.chain, OTHER)), [OLD, NEW]);
  assert.deepEqual(named(receiptKeys(first.chain, CHANNEL)), [OLD]);
});

test("a chain has its party, versions and latest; a break names its version", () => {
  const chain = parsePartyChain(backend, encodePartyChain(revoking.signed));
  assert.ok(!isRefusal(chain));
  assert.equal(chain.party, first.id);
  assert.deepEqual(
    chain.versions.map(({ version }) => version),
    [1, 2, 3],
  );
  assert.equal(chain.latest, chain.versions[2]);
  assert.deepEqual(chain.signed, revoking.signed);
  const [one, two, three] = revoking.signed;
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  const rows = [
    [[], "party-chain", 0],
    [Array.from({ length: 257 }, () => one), "party-chain", 0],
    [[two], "party-chain", 1],
    [[one, one], "party-chain", 2],
    [[one, three], "party-chain", 2],
    [[one, two, { ...three, signatures: utf8("{}") }], "party-signatures", 3],
    [[one, { ...two, signatures: one.signatures }], "party-threshold", 2],
    [[one, { ...two, document: utf8("{}") }], "party-schema", 2],
  ] as const;
  for (const [signed, code, version] of rows) {
    const answer = verifyPartyChain(backend, signed);
    assert.ok(isRefusal(answer), code);
    assert.deepEqual([answer.code, answer.facts["version"]], [code, version]);
  }
});

test("a file is one chain and nothing beside it; a bundle may hold several", () => {
  const other = makeParty(backend, "chain neighbour");
  const [a, b] = [chainRecords(renewed.signed), chainRecords(other.signed)];
  const stranger = { type: "genesis", bytes: utf8("x") } as const;
  assert.deepEqual(collectChains([stranger, ...a, ...b]), [renewed.signed, other.signed]);
  assert.deepEqual(collectChains([]), []);
  assert.deepEqual(collectChains(a.slice(1, 3)), []);
  for (const records of [
    [],
    [...a, ...b],
    [...a, stranger],
    [stranger, ...a],
    a.slice(0, 3),
    a.slice(0, 1),
  ]) {
    const answer = parsePartyChain(backend, encodeBundle(records));
    assert.ok(isRefusal(answer));
    assert.deepEqual([answer.code, answer.facts], ["party-chain", { version: 0 }]);
  }
  const noBundle = parsePartyChain(backend, utf8("x"));
  assert.equal(isRefusal(noBundle) && noBundle.code, "bundle-magic");
});

test("a pairing text is 132 bits in digits or words, in any case and spacing", () => {
  const id = encodeBase64url(new Uint8Array(32));
  assert.equal(partyToDigits(id), Array.from({ length: 8 }, () => "00000").join(" "));
  assert.equal(partyToWords(id), Array.from({ length: 12 }, () => "abandon").join(" "));
  const full = encodeBase64url(new Uint8Array(32).fill(255));
  assert.equal(partyToDigits(full).replaceAll(" ", ""), String(2n ** 132n - 1n));
  assert.equal(partyToWords(full), Array.from({ length: 12 }, () => "zoo").join(" "));
  const last = encodeBase64url(Uint8Array.from({ length: 32 }, (_, i) => (i === 16 ? 0x1f : 0)));
  assert.equal(partyToDigits(last).replaceAll(" ", ""), "1".padStart(40, "0"));
  assert.equal(partyToWords(last), `${"abandon ".repeat(11)}ability`);
  const [digits, words] = [partyToDigits(first.id), partyToWords(first.id)];
  for (const typed of [
    digits,
    digits.replaceAll(" ", ""),
    digits.replaceAll(" ", "-"),
    ` ${words.toUpperCase()}\n`,
  ])
    assert.ok(isPairingText(first.id, typed), typed);
  assert.ok(isPairingText(first.id, words.replaceAll(" ", "  -")));
  for (const typed of [
    "",
    words.replaceAll(" ", ""),
    words.slice(1),
    digits.slice(1),
    partyToWords(id),
    `${digits}0`,
  ])
    assert.ok(!isPairingText(first.id, typed), typed);
  assert.throws(() => partyToDigits("x"), /party id is 32 bytes/);
});
