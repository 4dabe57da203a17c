/**
 * Party updates that say nonsense, and updates that are right (threats.md 5; SPEC 3.8.1, 4.3.5).
 *
 * A fault inside a sealed entry never blocks the feed, and never changes whose signatures count.
 */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { encodeJson, isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { makeNodeSecret, signHybrid, type NodeSecret } from "#parley/crypto/node-key.ts";
import { encodeCheckpoint, signHead } from "#parley/ledger/checkpoint.ts";
import {
  encodePartyChain,
  signPartyDocument,
  verifyPartyChain,
  type PartyChain,
} from "#parley/party/chain.ts";
import { possessionMessage, rootsHashOf } from "#parley/party/document.ts";
import { trustParties } from "#parley/transcript/trust.ts";
import { verifyTranscript } from "#parley/transcript/verify.ts";
import { liveChannel, type Resident } from "../kit/world.ts";
import { ask, codeOf, makeScene, pushOf, refuses, Shadow, stillServes, type Scene } from "./attacker.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await makeScene();
});

const updateOf = (chain: Uint8Array): JsonObject => ({
  chain: encodeBase64url(chain),
  type: "party_update",
  v: 1,
});

/** Version 2 of a resident's document, rightly signed. */
function renew({ identity, roots }: Resident, changes: JsonObject): PartyChain {
  const { backend } = scene.world;
  const { latest, signed } = identity.chain;
  const members = parseJson(latest.bytes);
  assert(!isRefusal(members) && isJsonObject(members));
  const document = encodeJson({ ...members, prev: latest.hash, version: 2, ...changes });
  const signatures = signPartyDocument(backend, roots.slice(0, 2), document);
  const chain = verifyPartyChain(backend, [...signed, { document, signatures }]);
  assert(!isRefusal(chain), isRefusal(chain) ? chain.code : "");
  return chain;
}

/** A version with one node key, this one. */
function withKey(resident: Resident, node: NodeSecret): PartyChain {
  const { backend } = scene.world;
  const [first] = resident.identity.chain.versions;
  assert(first !== undefined);
  const { ed25519, mlDsa44 } = node.key;
  const proof = signHybrid(backend, node, possessionMessage(rootsHashOf(backend, first), ed25519, mlDsa44));
  return renew(resident, {
    node_keys: [
      {
        ed25519: encodeBase64url(ed25519),
        ml_dsa_44: encodeBase64url(mlDsa44),
        proof_ed25519: encodeBase64url(proof.ed25519),
        proof_ml_dsa_44: encodeBase64url(proof.mlDsa44),
      },
    ],
  });
}

function freshSecret(): NodeSecret {
  const { backend } = scene.world;
  return makeNodeSecret(backend, backend.randomBytes(32), backend.randomBytes(32));
}

/** A push of the last line under a head that `secret` signs. */
function pushSignedBy(shadow: Shadow, secret: NodeSecret): Uint8Array {
  const head = shadow.head();
  const note = encodeCheckpoint(head, signHead(scene.world.backend, secret, head));
  const records = shadow.records(shadow.size - 1).slice(0, -1);
  return pushOf(scene, [...records, { type: "checkpoint", bytes: note }]);
}

