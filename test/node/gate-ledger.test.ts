/** The gate beside the ledger and the register of canaries (SPEC 14.4.9, 15.4): one truth about what was given to whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { checkDraftNow } from "#parley/gate/checks/check-draft.ts";
import { compileRules, type DeclaredCanary } from "#parley/gate/checks/compiled-rules.ts";
import { parseRuleFile, type RuleFile } from "#parley/gate/checks/rule-set.ts";
import { digestOf, makeVariant } from "#parley/gate/canary.ts";
import { LIST_FORMATS } from "#parley/gate/canary-list.ts";
import { toldBefore } from "#parley/node/gate-sources.ts";
import { orderCanary } from "#parley/node/canaries.ts";
import { ParleyNode } from "#parley/node/node.ts";
import { retractItem } from "#parley/node/retractions.ts";
import { noticeBody, words } from "../../tools/demo/case-material.ts";
import { nodeBackend } from "../crypto/backends.ts";
import { accepted, agree, liveChannel, makeWorld, speak, who, type Resident } from "../kit/world.ts";

const DAY = 86_400;
const HARBOUR = {
  id: "harbour",
  limit: 2,
  parts: [
    { id: "place", any: ["harbour exchange"] },
    { id: "way", any: ["optical splitter"] },
  ],
};

function rules(members: object): RuleFile {
  const file = parseRuleFile(
    Buffer.from(JSON.stringify({ format: "parley-gate-rules", version: 1, ...members })),
  );
  assert(!isRefusal(file));
  return file;
}

async function withRules(resident: Resident, file: RuleFile): Promise<void> {
  resident.node = await ParleyNode.open({ ...resident.node.core.ports, gateRules: () => file });
  await resident.node.tick();
}

async function rulesFoundIn(a: Resident, channel: string, text: string): Promise<readonly string[]> {
  const view = await a.node.draft(liveChannel(a, channel), who(a, "watch"), {
    type: "notice.open",
    role: "watch",
    body: noticeBody(),
    envelope: words(text),
  });
  return accepted(view).gate.check?.findings.map(({ rule }) => rule) ?? [];
}

test("threat 32: what was told before the source was protected counts, and what was retracted counts", async () => {
  const world = await makeWorld(["meridia", "rimal", "tessera"]);
  const [a, b, c] = world.residents;
  assert(a !== undefined && b !== undefined && c !== undefined);
  const [ab, ac] = [await agree(world, a, b), await agree(world, a, c)];
  const envelope = words("We looked at the harbour exchange.");
  const first = accepted(await speak(a, ab, { type: "notice.open", body: noticeBody(), envelope }));
  const id = String(first.draft.message["id"]);
  await world.settle();
  await withRules(a, rules({ sources: [HARBOUR] }));
  const second = "It was taken by an optical splitter.";
  assert.deepEqual(await rulesFoundIn(a, ab, second), ["source-combined"]);
  assert.deepEqual(await rulesFoundIn(a, ac, second), [], "another reader was told nothing");

  const order = { wanted: { kind: "message", id }, reason: "wrong", role: "authority" } as const;
  accepted(await retractItem(a.node.core, who(a, "authority"), order));
  await world.settle();
  assert.deepEqual(
    await rulesFoundIn(a, ab, second),
    ["source-combined"],
    "nobody forgets what was taken back",
  );

  const { core } = a.node;
  const told = () => toldBefore(core, {}).filter(({ facets }) => facets.includes("part:harbour/place"));
  assert.deepEqual(
    told().map(({ party }) => party),
    [b.party],
  );
  world.now += 366 * DAY;
  assert.deepEqual(told(), []);
});

test("the ledger and the checks that the house feed keeps agree on what was told", async () => {
  const world = await makeWorld(["meridia", "rimal"]);
  const [a, b] = world.residents;
  assert(a !== undefined && b !== undefined);
  const channel = await agree(world, a, b);
  await withRules(a, rules({ sources: [HARBOUR] }));
  for (const text of ["The harbour exchange.", "Nothing of it.", "Again the harbour exchange."])
    accepted(await speak(a, channel, { type: "notice.open", body: noticeBody(), envelope: words(text) }));
  const kept = [...a.node.core.house.gate.drafts.values()].flatMap(({ check }) => check?.facets ?? []);
  const facets = () => toldBefore(a.node.core, {}).flatMap((one) => one.facets);
  assert.deepEqual(facets(), kept, "before any receipt");
  assert.equal(facets().length, 2);
  await world.settle();
  assert.deepEqual(facets(), kept, "and after");
  await world.restart(a);
  await withRules(a, rules({ sources: [HARBOUR] }));
  await world.settle(1);
  assert.deepEqual(facets(), kept, "and after a start");
});

const AGREED = "R".repeat(43);
const OTHER = "T".repeat(43);
const LISTS = {
  ipv4: (i: number) => `198.18.0.${i}`,
  ipv6: (i: number) => `2a00:1:2:3::${(i + 16).toString(16)}`,
  host: (i: number) => `c2-${i}.malware.test`,
  url: (i: number) => `https://c2-${i}.malware.test/gate`,
  hash: (i: number) =>
    nodeBackend.sha256(utf8(String(i))).reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), ""),
} as const;

function variantOf(of: keyof typeof LISTS, party: string) {
  const bytes = utf8(Array.from({ length: 20 }, (_, i) => LISTS[of](i + 1)).join("\n"));
  const seed = nodeBackend.randomBytes(32);
  const made = makeVariant(nodeBackend, {
    bytes,
    format: LIST_FORMATS[0],
    order: "free",
    seed,
    taken: new Set(),
  });
  assert(!isRefusal(made));
  const variant = digestOf(nodeBackend, made.bytes);
  const declared: DeclaredCanary = { canary: of, party, variant, kind: made.kind, decoys: made.decoys };
  return { original: bytes, bytes: made.bytes, declared };
}

function findings(file: Uint8Array, to: string, declared: readonly DeclaredCanary[]): readonly string[] {
  const inner = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"];
  const internal = [...inner.map((value) => ({ kind: "cidr", value })), { kind: "suffix", value: "example" }];
  const digest = digestOf(nodeBackend, file);
  const attach = [{ digest, media_type: "text/plain", size_bytes: file.length }];
  return checkDraftNow({
    message: { type: "notice.update", tlp: "AMBER", exposure: "cat1", attach, body: {} },
    attachments: [{ bytes: file, isWhole: true }],
    audience: [to],
    rules: compileRules(nodeBackend.sha256, rules({ canaries: { agreed: [AGREED] }, internal }), declared),
    told: [],
    received: new Map(),
    asOf: 1_795_000_000,
    sha256: nodeBackend.sha256,
  }).findings.map(({ rule }) => rule);
}

for (const kind of ["ipv4", "ipv6", "host", "url", "hash"] as const)
  test(`a declared variant of ${kind} passes where it was agreed, and nowhere else`, () => {
    const { original, bytes, declared } = variantOf(kind, AGREED);
    assert.deepEqual(findings(bytes, AGREED, [declared]), [], "own decoys are nobody's network");
    assert.deepEqual(findings(original, AGREED, [declared]), ["canary-missing"]);
    assert.deepEqual(findings(bytes, OTHER, [declared]), ["canary-foreign"]);
    const copied = utf8(new TextDecoder().decode(bytes).split("\n").toReversed().join("\n"));
    assert.deepEqual(findings(copied, AGREED, [declared]), [], "copied by hand, the decoys are in it");
    assert.deepEqual(findings(copied, OTHER, [declared]), ["canary-foreign"]);
  });

test("one documentation address of somebody's variant is chance, one name is not", () => {
  const addresses = variantOf("ipv4", AGREED).declared;
  const names = variantOf("host", AGREED).declared;
  const quiet = compileRules(nodeBackend.sha256, undefined, [addresses, names]);
  const of = (text: string): readonly string[] =>
    checkDraftNow({
      message: { type: "notice.update", tlp: "AMBER", body: { note: text } },
      attachments: [],
      audience: [OTHER],
      rules: quiet,
      told: [],
      received: new Map(),
      asOf: 1_795_000_000,
      sha256: nodeBackend.sha256,
    }).findings.map(({ rule }) => rule);
  assert.deepEqual(of(`Seen from ${addresses.decoys.slice(0, 2).join(" and ")}.`), []);
  assert.deepEqual(of(`Seen: ${names.decoys[0] ?? ""}.`), ["canary-foreign"]);
});

test("a node knows the variant that it made a moment ago", async () => {
  const world = await makeWorld(["meridia", "rimal", "tessera"]);
  const [a, b, c] = world.residents;
  assert(a !== undefined && b !== undefined && c !== undefined);
  const channel = await agree(world, a, c);
  const bytes = utf8(Array.from({ length: 20 }, (_, i) => LISTS.host(i)).join("\n"));
  assert.deepEqual(await rulesFoundIn(a, channel, "Watch 192.0.2.17."), []);
  const order = { bytes, party: b.party, format: "text", order: "kept", evidence: "none" } as const;
  const { canary } = accepted(await orderCanary(a.node.core, who(a, "analyst"), order));
  assert.deepEqual(await rulesFoundIn(a, channel, `Watch ${canary.decoys[3] ?? ""}.`), ["canary-foreign"]);
});
