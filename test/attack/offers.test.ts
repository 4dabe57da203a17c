/**
 * Offers and declines that are not what they say (threats.md 2, 8, 13, 26): refused, and nothing is left behind.
 */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { BundleRecord } from "#parley/codec/bundle.ts";
import { encodeJson, isJsonObject, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { encodeCheckpoint, signHead, signText } from "#parley/ledger/checkpoint.ts";
import { channelIdOf, declineText, firstEntries } from "#parley/node/handshake.ts";
import {
  chainRecords,
  encodePartyChain,
  signPartyDocument,
  verifyPartyChain,
  type PartyChain,
} from "#parley/party/chain.ts";
import { createParty } from "#parley/party/create.ts";
import { partyToDigits } from "#parley/party/pairing.ts";
import { accepted, agree, refusedWith, who } from "../kit/world.ts";
import { ask, codeOf, makeScene, refuses, request, Shadow, stillServes, type Scene } from "./attacker.ts";

let scene: Scene;
before(async () => {
  scene = await makeScene();
});

interface Lies {
  readonly terms?: (terms: JsonObject) => JsonObject;
  /** What entries 0 and 1 seal, when it is not the terms and the chain. */
  readonly first?: Uint8Array;
  readonly second?: Uint8Array;
  readonly chain?: PartyChain;
  readonly id?: string;
  readonly size?: number;
  readonly drop?: BundleRecord["type"];
  readonly forged?: true;
}

/** An offer by the author of fresh terms, with one lie. */
async function offer(lies: Lies = {}): Promise<{ readonly body: Uint8Array; readonly id: string }> {
  const { world, author, channel } = scene;
  const old = author.node.channel(channel)?.genesisBytes;
  const value = old && parseJson(old);
  assert(value !== undefined && !isRefusal(value) && isJsonObject(value));
  const nonce = Buffer.from(world.backend.randomBytes(32)).toString("base64url");
  const terms = { ...value, nonce };
  const genesis = encodeJson(lies.terms === undefined ? terms : lies.terms(terms));
  const id = channelIdOf(world.backend, genesis);
  const chain = lies.chain ?? author.identity.chain;
  const [one, two] = firstEntries(id, genesis, chain);
  const shadow = await Shadow.of({ ...scene, channel: id }, 0);
  await shadow.write(lies.first ?? one.message, { kind: "genesis" });
  await shadow.write(lies.second ?? two.message, { kind: "party_update" });
  const records = shadow.records(0, lies.size ?? 2);
  if (lies.forged === true) {
    const head = shadow.head();
    const lines = signHead(world.backend, scene.victim.identity.secret, head);
    records.splice(-1, 1, { type: "checkpoint", bytes: encodeCheckpoint(head, lines) });
  }
  const all: BundleRecord[] = [
    { type: "genesis", bytes: genesis },
    ...chainRecords(chain.signed),
    ...records,
  ];
  const kept = all.filter(({ type }) => type !== lies.drop);
  return { body: request({ type: "offer", channel: lies.id ?? id }, kept), id: lies.id ?? id };
}

function stranger(): PartyChain {
  const { backend } = scene.world;
  const profile = {
    expires: "2027-11-22T00:00:00Z",
    handle: "NOBODY",
    languages: ["en"],
    name: "Nobody",
    offices: [],
  };
  return createParty(backend, { ...profile, tls_pins: ["A".repeat(43)], urls: ["https://nobody.example/"] })
    .chain;
}

describe("threat 2: offers that are not what they say", () => {
  const lies: readonly (readonly [string, string, () => Lies])[] = [
    ["under another hash", "genesis-hash", () => ({ id: "A".repeat(43) })],
    ["without terms", "incomplete", () => ({ drop: "genesis" })],
    ["without a chain", "party-chain", () => ({ drop: "party" })],
    ["without a head", "incomplete", () => ({ drop: "checkpoint" })],
    ["without payloads", "incomplete", () => ({ drop: "payload" })],
    ["without entries", "out-of-order", () => ({ drop: "entry" })],
    ["under a head that the offerer did not sign", "unknown-key", () => ({ forged: true })],
    [
      "whose sealed terms are others",
      "offer-mismatch",
      () => ({ first: encodeJson({ type: "genesis", v: 1 }) }),
    ],
    [
      "whose sealed chain is another's",
      "offer-mismatch",
      () => ({
        second: firstEntries("A".repeat(43), new Uint8Array(0), scene.victim.identity.chain)[1].message,
      }),
    ],
    ["of one entry", "offer-mismatch", () => ({ size: 1 })],
    ["by a party of whom nobody knows", "genesis-parties", () => ({ chain: stranger() })],
    ["that does not name us", "genesis-parties", () => ({ terms: renamed(scene.victim.party) })],
    ["that does not name the offerer", "genesis-parties", () => ({ terms: renamed(scene.author.party) })],
    ["with our document under another hash", "genesis-parties", () => ({ terms: rehashed })],
    ["of version 0", "genesis-schema", () => ({ terms: (terms) => ({ ...terms, v: 0 }) })],
    ["with a member of its own", "genesis-schema", () => ({ terms: (terms) => ({ ...terms, zz: 1 }) })],
  ];
  for (const [name, code, lie] of lies) {
    it(`threat 2: an offer ${name} is ${code}, and leaves no channel behind`, async () => {
      const { body, id } = await offer(lie());
      const { victim } = scene;
      await refuses(scene, body, code);
      await refuses(scene, body, code, undefined); // as a file that anybody may hand over
      assert.equal(
        (await victim.store.channels()).some(({ channel }) => channel === id),
        false,
      );
    });
  }

  it("threat 2: a right offer by somebody else's connection, or by nobody paired, is refused", async () => {
    const { body } = await offer();
    await refuses(scene, body, "not-paired", "A".repeat(43));
    await refuses(scene, body, "not-a-party", scene.victim.party).catch(async () =>
      refuses(scene, body, "not-paired", scene.victim.party),
    );
  });

  it("threat 2: the same offer ten times is one offer, also after it was accepted", async () => {
    const fresh = await makeScene();
    scene = fresh;
    const { victim, author } = fresh;
    const { body, id } = await offer();
    for (let i = 0; i < 5; i++) assert.equal(codeOf(await ask(victim, body, author.party)), "receipt");
    assert.equal(victim.node.core.house.state.offers.get(id)?.status, "received");
    accepted(await victim.node.acceptOffer(who(victim, "principal"), id));
    for (let i = 0; i < 5; i++) assert.equal(codeOf(await ask(victim, body, author.party)), "receipt");
    assert.equal(victim.node.core.house.state.offers.get(id)?.status, "accepted");
    const house = await victim.node.readHouse({ from: 0, limit: 100 });
    const offers = house.records.filter(({ record }) => record["channel"] === id);
    assert.deepEqual(
      offers.map(({ record }) => record["status"]),
      ["received", "accepted"],
    );
  });
});

describe("threat 2: declines", () => {
  it("threat 2: a decline that is forged, replayed, or of another channel changes nothing", async () => {
    scene = await makeScene();
    const { world, author, victim, channel } = scene;
    const { backend } = world;
    const other = await agree(world, author, victim);
    const note = (
      party: string,
      secret = author.identity.secret,
      of = channel,
      reason: "terms" | "other" = "terms",
    ): BundleRecord[] => [
      { type: "decline", bytes: signText(backend, secret, party, declineText(of, party, reason)) },
    ];
    const body = (records: readonly BundleRecord[], of = channel): Uint8Array =>
      request({ type: "decline", channel: of }, records);
    await refuses(scene, body([]), "incomplete");
    await refuses(scene, body([{ type: "decline", bytes: new Uint8Array(9) }]), "note-malformed");
    await refuses(scene, body(note(author.party, victim.identity.secret)), "unknown-key");
    await refuses(scene, body(note(victim.party, victim.identity.secret)), "channel-unknown");
    await refuses(scene, body(note(author.party), other), "request-schema");
    await refuses(scene, body(note(author.party), "A".repeat(43)), "request-schema");
    await refuses(scene, body(note(author.party)), "not-paired", "A".repeat(43));
    // Rightly signed, but of an agreement that this side accepted and did not offer: noted, and nothing else.
    await refuses(scene, body(note(author.party)), "noted");
    await stillServes(scene);
  });
});

describe("threat 26: counting", () => {
  it("threat 26: one root that signs twice is one root", async () => {
    const { backend } = scene.world;
    const created = createParty(backend, {
      expires: "2027-11-22T00:00:00Z",
      handle: "TWICE",
      languages: ["en"],
      name: "Twice",
      offices: [],
      tls_pins: ["A".repeat(43)],
      urls: ["https://twice.example/"],
    });
    const [version] = created.chain.signed;
    const [root] = created.roots;
    assert(version !== undefined && root !== undefined);
    for (const signers of [[root], [root, root]]) {
      const signatures = signPartyDocument(backend, signers, version.document);
      const chain = verifyPartyChain(backend, [{ document: version.document, signatures }]);
      assert(isRefusal(chain) && ["party-threshold", "party-signatures"].includes(chain.code));
    }
  });

  it("threat 26: one person who approves twice, in two roles, is one person", async () => {
    const { author, channel } = scene;
    const live = author.node.channel(channel);
    assert(live !== undefined);
    const { noticeBody } = await import("../kit/materials.ts");
    const drafted = accepted(
      await author.node.draft(live, who(author, "analyst"), {
        type: "notice.open",
        body: noticeBody(),
        role: "analyst",
      }),
    );
    const { id, digest } = drafted.draft;
    const releaser = who(author, "releaser1");
    const both = { ...releaser, roles: ["releaser", "authority"] as const };
    accepted(await author.node.approve(both, { draft: id, role: "releaser", digest }));
    for (const role of both.roles)
      assert(isRefusal(await author.node.approve(both, { draft: id, role, digest })));
    const view = author.node.viewDraft(id);
    assert(!isRefusal(view) && view.draft.status === "open");
  });
});

function renamed(party: string): (terms: JsonObject) => JsonObject {
  return (terms) => ({
    ...terms,
    parties: sorted(
      partiesOf(terms).map((one) => (one["party"] === party ? { ...one, party: `${"A".repeat(42)}Q` } : one)),
    ),
  });
}

function rehashed(terms: JsonObject): JsonObject {
  const { party } = scene.victim;
  return {
    ...terms,
    parties: partiesOf(terms).map((one) =>
      one["party"] === party ? { ...one, document_hash: "A".repeat(43) } : one,
    ),
  };
}

function partiesOf({ parties }: JsonObject): readonly JsonObject[] {
  return Array.isArray(parties) ? parties.filter(isJsonObject) : [];
}

function sorted(parties: readonly JsonObject[]): readonly JsonObject[] {
  return parties.toSorted((a, b) => (String(a["party"]) < String(b["party"]) ? -1 : 1));
}

describe("threat 9: offers without end", () => {
  it("threat 9: sixteen wait for a decision, one more is offer-limit, and a decision makes room", async () => {
    scene = await makeScene();
    const { author, victim } = scene;
    const ids: string[] = [];
    for (let i = 0; i < 16; i++) {
      const { body, id } = await offer();
      assert.equal(codeOf(await ask(victim, body, author.party)), "receipt", `offer ${i}`);
      ids.push(id);
    }
    const { body } = await offer();
    await refuses(scene, body, "offer-limit");
    await scene.world.restart(victim);
    await refuses(scene, body, "offer-limit");
    const [first = ""] = ids;
    accepted(
      await victim.node.declineOffer(who(victim, "principal"), { channel: first, reason: "capacity" }),
    );
    assert.equal(codeOf(await ask(victim, body, author.party)), "receipt");
    await refuses(scene, (await offer()).body, "offer-limit");
  });
});

/** A next version of the author's chain with these connection keys. */
function withPins(pins: readonly string[]): PartyChain {
  const { world, author } = scene;
  const { latest, signed } = author.identity.chain;
  const members = parseJson(latest.bytes);
  assert(!isRefusal(members) && isJsonObject(members));
  const document = encodeJson({ ...members, prev: latest.hash, tls_pins: [...pins], version: 2 });
  const signatures = signPartyDocument(world.backend, author.roots.slice(0, 2), document);
  const chain = verifyPartyChain(world.backend, [...signed, { document, signatures }]);
  assert(!isRefusal(chain));
  return chain;
}

describe("threat 12: a connection key of somebody else", () => {
  it("threat 12: a pairing or an offer that lists a key of ours or of another paired party is refused", async () => {
    scene = await makeScene();
    const { author, victim, world } = scene;
    const [own = ""] = victim.identity.chain.latest.tls_pins;
    const [taken = ""] = author.identity.chain.latest.tls_pins;
    const profile = {
      expires: "2027-11-22T00:00:00Z",
      handle: "NOBODY",
      languages: ["en"],
      name: "Nobody",
      offices: [],
      urls: ["https://nobody.example/"],
    };
    for (const tls_pins of [[own], [taken], ["A".repeat(43), taken]]) {
      const { chain } = createParty(world.backend, { ...profile, tls_pins });
      const input = {
        chain: encodePartyChain(chain.signed),
        medium: "phone",
        typed: partyToDigits(chain.party),
      };
      refusedWith(await victim.node.pair(who(victim, "watch"), { ...input, medium: "phone" }), "party-pin");
      assert.equal(victim.node.core.house.state.pairings.has(chain.party), false);
    }
    await refuses(scene, (await offer({ chain: withPins([taken, own]) })).body, "party-pin");
    await stillServes(scene);
  });
});
