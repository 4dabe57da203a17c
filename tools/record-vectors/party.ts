/** Vectors of chapter 4: party chains and pairing texts. */
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import type { NodeSecret } from "#parley/crypto/node-key.ts";
import { encodePartyChain, signPartyDocument, type SignedVersion } from "#parley/party/chain.ts";
import { encodePartyDocument, rootHash, type PartyMembers } from "#parley/party/document.ts";
import { partyToDigits, partyToWords } from "#parley/party/pairing.ts";
import { keyMembers, makeParty, makeSecret, renewParty, type KitParty } from "../../test/kit/record.ts";
import { bytesToInput, type Vector } from "./vector.ts";

type Row = readonly [name: string, expect: string, signed: readonly SignedVersion[]];

export function partyVectors(backend: CryptoBackend): readonly Vector[] {
  const party = makeParty(backend, "vector", { roots: 2 });
  const chains = [
    ...documentRows(backend, party),
    ...rootRows(backend, party),
    ...laterVersionRows(backend, party),
  ];
  return [
    ...chains.map(([name, expect, signed]): Vector => ({
      folder: "party",
      name: `chain-${name}`,
      kind: "party",
      expect,
      clause: "4.2",
      input: { input: bytesToInput(encodePartyChain(signed)) },
    })),
    {
      folder: "party",
      name: "pairing-texts",
      kind: "pairing",
      expect: "accept",
      clause: "4.4.1",
      input: { party: party.id, digits: partyToDigits(party.id), words: partyToWords(party.id) },
    },
  ];
}

/** A document with changed members under good signatures of the first roots. */
function resigned(
  backend: CryptoBackend,
  party: KitParty,
  change: JsonObject,
  roots: readonly NodeSecret[] = party.roots,
): SignedVersion {
  const document = encodeJson({ ...(party.members as unknown as JsonObject), ...change });
  return { document, signatures: signPartyDocument(backend, roots, document) };
}

/** The document itself: form and keys. */
function documentRows(backend: CryptoBackend, party: KitParty): readonly Row[] {
  const [good] = party.signed;
  const [node] = party.members.node_keys;
  if (good === undefined || node === undefined) throw new Error("the kit made an empty party");
  const { urls: _urls, ...withoutUrls } = party.members as unknown as JsonObject;
  const document = encodeJson(withoutUrls);
  const zero = encodeBase64url(new Uint8Array(32));
  return [
    ["good", "accept", [good]],
    ["empty", "party-chain", []],
    ["document-too-large", "party-too-large", [{ ...good, document: utf8(`"${"x".repeat(131_071)}"`) }]],
    [
      "missing-member",
      "party-schema",
      [{ document, signatures: signPartyDocument(backend, party.roots, document) }],
    ],
    ["extra-member", "party-schema", [resigned(backend, party, { z: 1 })]],
    ["handle-lower-case", "party-schema", [resigned(backend, party, { handle: "rimal" })]],
    ["name-two-lines", "party-schema", [resigned(backend, party, { name: "CSIRT\nRimal" })]],
    ["prev-in-version-1", "party-schema", [resigned(backend, party, { prev: zero })]],
    ["url-with-user", "party-schema", [resigned(backend, party, { urls: ["https://user@node.example/"] })]],
    [
      "node-key-small-order",
      "key-small-order",
      [resigned(backend, party, { node_keys: [{ ...node, ed25519: zero }] })],
    ],
    [
      "no-possession",
      "key-no-possession",
      [
        resigned(backend, party, {
          node_keys: [{ ...node, proof_ed25519: encodeBase64url(new Uint8Array(64)) }],
        }),
      ],
    ],
    [
      "possession-of-other-party",
      "key-no-possession",
      [
        resigned(backend, party, {
          node_keys: makeParty(backend, "vector other", { roots: 1 }).members.node_keys,
        }),
      ],
    ],
  ];
}

/** Who signed it, and whether that is enough. */
function rootRows(backend: CryptoBackend, party: KitParty): readonly Row[] {
  const [good] = party.signed;
  const [root] = party.roots;
  if (good === undefined || root === undefined) throw new Error("the kit made an empty party");
  return [
    [
      "threshold-above-roots",
      "party-threshold",
      [
        resigned(backend, party, {
          roots: { keys: party.members.roots.keys.map((key) => ({ ...key })), threshold: 3 },
        }),
      ],
    ],
    [
      "same-root-twice",
      "party-threshold",
      [
        resigned(backend, party, {
          roots: { keys: [keyMembers(root.key), keyMembers(root.key)], threshold: 2 },
        }),
      ],
    ],
    [
      "one-signature-of-two",
      "party-threshold",
      [{ ...good, signatures: signPartyDocument(backend, [root], good.document) }],
    ],
    [
      "signature-of-a-stranger",
      "party-threshold",
      [
        {
          ...good,
          signatures: signPartyDocument(backend, [root, makeSecret(backend, "stranger")], good.document),
        },
      ],
    ],
    [
      "signature-of-other-document",
      "party-threshold",
      [{ ...good, signatures: signPartyDocument(backend, party.roots, utf8("{}")) }],
    ],
    ["one-root-counted-twice", "party-signatures", [{ ...good, signatures: doubled(good.signatures) }]],
    ["signatures-not-json", "party-signatures", [{ ...good, signatures: utf8("none") }]],
  ];
}

function laterVersionRows(backend: CryptoBackend, party: KitParty): readonly Row[] {
  const second = renewParty(backend, party);
  const third = renewParty(backend, second);
  const [v1, v2, v3] = third.signed;
  if (v1 === undefined || v2 === undefined || v3 === undefined) throw new Error("the kit made a short chain");
  const next = makeSecret(backend, "vector next root 0");
  const surprise = makeSecret(backend, "surprise");
  const rooted = (secrets: readonly NodeSecret[]): Partial<PartyMembers> => ({
    roots: { keys: secrets.map(({ key }) => keyMembers(key)), threshold: 1 },
    next_roots: [rootHash(backend, surprise.key)],
  });
  const signedBy = (members: Partial<PartyMembers>, roots: readonly NodeSecret[]): SignedVersion => {
    const document = encodePartyDocument({ ...second.members, ...members });
    return { document, signatures: signPartyDocument(backend, roots, document) };
  };
  return [
    ["three-versions", "accept", [v1, v2, v3]],
    ["announced-root", "accept", [v1, signedBy(rooted([next]), [...party.roots, next])]],
    ["version-left-out", "party-chain", [v1, v3]],
    ["version-twice", "party-chain", [v1, v2, v2]],
    ["begins-at-2", "party-chain", [v2]],
    ["other-prev", "party-chain", [v1, signedBy({ prev: encodeBase64url(new Uint8Array(32)) }, party.roots)]],
    ["not-signed-by-previous", "party-threshold", [v1, signedBy(rooted([next]), [next])]],
    ["not-signed-by-own", "party-threshold", [v1, signedBy(rooted([next]), party.roots)]],
    ["root-not-announced", "party-roots", [v1, signedBy(rooted([surprise]), [...party.roots, surprise])]],
  ];
}

function doubled(signatures: Uint8Array): Uint8Array {
  const value = parseJson(signatures);
  if (isRefusal(value) || !isJsonObject(value) || !Array.isArray(value["signatures"]))
    throw new Error("the kit signed badly");
  const [first] = value["signatures"] as readonly JsonObject[];
  return encodeJson({ ...value, signatures: first === undefined ? [] : [first, first] });
}
