/** Who may let something out (threats.md 26, 38, 39): every way around the officer's own key. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import { isRefusal, type Refusal } from "#parley/codec/refusal.ts";
import { releaseAlone, REVIEW_SECONDS, reviewAlone, waitingReviews } from "#parley/node/alone.ts";
import type { DraftView } from "#parley/node/desk.ts";
import type { HouseRecord } from "#parley/node/house.ts";
import { invite, makeFirstLink, second, setApprovals } from "#parley/node/invitations.ts";
import { checkOpened, openApprovals } from "#parley/node/open-approvals.ts";
import { FLAGS, Authenticator as Device, type Authenticator } from "../kit/authenticator.ts";
import { noticeBody } from "../kit/materials.ts";
import {
  approvalOf,
  assertionFor,
  attestationOf,
  DOOR,
  enrol,
  linkFor,
  openDraft,
  personOf,
} from "../kit/passkeys.ts";
import {
  accepted,
  agree,
  liveChannel,
  makeWorld,
  refusedWith,
  who,
  type Resident,
  type World,
} from "../kit/world.ts";

interface Scene {
  readonly world: World;
  readonly meridia: Resident;
  readonly rimal: Resident;
  readonly channel: string;
}

async function makeScene(): Promise<Scene> {
  const world = await makeWorld(["meridia", "rimal"]);
  const [meridia, rimal] = world.residents;
  assert.ok(meridia !== undefined && rimal !== undefined);
  return { world, meridia, rimal, channel: await agree(world, meridia, rimal) };
}

interface Keyed extends Scene {
  readonly first: Authenticator;
  readonly second: Authenticator;
  readonly view: DraftView;
}

/** Both releasers have a key, and a notice waits for them. */
async function makeKeyed(): Promise<Keyed> {
  const scene = await makeScene();
  const { meridia, channel } = scene;
  const { device: first } = await enrol(meridia, "releaser1");
  const { device: second } = await enrol(meridia, "releaser2", { algorithm: "EdDSA" });
  const view = await openDraft(meridia, channel, { type: "notice.open", body: noticeBody() });
  return { ...scene, first, second, view };
}

function approve(scene: Scene, name: string, ...given: Parameters<typeof approvalOf>) {
  return scene.meridia.node.approve(personOf(scene.meridia, name), approvalOf(...given));
}

