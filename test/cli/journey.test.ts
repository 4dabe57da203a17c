/** A case from both command lines through both APIs: notice, request on a file of indicators, answers, the record. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createApp, type Api } from "#parley/http/app.ts";
import { CliFault, WHO, type ApiRequest, type ApiResponse } from "#parley/cli/ports.ts";
import { whoToRole } from "#parley/cli/who.ts";
import { encodeTrust, trustParties } from "#parley/transcript/trust.ts";
import { encodePartyChain } from "#parley/party/chain.ts";
import { partyToDigits } from "#parley/party/pairing.ts";
import { makeWorld, type Resident, type World } from "../kit/world.ts";
import { packS2 } from "../kit/materials.ts";
import { backend, makeDesk, type Run } from "./desk.ts";

interface Office {
  readonly resident: Resident;
  readonly run: (...argv: readonly string[]) => Promise<Run>;
  readonly files: Map<string, Uint8Array>;
}

const offices: {
  world?: World;
  meridia?: Office;
  rimal?: Office;
  apis: Api[];
  requestCase: string;
  requestMessage: string;
} = { apis: [], requestCase: "", requestMessage: "" };

async function makeOffice(world: World, resident: Resident): Promise<Office> {
  const tokens = new Map<string, string>();
  for (const who of WHO) tokens.set(who, (await resident.node.addPerson([whoToRole(who)])).token);
  const api = createApp(resident.node, { checkAnswers: true });
  offices.apis.push(api);
  const fetchApi = async (request: ApiRequest): Promise<ApiResponse> => {
    const token = tokens.get(request.as);
    if (token === undefined) throw new CliFault("token-missing");
    const headers = new Headers({ authorization: `Bearer ${token}`, host: "127.0.0.1" });
    if (request.contentType !== undefined) headers.set("content-type", request.contentType);
    const { method, body } = request;
    const init = { method, headers, ...(body !== undefined && { body: Uint8Array.from(body) }) };
    const response = await api.fetch(new Request(`http://127.0.0.1${request.path}`, init));
    const contentType = response.headers.get("content-type") ?? "";
    return { status: response.status, contentType, body: new Uint8Array(await response.arrayBuffer()) };
  };
  const desk = makeDesk({}, { fetchApi, ports: { clock: () => world.now } });
  return { resident, run: desk.run, files: desk.files };
}

before(async () => {
  const world = await makeWorld(["meridia", "rimal"], backend);
  const [a, b] = world.residents;
  assert.ok(a !== undefined && b !== undefined);
  offices.world = world;
  offices.meridia = await makeOffice(world, a);
  offices.rimal = await makeOffice(world, b);
});

after(() => {
  for (const api of offices.apis) api[Symbol.dispose]();
});

function all(): { readonly world: World; readonly meridia: Office; readonly rimal: Office } {
  const { world, meridia, rimal } = offices;
  assert.ok(world !== undefined && meridia !== undefined && rimal !== undefined);
  return { world, meridia, rimal };
}

function done({ status, out, err }: Run): string {
  assert.equal(status, 0, `${out}${err}`);
  return out;
}

interface Drafted {
  readonly draft: string;
  readonly digest: string;
  readonly case: string;
  readonly message_id: string;
  readonly said?: unknown;
}

/** Runs a verb, collects the approvals it needs, lets both nodes meet. */
async function saying(office: Office, ...argv: readonly string[]): Promise<Drafted> {
  let view = JSON.parse(done(await office.run(...argv, "--json"))) as Drafted;
  for (const who of ["releaser2", "authority", "principal"]) {
    if (view.said !== undefined) break;
    const approved = await office.run("approve", view.draft, "--as", who, "--digest", view.digest, "--json");
    if (approved.status === 0) view = JSON.parse(approved.out) as Drafted;
  }
  assert.ok(view.said !== undefined, argv.join(" "));
  await all().world.settle();
  return view;
}

const HARM = ["--sector", "health", "--severity", "4"];
const NOTICE = ["--class", "malicious-code", "--direction", "from-your-territory", ...HARM];

test("journey: paired by what was heard, agreed by both principals", async () => {
  const { world, meridia, rimal } = all();
  const { party } = rimal.resident;
  rimal.files.set("x", encodePartyChain(rimal.resident.identity.chain.signed));
  meridia.files.set("rimal.party", rimal.files.get("x") ?? new Uint8Array(0));
  done(await meridia.run("pair", "rimal.party", "--digits", partyToDigits(party), "--medium", "phone"));
  const wrong = await meridia.run("pair", "rimal.party", "--digits", "00000", "--medium", "phone");
  assert.equal(wrong.status, 1);
  assert.match(wrong.out, /^refused party-id layer=party clause=4\.2\.5/);

  const offered = JSON.parse(done(await meridia.run("agree", "offer", party, "--json"))) as {
    channel: string;
  };
  assert.match(done(await rimal.run("agree", "list")), /received/);
  done(await rimal.run("agree", "accept", offered.channel));
  await world.settle();
});

