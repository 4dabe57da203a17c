/** Limits of documents, each at itself and one more (threats.md 9): party documents, party chains, genesis. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { encodeJson, isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { GENESIS_SIZE_LIMIT_BYTES, PARTY_CHAIN_LIMIT, PARTY_SIZE_LIMIT_BYTES } from "#parley/codec/limits.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { parseGenesis } from "#parley/node/handshake.ts";
import {
  encodePartyChain,
  parsePartyChain,
  signPartyDocument,
  verifyPartyChain,
  type SignedVersion,
} from "#parley/party/chain.ts";
import { createParty, type CreatedParty } from "#parley/party/create.ts";

const backend = createNodeBackend();
let created: CreatedParty;
before(() => {
  created = createParty(backend, {
    expires: "2027-11-22T00:00:00Z",
    handle: "MERIDIA",
    languages: ["en"],
    name: "CERT Meridia",
    offices: [],
    tls_pins: ["A".repeat(43)],
    urls: [],
  });
});

/** The version after `last`, signed by two roots. */
function next(last: SignedVersion, changes: JsonObject): SignedVersion {
  const members = parseJson(last.document, { sizeLimitBytes: PARTY_SIZE_LIMIT_BYTES });
  assert(!isRefusal(members) && isJsonObject(members));
  const prev = backend.sha256(last.document);
  const document = encodeJson({
    ...members,
    prev: Buffer.from(prev).toString("base64url"),
    version: Number(members["version"]) + 1,
    ...changes,
  });
  return { document, signatures: signPartyDocument(backend, created.roots.slice(0, 2), document) };
}

function codeOf(value: unknown): string {
  return isRefusal(value) ? value.code : "accepted";
}

describe("threat 9: documents at their limits", () => {
  it("threat 9: 256 versions of a party are a chain, 257 are not, and neither is none", () => {
    const [first] = created.chain.signed;
    assert(first !== undefined);
    const signed: SignedVersion[] = [first];
    for (let last = first; signed.length <= PARTY_CHAIN_LIMIT; signed.push(last)) last = next(last, {});
    assert.equal(codeOf(verifyPartyChain(backend, signed.slice(0, PARTY_CHAIN_LIMIT))), "accepted");
    const longer = verifyPartyChain(backend, signed);
    assert.deepEqual([codeOf(longer), isRefusal(longer) && longer.facts["version"]], ["party-chain", 0]);
    assert.equal(codeOf(parsePartyChain(backend, encodePartyChain(signed.slice(0, 3)))), "accepted");
    assert.equal(codeOf(parsePartyChain(backend, encodePartyChain(signed))), "party-chain");
    assert.equal(codeOf(verifyPartyChain(backend, [])), "party-chain");
  });

  it("threat 9: a party document of 131,072 bytes passes, of one more it does not", () => {
    const [first] = created.chain.signed;
    assert(first !== undefined);
    const recipient = created.chain.latest.kem[0]?.recipient ?? "";
    const kem = Array.from({ length: 56 }, (_, i) => ({ epoch: i + 1, recipient }));
    const sizeWith = (offices: readonly JsonObject[]): number =>
      next(first, { kem, offices: [...offices] }).document.length;
    const office = (extra: number): JsonObject => ({
      hours: "h".repeat(1 + Math.min(119, extra)),
      languages: ["en"],
      name: "n".repeat(1 + Math.max(0, extra - 119)),
      roles: ["watch"],
    });
    // 32 offices take up what is left, evenly; the last takes the rest.
    const missing = PARTY_SIZE_LIMIT_BYTES - sizeWith(Array.from({ length: 32 }, () => office(0)));
    assert(missing > 0 && missing < 32 * 238, `${missing} bytes to fill`);
    const share = Math.floor(missing / 32);
    const fill = (more: number): readonly JsonObject[] =>
      Array.from({ length: 32 }, (_, i) => office(i < 31 ? share : missing - 31 * share + more));
    for (const [more, code] of [
      [-1, "accepted"],
      [0, "accepted"],
      [1, "party-too-large"],
    ] as const) {
      const second = next(first, { kem, offices: [...fill(more)] });
      assert.equal(second.document.length, PARTY_SIZE_LIMIT_BYTES + more);
      assert.equal(codeOf(verifyPartyChain(backend, [first, second])), code);
    }
  });

  it("threat 9: a genesis of 262,144 bytes is read and judged, one of more is not even parsed", () => {
    const sized = (size: number): Uint8Array => {
      const empty = encodeJson({ type: "genesis", v: 1, witness: "" }).length;
      return encodeJson({ type: "genesis", v: 1, witness: "w".repeat(size - empty) });
    };
    for (const [size, code] of [
      [GENESIS_SIZE_LIMIT_BYTES - 1, "genesis-schema"],
      [GENESIS_SIZE_LIMIT_BYTES, "genesis-schema"],
      [GENESIS_SIZE_LIMIT_BYTES + 1, "json-too-large"],
    ] as const) {
      const bytes = sized(size);
      assert.equal(bytes.length, size);
      assert.equal(codeOf(parseGenesis(bytes)), code, String(size));
    }
  });
});