describe("threat 26, 38: approvals with a key", () => {
  it("two officers with two keys release; the other side checks it from data alone", async () => {
    const scene = await makeKeyed();
    const { world, meridia, rimal, channel, first, second: other, view } = scene;
    accepted(await approve(scene, "releaser1", view, assertionFor(world, first, view)));
    const said = accepted(await approve(scene, "releaser2", view, assertionFor(world, other, view))).said;
    assert.ok(said !== undefined, "said");
    await world.settle();
    const file = await openApprovals(meridia.node.core, liveChannel(meridia, channel), said.seq);
    assert.ok(file !== undefined);
    const checked = accepted(await checkOpened(rimal.node.core, liveChannel(rimal, channel), file));
    const officers = [who(meridia, "releaser1").officer, who(meridia, "releaser2").officer];
    assert.deepEqual(
      checked.approvals.map(({ officer, standing }) => [officer, standing]),
      officers.map((officer) => [officer, "claimed"]),
    );
    await world.restart(meridia);
    assert.deepEqual(meridia.node.core.house.people.state.unsound, [], "the fold finds the same again");
  });

  it("an assertion is worth nothing on another draft, channel or role", async () => {
    const scene = await makeKeyed();
    const { world, meridia, rimal, first, view } = scene;
    const twin = await openDraft(meridia, scene.channel, { type: "notice.open", body: noticeBody() });
    refusedWith(
      await approve(scene, "releaser1", twin, assertionFor(world, first, view)),
      "assertion-challenge",
    );
    const elsewhere = await agree(world, meridia, rimal, { retention_days: 400 });
    const there = await openDraft(meridia, elsewhere, { type: "notice.open", body: noticeBody() });
    refusedWith(
      await approve(scene, "releaser1", there, assertionFor(world, first, view)),
      "assertion-challenge",
    );
    const asAuthority = assertionFor(world, first, view, { role: "authority" });
    refusedWith(await approve(scene, "releaser1", view, asAuthority), "assertion-challenge");
  });

  const bends: readonly (readonly [string, Parameters<typeof assertionFor>[3], string])[] = [
    ["user not verified", { bent: { flags: FLAGS.present } }, "assertion-unverified"],
    ["backup eligible", { bent: { flags: 0x0d } }, "assertion-synced"],
    ["another origin", { bent: { origin: "https://rimal.example" } }, "assertion-origin"],
    ["another identifier", { bent: { rpId: "rimal.example" } }, "assertion-rp"],
    ["a registration", { bent: { type: "webauthn.create" } }, "assertion-client-data"],
  ];
  for (const [name, given, code] of bends)
    it(`refused: ${name}`, async () => {
      const scene = await makeKeyed();
      const bent = assertionFor(scene.world, scene.first, scene.view, given);
      refusedWith(await approve(scene, "releaser1", scene.view, bent), code);
      refusedWith(await approve(scene, "releaser1", scene.view), "gate-assertion");
    });

  it("refused: the key of another officer, an unknown one, a counter that goes back", async () => {
    const scene = await makeKeyed();
    const { world, meridia, second: other, view } = scene;
    refusedWith(await approve(scene, "releaser1", view, assertionFor(world, other, view)), "gate-credential");
    const stranger = new Device({ name: "stranger" });
    refusedWith(
      await approve(scene, "releaser1", view, assertionFor(world, stranger, view)),
      "gate-credential",
    );
    const { device } = await enrol(meridia, "authority", { counts: true });
    const role = "authority" as const;
    const good = assertionFor(world, device, view, { role });
    accepted(await approve(scene, "authority", view, good, role));
    const twin = await openDraft(meridia, scene.channel, { type: "notice.open", body: noticeBody() });
    const cloned = assertionFor(world, device, twin, { role, bent: { counter: 1 } });
    refusedWith(await approve(scene, "authority", twin, cloned, role), "assertion-counter");
  });

  it("one key is nobody else's: neither by registration nor in two approvals of a draft", async () => {
    const scene = await makeKeyed();
    const { world, meridia, first, view } = scene;
    const { signIn } = meridia.node;
    const begun = accepted(await signIn.beginRegistration(DOOR, await linkFor(meridia, "authority")));
    const again = { ...begun, answer: attestationOf(first, begun), label: "phone" as const };
    refusedWith(await signIn.register(DOOR, again), "passkey-taken");
    accepted(await approve(scene, "releaser1", view, assertionFor(world, first, view)));
    const link = [...meridia.node.core.house.people.state.links.values()].at(-1);
    // Who writes the house feed by hand gets no further.
    await meridia.node.core.record({
      type: "house.credential",
      officer: who(meridia, "authority").officer,
      credential: "AAAA",
      key: encodeBase64url(first.key),
      device_bound: true,
      origin: DOOR.origin,
      rp_id: DOOR.rp_id,
      label: "other",
      link: link?.id ?? "",
    });
    assert.equal(meridia.node.core.house.people.state.unsound.at(-1)?.code, "passkey-taken");
  });

  it("a session alone releases nothing, with or without a key registered", async () => {
    const scene = await makeKeyed();
    const { world, meridia, first, view } = scene;
    const session = true as const;
    const officer = personOf(meridia, "releaser1");
    refusedWith(await meridia.node.approve(officer, { ...approvalOf(view), session }), "gate-assertion");
    const keyless = personOf(meridia, "authority");
    refusedWith(
      await meridia.node.approve(keyless, { ...approvalOf(view, undefined, "authority"), session }),
      "gate-assertion",
    );
    const assertion = assertionFor(world, first, view);
    accepted(await meridia.node.approve(officer, { ...approvalOf(view, assertion), session }));
  });

  it("a revoked key approves nothing from then on, and what it approved must be approved again unless it was said", async () => {
    const scene = await makeKeyed();
    const { world, meridia, first, second: other, view } = scene;
    accepted(await approve(scene, "releaser1", view, assertionFor(world, first, view)));
    accepted(await meridia.node.signIn.revokeCredential(personOf(meridia, "principal"), first.credential));
    const late = await openDraft(meridia, scene.channel, { type: "notice.open", body: noticeBody() });
    refusedWith(await approve(scene, "releaser1", late, assertionFor(world, first, late)), "gate-credential");
    const second = accepted(await approve(scene, "releaser2", view, assertionFor(world, other, view)));
    assert.equal(second.said, undefined, "the approval by the revoked key is gone");
    assert.equal(second.draft.approvals.length, 1);
  });
});

