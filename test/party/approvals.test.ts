/** Every vector of `vectors/people/`, by both backends; and what no vector can show. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { encodeBase64url, parseBase64url, utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { APPROVALS_CODES } from "#parley/party/codes.ts";
import { AssertionSchema, parseApprovals, verifyApprovals } from "#parley/party/approvals.ts";
import { approvalChallenge, isSite, mayFollow, verifyAssertion } from "#parley/party/assertion.ts";
import { parsePartyChain } from "#parley/party/chain.ts";
import { parseCoseKey } from "#parley/party/cose-key.ts";
import { listedKeys } from "#parley/party/passkeys.ts";
import { PEOPLE_VECTORS, peopleVectors } from "../../tools/make-vectors-people.ts";
import { BACKENDS, nodeBackend } from "../crypto/backends.ts";
import { Authenticator, SITE } from "../kit/authenticator.ts";

const ROOT = new URL(`../../${PEOPLE_VECTORS}/`, import.meta.url);
const common = { name: Type.String(), clause: Type.String(), layer: Type.String(), expect: Type.String() };
const Vector = Type.Union([
  Type.Object({
    ...common,
    kind: Type.Literal("assertion"),
    approved: Type.Object({
      channel: Type.String(),
      check: Type.Optional(Type.String()),
      digest: Type.String(),
      role: Type.String(),
    }),
    assertion: Type.Object(
      Object.fromEntries(Object.keys(AssertionSchema.properties).map((name) => [name, Type.String()])),
    ),
    key: Type.String(),
    site: Type.Object({ origin: Type.String(), rp_id: Type.String() }),
  }),
  Type.Object({ ...common, kind: Type.Literal("key"), key: Type.String() }),
  Type.Object({
    ...common,
    kind: Type.Literal("approvals"),
    chain: Type.String(),
    input: Type.String(),
    message: Type.Object({
      digest: Type.String(),
      persons: Type.Union([Type.Literal(1), Type.Literal(2)]),
      roles: Type.Array(Type.String()),
      written_by: Type.Integer(),
    }),
  }),
]);
type Vector = Static<typeof Vector>;
const schema = Compile(Vector);

const files = readdirSync(ROOT).sort();
const vectors = files.map((file): Vector => {
  const value: unknown = JSON.parse(readFileSync(new URL(file, ROOT), "utf8"));
  assert.ok(schema.Check(value), file);
  return value;
});

describe("vectors of people", () => {
  it("are what the tool makes", () => {
    assert.deepEqual(
      vectors,
      peopleVectors().toSorted((a, b) => (`${a.name}.json` < `${b.name}.json` ? -1 : 1)),
    );
  });

  it("expect every code of approvals, and nothing else", () => {
    const expected = new Set(vectors.map(({ expect }) => expect).filter((code) => code !== "accept"));
    assert.deepEqual([...expected].sort(), Object.keys(APPROVALS_CODES).sort());
  });

  for (const backend of BACKENDS)
    for (const vector of vectors)
      it(`${vector.name}, ${backend.name}`, () => {
        const answer = judge(backend, vector);
        assert.equal(isRefusal(answer) ? answer.code : "accept", vector.expect);
      });

  it("tells listed from claimed", () => {
    const good = vectors.find(({ name }) => name === "approvals-good");
    assert.ok(good !== undefined);
    const answer = judge(nodeBackend, good);
    assert.ok(!isRefusal(answer) && typeof answer === "object" && "approvals" in answer);
    assert.deepEqual(
      answer.approvals.map(({ officer, standing }) => [officer, standing]),
      [
        [3, "listed"],
        [4, "claimed"],
      ],
    );
  });
});

function judge(backend: CryptoBackend, vector: Vector) {
  switch (vector.kind) {
    case "key":
      return parseCoseKey(backend, bytesOf(vector.key));
    case "assertion": {
      const { authenticator_data = "", client_data = "", credential = "", signature = "" } = vector.assertion;
      const { site, approved } = vector;
      const assertion = { authenticator_data, client_data, credential, signature };
      return verifyAssertion(backend, assertion, { key: bytesOf(vector.key), site, approved });
    }
    case "approvals": {
      const chain = parsePartyChain(backend, bytesOf(vector.chain));
      assert.ok(!isRefusal(chain));
      const opened = parseApprovals(utf8(vector.input));
      if (isRefusal(opened)) return opened;
      const { written_by: writtenBy, ...message } = vector.message;
      return verifyApprovals(backend, opened, { chain, message: { ...message, writtenBy } });
    }
  }
}

function bytesOf(text: string): Uint8Array {
  const bytes = parseBase64url(text);
  assert.ok(!isRefusal(bytes), text);
  return bytes;
}

describe("assertions", () => {
  const hash = (text: string): string => encodeBase64url(nodeBackend.sha256(utf8(text)));
  const approved = { digest: hash("a"), channel: hash("b"), role: "releaser" };
  const challenge = approvalChallenge(nodeBackend, approved);

  it("a changed bit anywhere is refused, by both backends alike", () => {
    for (const algorithm of ["ES256", "EdDSA"] as const) {
      const device = new Authenticator({ name: "bits", algorithm });
      const good = device.assert(challenge);
      const given = { key: device.key, site: SITE, approved };
      assert.ok(!isRefusal(verifyAssertion(nodeBackend, good, given)));
      const members = ["authenticator_data", "client_data", "signature"] as const;
      fc.assert(
        fc.property(fc.constantFrom(...members), fc.nat(), fc.nat(7), (member, at, bit) => {
          const bytes = bytesOf(good[member]);
          const bent = bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << bit) : byte));
          const answers = BACKENDS.map((backend) =>
            verifyAssertion(backend, { ...good, [member]: encodeBase64url(bent) }, given),
          );
          for (const answer of answers) assert.ok(isRefusal(answer));
          assert.equal(new Set(answers.map((answer) => isRefusal(answer) && answer.code)).size, 1);
        }),
        { numRuns: 40 },
      );
    }
  });

  it("a counter goes up, or is never used", () => {
    assert.deepEqual([mayFollow(0, 0), mayFollow(0, 1), mayFollow(5, 6)], [true, true, true]);
    assert.deepEqual([mayFollow(5, 5), mayFollow(5, 4), mayFollow(5, 0)], [false, false, false]);
  });

  it("an origin is https with its own identifier, or this machine", () => {
    const good = [
      ["https://parley.meridia.example", "meridia.example"],
      ["https://parley.meridia.example:8443", "parley.meridia.example"],
      ["http://localhost:8080", "localhost"],
    ];
    const bad = [
      ["http://parley.meridia.example", "parley.meridia.example"],
      ["https://parley.meridia.example", "ridia.example"],
      ["https://parley.meridia.example/", "meridia.example"],
      ["https://parley.example", "example"],
      ["https://127.0.0.1@parley.example", "parley.example"],
      ["", ""],
    ];
    for (const [origin = "", rp_id = ""] of good) assert.ok(isSite({ origin, rp_id }), origin);
    for (const [origin = "", rp_id = ""] of bad) assert.ok(!isSite({ origin, rp_id }), origin);
  });

  it("a party document with other texts among its passkeys lists nothing by them", () => {
    const texts = ["x", encodeBase64url(utf8("{}")), encodeBase64url(utf8('{"key":"A"}'))];
    assert.deepEqual(listedKeys({ passkeys: texts }), []);
  });
});