test("journey: a notice leaves after two approvals, and is acknowledged and assessed", async () => {
  const { meridia, rimal } = all();
  const waiting = await meridia.run("notice", "RIMAL", ...NOTICE);
  assert.match(done(waiting), /nothing has left/);
  assert.match(done(await meridia.run("drafts")), /notice\.open/);
  const unconfirmed = await meridia.run("approve", /Draft ([0-9a-f-]{36})/.exec(waiting.out)?.[1] ?? "");
  assert.equal(unconfirmed.status, 1);
  assert.match(unconfirmed.out, /refused release-not-confirmed/);

  meridia.files.set(
    "list.txt",
    new TextEncoder().encode("# seen\n192.0.2.17\nhxxp://c2[.]example/a\n???\n192.0.2.17\n"),
  );
  const told = await saying(meridia, "notice", "RIMAL", ...NOTICE, "--indicators", "list.txt");
  await saying(rimal, "ack", "MERIDIA", told.case, "--of", told.message_id);
  await saying(rimal, "answer", "assess", "MERIDIA", told.case, "--code", "not-known-will-look");
});

test("journey: a request is insufficient, then supplemented and sufficient", async () => {
  const { meridia, rimal } = all();
  meridia.files.set("pack.json", new TextEncoder().encode(JSON.stringify(packS2(), undefined, 2)));
  const asks = [
    "--ask",
    "A01:192.0.2.17",
    "--ask",
    "A05:192.0.2.17",
    "--sector",
    "health",
    "--severity",
    "4",
  ];
  const asked = await saying(meridia, "request", "RIMAL", ...asks, "--indicators", "list.txt");
  await saying(rimal, "ack", "MERIDIA", asked.case, "--of", asked.message_id);
  const early = await rimal.run("answer", "outcome", "MERIDIA", asked.case, "--ask", "1=O01");
  assert.equal(early.status, 1);
  assert.match(early.out, /^refused gate-void layer=gate clause=8\.6\.7/);
  await saying(
    rimal,
    "answer",
    "verdict",
    "MERIDIA",
    asked.case,
    "--ask",
    "1=insufficient,items=E01",
    "--ask",
    "2=insufficient,items=E01+E04",
  );
  await saying(meridia, "answer", "supplement", "RIMAL", asked.case, "--pack", "pack.json");
  await saying(
    rimal,
    "answer",
    "verdict",
    "MERIDIA",
    asked.case,
    "--ask",
    "1=sufficient",
    "--ask",
    "2=sufficient",
  );
  offices.requestCase = asked.case;
  offices.requestMessage = asked.message_id;
});

test("journey: the request is decided, done, observed and disputed", async () => {
  const { meridia, rimal } = all();
  const asked = { case: offices.requestCase, message_id: offices.requestMessage };
  await saying(
    rimal,
    "answer",
    "decide",
    "MERIDIA",
    asked.case,
    "--ask",
    "1=accepted",
    "--ask",
    "2=accepted",
  );
  await saying(rimal, "answer", "progress", "MERIDIA", asked.case, "--stage", "operator-contacted");
  await saying(
    rimal,
    "answer",
    "outcome",
    "MERIDIA",
    asked.case,
    "--ask",
    "1=O01",
    "--ask",
    "2=O05,state=active,since=2026-11-22T02:10:00Z",
  );
  await saying(meridia, "answer", "verify", "RIMAL", asked.case, "--ask", "1=V1", "--ask", "2=V3");
  const raised = await saying(
    meridia, "dispute", "RIMAL", "--target", asked.case, "--ground", "facts", "--point", "outcome",
    "--point-ref", "O05", "--statement", "Still seen", "--ref", `case:${asked.case}`,
    "--ref", `message:${asked.message_id}`,
  ); // prettier-ignore
  await saying(
    rimal,
    "answer",
    "dispute",
    "MERIDIA",
    raised.case,
    "--statement",
    "It was active at our border",
  );
});

test("journey: checks, boards, and the record verified by its trust file", async () => {
  const { meridia, rimal } = all();
  const ping = await saying(meridia, "check", "RIMAL");
  await saying(
    rimal,
    "answer",
    "echo",
    "MERIDIA",
    ping.case,
    "--corpus",
    "en-01",
    "--sent-at",
    "2026-11-22T02:10:00Z",
  );

  for (const board of ["duty", "overdue", "reciprocity", "line"]) done(await meridia.run("board", board));
  const channels = done(await meridia.run("show"));
  assert.match(channels, /with RIMAL[.]\n {2}The agreement is in force until 2027-11-22 02:10 UTC[.]/);
  assert.match(done(await meridia.run("show", "RIMAL")), /RIMAL holds 8 of our 8 entries/);
  const shown = done(await meridia.run("show", "RIMAL", offices.requestCase));
  assert.match(shown, /, request: no effect observed[.]/);
  assert.match(shown, /Ask [(]1[)] preserve data; judged: sufficient; decided: accepted;/);
  assert.match(done(await meridia.run("party", "show")), /MERIDIA/);

  done(await meridia.run("export", "RIMAL", "-o", "t.parley"));
  assert.equal((await meridia.run("export", "RIMAL", "-o", "t.parley")).status, 2);
  done(await meridia.run("export", "RIMAL", "-o", "t.parley", "--overwrite"));
  const trust = encodeTrust(trustParties([meridia.resident.party, rimal.resident.party]));
  meridia.files.set("trust", new TextEncoder().encode(trust));
  const verified = done(await meridia.run("verify", "t.parley", "--trust", "trust"));
  assert.match(verified, /^The record is complete/);
});