describe("links and sign-in", () => {
  it("the first start makes one link; it serves once, for fifteen minutes", async () => {
    const { world, meridia } = await makeScene();
    const { core, signIn } = meridia.node;
    const made = await makeFirstLink(core);
    assert.ok(made !== undefined && made.link.officer === who(meridia, "principal").officer);
    const device = new Device({ name: "first" });
    const stale = accepted(await signIn.beginRegistration(DOOR, made.secret));
    const begun = accepted(await signIn.beginRegistration(DOOR, made.secret));
    const label = "computer" as const;
    accepted(await signIn.register(DOOR, { ...begun, answer: attestationOf(device, begun), label }));
    refusedWith(await signIn.beginRegistration(DOOR, made.secret), "link-refused");
    const other = new Device({ name: "other" });
    refusedWith(
      await signIn.register(DOOR, { ...stale, answer: attestationOf(other, stale), label }),
      "link-refused",
    );
    assert.equal(await makeFirstLink(core), undefined, "once somebody has a passkey there is no first");
    const late = await linkFor(meridia, "watch");
    world.now += 900;
    refusedWith(await signIn.beginRegistration(DOOR, late), "link-refused");
  });

  it("a role that releases needs a second person, another one, who governs", async () => {
    const { meridia } = await makeScene();
    const { core, signIn } = meridia.node;
    const made = accepted(await invite(core, who(meridia, "principal"), { roles: ["releaser"] }));
    refusedWith(await signIn.beginRegistration(DOOR, made.secret), "link-refused");
    refusedWith(await second(core, who(meridia, "principal"), made.link.id), "second-own");
    refusedWith(await second(core, who(meridia, "watch"), made.link.id), "gate-role");
    refusedWith(await second(core, who(meridia, "authority"), "unknown"), "second-none");
    refusedWith(await invite(core, who(meridia, "analyst"), { roles: ["watch"] }), "gate-role");
    assert.equal(await second(core, who(meridia, "authority"), made.link.id), true);
    accepted(await signIn.beginRegistration(DOOR, made.secret));
  });

  it("a synced passkey signs in a watch officer, and is refused to a releaser", async () => {
    const { meridia } = await makeScene();
    const { session } = await enrol(meridia, "watch", { synced: true });
    assert.equal(meridia.node.signIn.personOf(session.secret, DOOR)?.officer, who(meridia, "watch").officer);
    const begun = accepted(
      await meridia.node.signIn.beginRegistration(DOOR, await linkFor(meridia, "releaser1")),
    );
    const device = new Device({ name: "synced", synced: true });
    const given = { ...begun, answer: attestationOf(device, begun), label: "phone" as const };
    refusedWith(await meridia.node.signIn.register(DOOR, given), "passkey-synced");
  });

  it("sign-in: right once; a wrong key, a stale challenge and a cloned device get the same answer", async () => {
    const { meridia } = await makeScene();
    const { device } = await enrol(meridia, "releaser1", { counts: true });
    const { signIn } = meridia.node;
    const attempt = async (by: Authenticator, bent = {}, again?: { readonly challenge: string }) => {
      const begun = again ?? (await signIn.beginSignIn(DOOR));
      const answer = by.assert(begun.challenge, bent);
      return signIn.signIn(DOOR, { challenge: begun.challenge, answer });
    };
    const begun = await signIn.beginSignIn(DOOR);
    const opened = accepted(await attempt(device, {}, begun));
    assert.equal(signIn.personOf(opened.secret, DOOR)?.officer, who(meridia, "releaser1").officer);
    const refusals: (Refusal | object)[] = [
      await attempt(device, {}, begun),
      await attempt(device, { counter: 1 }),
      await attempt(device, { flags: FLAGS.present }),
      await attempt(device, { origin: "https://rimal.example" }),
      await attempt(new Device({ name: "stranger" })),
    ];
    for (const refusal of refusals) refusedWith(refusal, "sign-in-refused");
    assert.deepEqual(new Set(refusals.map((one) => isRefusal(one) && JSON.stringify(one))).size, 1);
    await meridia.node.deactivatePerson(who(meridia, "releaser1").officer);
    assert.equal(signIn.personOf(opened.secret, DOOR), undefined, "sessions end with their officer");
    refusedWith(await attempt(device), "sign-in-refused");
  });

  it("the setting: on by one, off by two", async () => {
    const scene = await makeScene();
    const { meridia, channel } = scene;
    const { core } = meridia.node;
    const view = await openDraft(meridia, channel, { type: "notice.open", body: noticeBody() });
    refusedWith(await setApprovals(core, who(meridia, "watch"), "passkey"), "gate-role");
    accepted(await setApprovals(core, who(meridia, "authority"), "passkey"));
    refusedWith(await approve(scene, "releaser1", view), "gate-assertion");
    const off = accepted(await setApprovals(core, who(meridia, "authority"), "any"));
    assert.equal(off.approvals, "passkey");
    refusedWith(await second(core, who(meridia, "authority"), off.waits ?? ""), "second-own");
    refusedWith(await approve(scene, "releaser1", view), "gate-assertion");
    assert.equal(await second(core, who(meridia, "principal"), off.waits ?? ""), true);
    accepted(await approve(scene, "releaser1", view));
  });
});

