import assert from "node:assert/strict";
import { test } from "node:test";
import ar from "#parley/cli/phrases/ar.json" with { type: "json" };
import en from "#parley/cli/phrases/en.json" with { type: "json" };
import ru from "#parley/cli/phrases/ru.json" with { type: "json" };
import { parseArguments } from "#parley/cli/arguments.ts";
import { COMMON_OPTIONS } from "#parley/cli/command.ts";
import { COMMANDS } from "#parley/cli/commands.ts";
import { createWords } from "#parley/cli/words.ts";
import { argumentsOf, parsePhrase } from "#parley/protocols/phrase-format.ts";
import { utf8 } from "#parley/codec/bytes.ts";
import { CliFault } from "#parley/cli/ports.ts";
import { encodePartyChain } from "#parley/party/chain.ts";
import { createParty } from "#parley/party/create.ts";
import { backend, makeDesk } from "./desk.ts";

/** Splits an example as a shell would, as far as examples go: double quotes, and `<` for standard input. */
function wordsOf(example: string): readonly string[] {
  const [line = ""] = example.split(" < ");
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

for (const command of COMMANDS) {
  test(`help: parley ${command.path} lists its options and examples in every language`, async () => {
    for (const lang of ["en", "ar", "ru"]) {
      const { status, out } = await makeDesk().run(...command.path.split(" "), "--help", "--lang", lang);
      assert.equal(status, 0);
      for (const example of command.examples) assert.ok(out.includes(example), example);
      for (const name of Object.keys(command.options)) assert.ok(out.includes(`--${name}`), name);
    }
    assert.ok(command.examples.length > 0);
  });

  test(`examples: parley ${command.path} is used as its examples say`, () => {
    for (const example of command.examples) {
      const [parley, ...words] = wordsOf(example);
      assert.equal(parley, "parley");
      const path = command.path.split(" ");
      assert.deepEqual(words.slice(0, path.length), path);
      parseArguments(words.slice(path.length), { ...command.options, ...COMMON_OPTIONS }, command.operands);
    }
  });

  test(`usage: parley ${command.path} refuses what it does not know, with status 2`, async () => {
    const { run } = makeDesk();
    const shown = await run(...command.path.split(" "), "--no-such-option");
    assert.equal(shown.status, 2);
    assert.equal(shown.out, "");
    assert.match(shown.err, /--no-such-option/);
    assert.equal((await run(...command.path.split(" "), "a", "b", "c", "d")).status, 2);
  });
}

const STATUSES: readonly (readonly [line: string, status: number, output: RegExp])[] = [
  ["", 2, /Commands:/],
  ["--help", 0, /Commands:/],
  ["help", 0, /Commands:/],
  ["answer --help", 0, /answer verdict/],
  ["answer", 2, /answer verdict/],
  ["frobnicate", 2, /frobnicate/],
  ["answer frobnicate", 2, /frobnicate/],
  ["board nothing", 2, /duty overdue reciprocity line/],
  ["board --as nobody", 2, /releaser1/],
  ["verify t", 2, /--trust/],
  ["inspect json missing", 2, /file-unreadable/],
  ["inspect json", 2, /FILE/],
  ["inspect json --json=1 f", 2, /--json/],
  ["inspect json f --lang fr", 2, /fr/],
  ["inspect json f --lang", 2, /--lang/],
  ["inspect json --json --json f", 2, /--json/],
  ["pair f --medium phone", 2, /--digits/],
  ["pair f --digits 1 --words a --medium phone", 2, /--digits --words/],
  ["notice RIMAL", 2, /--severity/],
  ["request RIMAL --sector health", 2, /--ask/],
  ["request RIMAL --ask nonsense", 2, /nonsense/],
  ["answer verdict RIMAL c --ask 1", 2, /--ask/],
  ["say no.such RIMAL", 2, /no\.such/],
  ["export RIMAL", 2, /--out/],
  ["board", 1, /refused api-unreachable layer=cli/],
  ["show", 1, /refused api-unreachable layer=cli/],
  ["drafts --json", 1, /"code":"api-unreachable"/],
  ["init --handle X", 2, /--name/],
  ["init --name X --handle X --url https://x.example:8443", 0, /root-1\.key/],
  ["init --name X --handle X --url https://x.example:8443 --json", 0, /"digits"/],
  ["start", 0, /127\.0\.0\.1:8460/],
  ["start --json", 0, /"serving"/],
  ["start --api-port x", 2, /--api-port/],
  ["doctor", 0, /The clock says/],
  ["doctor --json", 0, /"checks"/],
];

for (const [line, status, output] of STATUSES) {
  test(`status ${status}: parley ${line}`, async () => {
    const shown = await makeDesk({ f: "{}", t: "x" }).run(...wordsOf(line));
    assert.equal(shown.status, status, shown.out + shown.err);
    assert.match(shown.out + shown.err, output);
    if (line.endsWith("--json")) JSON.parse(shown.out);
  });
}

test("doctor: trouble is named and the status is 1", async () => {
  const sick = {
    configured: false,
    openToOthers: ["node.key"],
    keysMissing: ["node.key"],
    rootsHere: ["root-1.key"],
  };
  const ports = {
    diagnose: () =>
      Promise.resolve({
        nodeVersion: "v20.1.0",
        directoryMode: 0o755,
        locked: false,
        diskFreeBytes: 1,
        ...sick,
      }),
    clock: () => 0,
  };
  const { status, out } = await makeDesk({}, { ports }).run("doctor");
  assert.equal(status, 1);
  for (const word of ["v20.1.0", "755", "node.key", "root-1.key", "1970"])
    assert.ok(out.includes(word), word);
});

test("an identifier that begins with a hyphen is an operand", () => {
  const id = `-${"A".repeat(42)}`;
  const { operands } = parseArguments([id, "--out", "x"], { out: { kind: "value" } }, [{ name: "CHANNEL" }]);
  assert.deepEqual(operands, [id]);
  assert.deepEqual(parseArguments(["--", "--out"], {}, [{ name: "FILE" }]).operands, ["--out"]);
});

test("colour and progress: on a terminal alone, and never with NO_COLOR", async () => {
  const escape = "\u001b[";
  const colour = await makeDesk({ f: "{}" }, { tty: true }).run("inspect", "json", "f");
  assert.ok(colour.out.includes(escape));
  const plain = await makeDesk({ f: "{}" }, { tty: true, env: { NO_COLOR: "1" } }).run(
    "inspect",
    "json",
    "f",
  );
  assert.equal(plain.out, "accepted\n");
  assert.equal((await makeDesk({ f: "{}" }).run("inspect", "json", "f")).out, "accepted\n");
  const lines = "\n".repeat(10_000);
  assert.match((await makeDesk({ "-": lines }, { tty: true }).run("inspect", "signatures")).err, /10000/);
  assert.equal((await makeDesk({ "-": lines }).run("inspect", "signatures")).err, "");
});

test("hostile answers of a node never steer the terminal", async () => {
  const hostile = "\u001b]0;owned\u0007\u202edesrever\u009b31m\r\n";
  const answers: Readonly<Record<string, unknown>> = {
    "/api/v1/channels": [{ channel: hostile, [hostile]: [hostile] }],
    "/api/v1/drafts": [{ draft: hostile, type: hostile, status: hostile, digest: hostile }],
    "/api/v1/drafts/d": {
      draft: "d",
      digest: "abcdefgh",
      preview: { text: hostile, rows: [{ path: hostile, value: hostile }] },
    },
    "/api/v1/offers": { code: hostile, layer: hostile, clause: hostile, facts: { at: hostile } },
  };
  const fetchApi = ({ path }: { readonly path: string }) =>
    Promise.resolve({
      status: path.endsWith("offers") ? 409 : 200,
      contentType: "application/json",
      body: utf8(JSON.stringify(answers[path])),
    });
  const { run } = makeDesk({}, { fetchApi });
  for (const line of [["show"], ["drafts"], ["approve", "d"], ["agree", "list"]]) {
    const { out, err } = await run(...line);
    assert.match(out + err, /\\u\{202e\}|⟨U\+202E⟩/, line.join(" "));
    assert.doesNotMatch(out + err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
});

const LOCALES: readonly (readonly [Readonly<Record<string, string>>, readonly string[], RegExp])[] = [
  [{}, [], /Commands:/],
  [{ LANG: "ru_RU.UTF-8" }, [], /Команды:/],
  [{ LANG: "ar" }, [], /الأوامر/],
  [{ LANG: "C.UTF-8" }, [], /Commands:/],
  [{ LANG: "ru_RU", LC_MESSAGES: "ar_EG.UTF-8" }, [], /الأوامر/],
  [{ LANG: "ar", LC_MESSAGES: "ar", LC_ALL: "ru" }, [], /Команды:/],
  [{ LANG: "ru", PARLEY_LANG: "ar" }, [], /الأوامر/],
  [{ LANG: "", LC_ALL: "", PARLEY_LANG: "ru" }, [], /Команды:/],
  [{ LANG: "ru_RU.UTF-8" }, ["--lang", "en"], /Commands:/],
];

for (const [env, argv, heading] of LOCALES)
  test(`language: ${JSON.stringify(env)} ${argv.join(" ")}`, async () => {
    assert.match((await makeDesk({}, { env }).run("help", ...argv)).out, heading);
  });

test("boards in words: every duty, every figure, and what a newer node may say", async () => {
  const [me, other] = ["A".repeat(43), "B".repeat(43)];
  const channel = "C".repeat(43);
  const due = 1_795_313_400;
  const timer = { kind: "timer", case: "c1", protocol: "request", timer: "t_clarify:2", due };
  const answers: Readonly<Record<string, unknown>> = {
    "/api/v1/party": { party: me, handle: "MERIDIA" },
    "/api/v1/parties": [{ party: other, handle: "RIMAL" }],
    [`/api/v1/channels/${channel}`]: { parties: [me, other] },
    [`/api/v1/channels/${channel}/boards/duty`]: {
      youOwe: [
        { ...timer, status: "running", leftSeconds: 7_260 },
        { ...timer, status: "overdue", leftSeconds: -90 },
        { ...timer, status: "paused", leftSeconds: 5 },
      ],
      theyOwe: [
        { kind: "error", entry: { seq: 4 }, code: "E-STATE" },
        { status: "newer", due: 1e300 },
      ],
    },
    [`/api/v1/channels/${channel}/boards/overdue`]: { overdue: [] },
    [`/api/v1/channels/${channel}/boards/reciprocity`]: { rows: [{ party: other, protocol: "newer" }] },
    [`/api/v1/channels/${channel}/boards/line`]: { status: "newer", noReceiptSince: due },
  };
  const fetchApi = ({ path }: { readonly path: string }) =>
    Promise.resolve({
      status: 200,
      contentType: "application/json",
      body: utf8(JSON.stringify(answers[path])),
    });
  const { run } = makeDesk({}, { fetchApi });
  const board = async (name: string, lang: string): Promise<string> =>
    (await run("board", name, "--channel", channel, "--lang", lang)).out.replaceAll(/[\u2066-\u2069]/g, "");
  assert.equal(
    await board("duty", "en"),
    [
      "You owe 3 answers.",
      "  MERIDIA owes (answer to questions); due 2026-11-22 02:10 UTC, time left: 2 hours and 1 minute. Case c1: request.",
      "  MERIDIA is overdue (answer to questions); it was due 2026-11-22 02:10 UTC, overdue for: 1 minute and 30 seconds. Case c1: request.",
      "  MERIDIA owes (answer to questions); the clock is stopped. Case c1: request.",
      "The other side owes 2 answers.",
      "  RIMAL still has to say that entry 4 has no effect: not possible in the present state.",
      "  RIMAL owes (); due 1970-01-01 00:00 UTC, time left: 0 seconds.",
      "",
    ].join("\n"),
  );
  assert.match(await board("duty", "ru"), /^За вами 3 ответа[.]/);
  assert.match(await board("overdue", "ru"), /Ничего не просрочено/);
  assert.match(await board("reciprocity", "ar"), /newer/);
  assert.match(await board("line", "en"), /not known[^]*since 2026-11-22 02:10 UTC/);
});

test("pair: a party file from an address, within its limit; what is no https address is a file", async () => {
  const created = createParty(backend, {
    expires: "2027-11-22T00:00:00Z",
    handle: "RIMAL",
    languages: ["ar"],
    name: "CSIRT Rimal",
    offices: [],
    tls_pins: ["A".repeat(43)],
    urls: ["https://parley.rimal.example:8443"],
  });
  const chain = encodePartyChain(created.chain.signed);
  const fetched: string[] = [];
  const posted: unknown[] = [];
  const fetchApi = ({ path, body }: { readonly path: string; readonly body?: Uint8Array }) => {
    posted.push(path, JSON.parse(new TextDecoder().decode(body)));
    const answer = utf8(JSON.stringify({ party: created.chain.party }));
    return Promise.resolve({ status: 201, contentType: "application/json", body: answer });
  };
  const ports = {
    fetchPublic: (url: string, limitBytes: number) => {
      fetched.push(url);
      assert.ok(chain.length < limitBytes && limitBytes < 64 * 1_048_576);
      return url.includes("rimal") ? Promise.resolve(chain) : Promise.reject(new CliFault("file-unreadable"));
    },
  };
  const { run } = makeDesk({}, { fetchApi, ports });
  const heard = ["--digits", "00381 21437", "--medium", "phone"];
  const done = await run("pair", "https://parley.rimal.example:8443/rimal.party", ...heard);
  assert.equal(done.status, 0, done.out + done.err);
  assert.match(done.out, /Paired with CSIRT Rimal/);
  assert.deepEqual(posted, [
    "/api/v1/pairings",
    { chain: Buffer.from(chain).toString("base64url"), typed: "00381 21437", medium: "phone" },
  ]);
  const plain = await run("pair", "http://parley.rimal.example/rimal.party", ...heard);
  assert.equal(plain.status, 2, "never fetched without TLS");
  const absent = await run("pair", "https://nowhere.example/x.party", ...heard);
  assert.equal(absent.status, 2);
  assert.match(absent.out + absent.err, /file-unreadable/);
  assert.deepEqual(fetched, [
    "https://parley.rimal.example:8443/rimal.party",
    "https://nowhere.example/x.party",
  ]);
  assert.equal(posted.length, 2, "nothing is sent for what could not be read");
});

test("approve: on a terminal the first characters of the digest confirm, anything else does not", async () => {
  const view = {
    draft: "d",
    digest: "abcdefgh",
    preview: { text: "{}", rows: [], hidden: [], audience: [] },
  };
  const posted: string[] = [];
  const fetchApi = ({ method, body }: { readonly method: string; readonly body?: Uint8Array }) => {
    if (method === "POST") posted.push(new TextDecoder().decode(body));
    const answer = method === "POST" ? { ...view, said: { feed: "f", seq: 3 } } : view;
    return Promise.resolve({
      status: 200,
      contentType: "application/json",
      body: utf8(JSON.stringify(answer)),
    });
  };
  const no = await makeDesk({}, { fetchApi, tty: true, answers: ["yes"] }).run("approve", "d");
  assert.equal(no.status, 1);
  assert.deepEqual(posted, []);
  const yes = await makeDesk({}, { fetchApi, tty: true, answers: ["abcdef"] }).run("approve", "d");
  assert.equal(yes.status, 0);
  assert.deepEqual(posted, ['{"role":"releaser","digest":"abcdefgh"}']);
});

test("phrases: three languages have the same keys and arguments, and none is empty", () => {
  const books: readonly Readonly<Record<string, string>>[] = [en, ar, ru];
  const keys = Object.keys(en).sort();
  assert.ok(keys.length > 200);
  for (const book of books) assert.deepEqual(Object.keys(book).sort(), keys);
  for (const key of keys) {
    const named = books.map((book) => [...argumentsOf(parsePhrase(book[key] ?? "")).keys()].sort().join());
    assert.equal(new Set(named).size, 1, key);
    for (const book of books) assert.ok(book[key]?.trim());
  }
  assert.ok(createWords("ar").refusal("json-key"), "codes of the core have a sentence too");
});