test("journey: boards and cases speak three languages, and no code of the wire", async () => {
  const { meridia, rimal } = all();
  const shown = async (office: Office, lang: string): Promise<string> => {
    const partner = office === meridia ? "RIMAL" : "MERIDIA";
    const views = [
      ["board", "duty"],
      ["board", "overdue"],
      ["board", "reciprocity"],
      ["board", "line"],
      ["show"],
      ["show", partner],
      ["show", partner, offices.requestCase],
    ];
    const texts: string[] = [];
    for (const view of views) texts.push(done(await office.run(...view, "--lang", lang)));
    return texts.join("");
  };
  const said = {
    en: /request: no effect observed/,
    ar: /طلب: لم يُرصد أثر/,
    ru: /запрос: эффект не наблюдается/,
  };
  for (const [lang, sentence] of Object.entries(said))
    for (const office of [meridia, rimal]) {
      const text = (await shown(office, lang)).replaceAll(/[\u2066-\u2069]/g, "");
      assert.match(text, sentence);
      assert.match(text, /2026-11-22 \d\d:\d\d UTC/);
      assert.doesNotMatch(text, /\b[AVO]0?\d\b|t_[a-z]+|in_force|not_verified|youOwe|comms_check/, lang);
      assert.doesNotMatch(text, /\b1[67]\d{8}\b/, "seconds since 1970 are for machines");
    }
  const wire = JSON.parse(done(await meridia.run("board", "duty", "--json", "--lang", "ru"))) as object;
  assert.deepEqual(Object.keys(wire).sort(), ["theyOwe", "youOwe"]);
});

test("journey: what the wire does not carry goes by file and comes to the same record", async () => {
  const { world, meridia, rimal } = all();
  world.cut.add("meridia>rimal");
  world.cut.add("rimal>meridia");
  const ping = await saying(meridia, "check", "RIMAL", "--kind", "K3", "--path", "file");
  done(await meridia.run("export", "RIMAL", "--outbox", "-o", "out.parley"));
  rimal.files.set("in.parley", meridia.files.get("out.parley") ?? new Uint8Array(0));
  done(await rimal.run("import", "in.parley", "-o", "reply.parley"));
  assert.match(done(await rimal.run("show", "MERIDIA", ping.case)), /MERIDIA tests the line to RIMAL/);
  meridia.files.set("reply.parley", rimal.files.get("reply.parley") ?? new Uint8Array(0));
  done(await meridia.run("import", "reply.parley", "-o", "end.parley"));
  assert.match(done(await meridia.run("show", "RIMAL", ping.case)), /with receipt/);
});

test("journey: what was erased stays provable, and a closed feed says nothing more", async () => {
  const { world, meridia, rimal } = all();
  world.cut.clear();
  world.now += 3_600;
  await world.settle();
  const ping = await saying(meridia, "check", "RIMAL");
  const { seq } = ping.said as { readonly seq: number };
  const early = await meridia.run("erase", "RIMAL", "MERIDIA", `${seq}`, "--reason", "retention");
  assert.equal(early.status, 1);
  assert.match(early.out, /^refused gate-erase layer=gate clause=3[.]9[.]4/);
  const echo = ["--corpus", "en-01", "--sent-at", "2026-11-22T02:10:00Z"];
  await saying(rimal, "answer", "echo", "MERIDIA", ping.case, ...echo);
  await saying(meridia, "erase", "RIMAL", "MERIDIA", `${seq}`, "--reason", "retention");
  await saying(meridia, "close", "RIMAL", "--reason", "ceased");
  const late = await meridia.run("check", "RIMAL");
  assert.match(late.out + late.err, /refused gate-void/);
  assert.equal((await meridia.run("erase", "RIMAL", "NOBODY", "1", "--reason", "law")).status, 2);

  done(await meridia.run("export", "RIMAL", "-o", "end.parley", "--overwrite"));
  const verified = done(await meridia.run("verify", "end.parley", "--trust", "trust"));
  assert.match(verified, /1 entry has been erased/);
  assert.match(verified, /MERIDIA closes its feed/);
});