describe("one person alone", () => {
  it("releases with a reason, is listed until another reviewed, and is overdue after a day", async () => {
    const scene = await makeKeyed();
    const { world, meridia, rimal, channel, first, view } = scene;
    const { core } = meridia.node;
    const alone = { ...approvalOf(view), reason: "life-safety" as const };
    refusedWith(await releaseAlone(core, personOf(meridia, "releaser1"), alone), "gate-assertion");
    const assertion = assertionFor(world, first, view);
    const said = accepted(
      await releaseAlone(core, personOf(meridia, "releaser1"), { ...alone, assertion }),
    ).said;
    assert.ok(said !== undefined);
    await world.settle();
    const file = await openApprovals(core, liveChannel(meridia, channel), said.seq);
    refusedWith(
      await checkOpened(rimal.node.core, liveChannel(rimal, channel), file ?? new Uint8Array()),
      "approvals-few",
    );
    world.now += REVIEW_SECONDS - 60;
    await world.settle(1);
    assert.deepEqual(
      waitingReviews(core).map(({ overdue }) => overdue),
      [false],
    );
    world.now += 60;
    await world.settle(2);
    assert.deepEqual(
      waitingReviews(core).map(({ overdue }) => overdue),
      [true],
    );
    const review = { draft: view.draft.id, finding: "justified" as const };
    refusedWith(await reviewAlone(core, personOf(meridia, "releaser1"), review), "review-own");
    refusedWith(await reviewAlone(core, personOf(meridia, "watch"), review), "gate-role");
    accepted(await reviewAlone(core, personOf(meridia, "releaser2"), review));
    refusedWith(await reviewAlone(core, personOf(meridia, "releaser2"), review), "review-none");
    assert.deepEqual(waitingReviews(core), []);
  });

  it("is no way around a type that needs one person", async () => {
    const scene = await makeScene();
    const { meridia } = scene;
    const made = accepted(
      await meridia.node.draft(liveChannel(meridia, scene.channel), who(meridia, "watch"), {
        type: "notice.open",
        role: "watch",
        body: noticeBody(),
      }),
    );
    const alone = { ...approvalOf(made), role: "watch" as const, reason: "no-second" as const };
    refusedWith(await releaseAlone(meridia.node.core, who(meridia, "watch"), alone), "gate-role");
    const view = await openDraft(meridia, scene.channel, { type: "notice.open", body: noticeBody() });
    accepted(await approve(scene, "releaser1", view));
    accepted(await approve(scene, "releaser2", view));
    const late = { ...approvalOf(view), reason: "no-second" as const };
    refusedWith(await releaseAlone(meridia.node.core, who(meridia, "releaser1"), late), "gate-break-glass");
  });
});