describe("threat 5: updates that say nothing", () => {
  const nonsense: readonly (readonly [string, () => JsonObject | Uint8Array])[] = [
    ["no JSON", () => utf8("not JSON")],
    ["without a chain", () => ({ type: "party_update", v: 1 })],
    ["a chain that is no text", () => ({ chain: 7, type: "party_update", v: 1 })],
    ["a chain that is no bundle", () => updateOf(utf8("nonsense"))],
    ["an empty chain", () => updateOf(new Uint8Array(0))],
    ["somebody else's chain", () => updateOf(encodePartyChain(scene.victim.identity.chain.signed))],
    [
      "a chain whose last signature is missing",
      () => updateOf(encodePartyChain(renew(scene.author, {}).signed).subarray(0, -40)),
    ],
  ];
  for (const [name, content] of nonsense) {
    it(`threat 5: an update that is ${name} is held, and the feed goes on under its old keys`, async () => {
      const { author, victim, channel, world } = scene;
      const shadow = await Shadow.of(scene);
      await shadow.write(content(), { kind: "party_update" });
      assert.equal(codeOf(await ask(victim, shadow.push(shadow.size - 1), author.party)), "receipt");
      await shadow.write({ type: "heartbeat", v: 1 }, { kind: "heartbeat" });
      await refuses(scene, pushSignedBy(shadow, freshSecret()), "unknown-key");
      assert.equal(codeOf(await ask(victim, shadow.push(shadow.size - 1), author.party)), "receipt");
      await world.restart(victim);
      await victim.node.tick();
      const held = liveChannel(victim, channel);
      assert.equal((await victim.node.rehash(held)).kind, "whole");
      const bytes = await victim.node.exportTranscript(held);
      const trust = trustParties([author.party, victim.party]);
      const report = verifyTranscript(world.backend, bytes, trust);
      assert.deepEqual(report.reasons, []);
      const warnings = report.feeds.flatMap((feed) => feed.warnings.map(({ code }) => code));
      assert(warnings.includes("update-void"), "the verifier names the void update");
    });
  }

  it("threat 5: two second versions by one party's roots: the one that came first stands", async () => {
    const { author, victim } = scene;
    const [first, second] = [freshSecret(), freshSecret()];
    const shadow = await Shadow.of(scene);
    await shadow.write(updateOf(encodePartyChain(withKey(author, first).signed)), { kind: "party_update" });
    assert.equal(codeOf(await ask(victim, pushSignedBy(shadow, first), author.party)), "receipt");
    await shadow.write(updateOf(encodePartyChain(withKey(author, second).signed)), { kind: "party_update" });
    await refuses(scene, pushSignedBy(shadow, second), "unknown-key");
    assert.equal(codeOf(await ask(victim, pushSignedBy(shadow, first), author.party)), "receipt");
  });
});

describe("threat 5: updates that are right", () => {
  it("threat 5: new keys sign from their position on, old ones no more, also after a start", async () => {
    const { author, victim, channel, world } = scene;
    const node = freshSecret();
    const shadow = await Shadow.of(scene);
    await shadow.write(updateOf(encodePartyChain(withKey(author, node).signed)), { kind: "party_update" });
    await refuses(scene, shadow.push(shadow.size - 1), "unknown-key");
    assert.equal(codeOf(await ask(victim, pushSignedBy(shadow, node), author.party)), "receipt");
    await shadow.write({ type: "heartbeat", v: 1 }, { kind: "heartbeat" });
    await refuses(scene, shadow.push(shadow.size - 1), "unknown-key");
    await world.restart(victim);
    await victim.node.confirmSigning(
      victim.people.get("principal") ?? assert.fail(),
      liveChannel(victim, channel),
    );
    await refuses(scene, shadow.push(shadow.size - 1), "unknown-key");
    assert.equal(codeOf(await ask(victim, pushSignedBy(shadow, node), author.party)), "receipt");
    assert.equal((await victim.node.rehash(liveChannel(victim, channel))).kind, "whole");
  });

  it("threat 12: a version that takes another party's connection key takes no connection, and people are told", async () => {
    const { author, victim } = scene;
    const { partyOfPin } = await import("#parley/node/pins.ts");
    const [own] = victim.identity.chain.latest.tls_pins;
    assert(own !== undefined);
    const shadow = await Shadow.of(scene);
    const thief = renew(author, { tls_pins: [own] });
    await shadow.write(updateOf(encodePartyChain(thief.signed)), { kind: "party_update" });
    assert.equal(codeOf(await ask(victim, shadow.push(shadow.size - 1), author.party)), "receipt");
    assert.equal(partyOfPin(victim.node.core, own), undefined);
    assert.deepEqual([...victim.node.core.house.ignoredPins], [`${author.party}/${own}`]);
    await scene.world.restart(victim);
    assert.equal(partyOfPin(victim.node.core, own), undefined);
  });

  it("threat 5: after all of it the honest pair still speaks", async () => {
    await stillServes(scene);
  });
});