describe("threat 39: who writes the house feed by hand", () => {
  const forged: readonly (readonly [string, string, (scene: Keyed) => HouseRecord])[] = [
    [
      "an approval without the officer's key",
      "gate-assertion",
      ({ meridia, view }) => ({
        type: "house.approval",
        ...approvalOf(view),
        officer: who(meridia, "releaser2").officer,
      }),
    ],
    [
      "an approval with the key of another draft",
      "assertion-challenge",
      ({ world, meridia, second: other, view }) => ({
        type: "house.approval",
        ...approvalOf(
          view,
          assertionFor(world, other, { ...view, draft: { ...view.draft, digest: view.draft.channel } }),
        ),
        officer: who(meridia, "releaser2").officer,
      }),
    ],
    [
      "an approval by the same device under another number",
      "gate-credential",
      ({ world, meridia, first, view }) => ({
        type: "house.approval",
        ...approvalOf(view, assertionFor(world, first, view)),
        officer: who(meridia, "releaser2").officer,
      }),
    ],
    [
      "an approval of another text",
      "gate-role",
      ({ meridia, view }) => ({
        type: "house.approval",
        ...approvalOf(view),
        digest: view.draft.channel,
        officer: who(meridia, "authority").officer,
      }),
    ],
    [
      "an approval by a role that the officer does not have",
      "gate-role",
      ({ meridia, view }) => ({
        type: "house.approval",
        ...approvalOf(view),
        officer: who(meridia, "watch").officer,
      }),
    ],
    [
      "a release by one person without a key",
      "gate-assertion",
      ({ meridia, view }) => ({
        type: "house.break_glass",
        ...approvalOf(view),
        officer: who(meridia, "releaser2").officer,
        reason: "no-second",
      }),
    ],
    [
      "a key without a link",
      "link-refused",
      ({ meridia }) => ({
        type: "house.credential",
        officer: who(meridia, "releaser2").officer,
        credential: "BBBB",
        key: encodeBase64url(new Device({ name: "admin" }).key),
        device_bound: true,
        origin: DOOR.origin,
        rp_id: DOOR.rp_id,
        label: "other",
        link: "0192f3a1-0000-7000-8000-000000000001",
      }),
    ],
    [
      "a first link when there is no first any more",
      "gate-role",
      ({ world, meridia }) => ({
        type: "house.link",
        link: "0192f3a1-0000-7000-8000-000000000001",
        hash: "x",
        officer: who(meridia, "releaser2").officer,
        roles: ["releaser"],
        by: 0,
        until: world.now + 900,
      }),
    ],
    ["a second person's word for nothing", "second-none", () => ({ type: "house.seconded", id: "x", by: 1 })],
    [
      "a review of nothing",
      "review-none",
      ({ meridia, view }) => ({
        type: "house.review",
        draft: view.draft.id,
        by: who(meridia, "releaser2").officer,
        finding: "justified",
      }),
    ],
    [
      "a setting by who does not govern",
      "gate-role",
      ({ meridia }) => ({
        type: "house.setting",
        id: "x",
        approvals: "any",
        by: who(meridia, "watch").officer,
      }),
    ],
    [
      "a one-time code for who releases",
      "sign-in-method",
      ({ meridia }) => ({
        type: "house.totp",
        officer: who(meridia, "releaser2").officer,
        digest: "x",
        link: "x",
      }),
    ],
    [
      "a subject of a provider without a link",
      "link-refused",
      ({ meridia }) => ({
        type: "house.identity",
        officer: who(meridia, "releaser2").officer,
        subject: "x",
        link: "x",
      }),
    ],
  ];
  for (const [name, code, record] of forged)
    it(`threat 39: ${name} counts for nothing, is named, and nothing leaves`, async () => {
      const scene = await makeKeyed();
      const { world, meridia, first, view, channel } = scene;
      accepted(await approve(scene, "releaser1", view, assertionFor(world, first, view)));
      await meridia.node.core.record(record(scene));
      await meridia.node.core.record({
        type: "house.release",
        draft: view.draft.id,
        digest: view.draft.digest,
      });
      const before = liveChannel(meridia, channel).record.tip(meridia.party).frontier.size;
      await world.restart(meridia);
      await world.settle();
      assert.deepEqual(
        meridia.node.core.house.people.state.unsound.map((one) => one.code),
        [code],
      );
      assert.equal(liveChannel(meridia, channel).record.tip(meridia.party).frontier.size, before);
    });
});
