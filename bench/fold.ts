/** Folding opened messages into cases, and rebuilding every view, against parsing the same messages. */
import { createCasework, type OpenedEntry } from "#parley/casework/index.ts";
import { evaluateMessage, PROTOCOLS } from "#parley/casework/registry.ts";
import { DEFAULT_CLOCKS } from "#parley/casework/terms.ts";
import { encodeJson, parseJson, type JsonObject } from "#parley/codec/json.ts";
import { encodeBase64url, utf8 } from "#parley/codec/bytes.ts";
import { DEFAULT_PROFILE } from "#parley/protocols/evidence/index.ts";
import { ackBody, noticeAssessBody, noticeBody, noticeCloseBody } from "../tools/demo/case-material.ts";
import { cpuMs, median, printRows } from "./kit.ts";
import { backend } from "./synthetic.ts";

const MESSAGES = 100_000;
const ROUNDS = 5;
const START = 1_795_313_400;
const [A, B] = ["A".repeat(43), "B".repeat(43)];

export async function benchFold(): Promise<void> {
  const entries = conversation();
  const lines = entries.map(({ message }) => encodeJson(message ?? {}));
  const parse: number[] = [];
  const fold: number[] = [];
  const rebuild: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    parse.push(await cpuMs(() => lines.forEach((line) => parseJson(line))));
    const casework = newCasework();
    fold.push(
      await cpuMs(() => {
        for (const entry of entries) casework.add(entry);
        for (const feed of [A, B])
          casework.receive({ feed, size: MESSAGES, by: feed === A ? B : A, at: START + 60 });
        casework.caseView("none", START + 3_600);
      }),
    );
    rebuild.push(
      await cpuMs(() => {
        const again = newCasework();
        lines.forEach((line, i) => {
          const entry = entries[i];
          if (entry !== undefined) again.add({ ...entry, message: parseJson(line) as JsonObject });
        });
        again.view(START + 3_600);
      }),
    );
  }
  const rate = (ms: number): number => Math.round((MESSAGES / ms) * 1000);
  printRows("fold", [
    {
      what: `fold of ${MESSAGES} opened messages into ${MESSAGES / 4} cases`,
      figure: `${rate(median(fold))} per CPU-second`,
      against: `parse ${rate(median(parse))} per CPU-second`,
      ratio: median(fold) / median(parse),
      asked: "≥ 100,000/s",
    },
    {
      what: "parse, fold and every view from nothing",
      figure: `${(median(rebuild) / 1000).toFixed(2)} s`,
      against: "–",
      asked: "≤ 10 s",
    },
  ]);
}

function newCasework() {
  return createCasework({
    terms: {
      parties: [A, B],
      clocks: DEFAULT_CLOCKS,
      term: { from: START - 1, until: START + 30_000_000 },
      heartbeatSeconds: 86_400,
      flashBudgetPerMonth: 5,
      languages: ["en"],
      profile: DEFAULT_PROFILE as unknown as JsonObject,
    },
    protocols: PROTOCOLS,
    digest: backend.sha256,
    evaluate: evaluateMessage,
  });
}

/** Notice, acknowledgement, assessment, close: four messages a case, by both sides in turn. */
function conversation(): readonly OpenedEntry[] {
  const entries: OpenedEntry[] = [];
  const sizes = new Map([
    [A, 0],
    [B, 0],
  ]);
  const say = (feed: string, message: JsonObject): void => {
    const other = feed === A ? B : A;
    const seq = sizes.get(feed) ?? 0;
    const leaf = encodeBase64url(backend.sha256(utf8(`${feed}${seq}`)));
    const seen = [{ feed: other, size: sizes.get(other) ?? 0 }].filter(({ size }) => size > 0);
    entries.push({
      feed,
      seq,
      leaf,
      depth: entries.length + 1,
      seen,
      claimedAt: START,
      kind: "message",
      message,
    });
    sizes.set(feed, seq + 1);
  };
  for (let i = 0; i < MESSAGES / 4; i++) {
    const id = (n: number): string => `01936c5e-0000-7000-8000-${(4 * i + n).toString(16).padStart(12, "0")}`;
    const message = (n: number, type: string, from_role: string, body: JsonObject): JsonObject => ({
      body,
      case: id(0),
      from_role,
      id: id(n),
      layer: "technical",
      nature: "real",
      officer: 1,
      precedence: "routine",
      serial: 1,
      tlp: "AMBER",
      type,
    });
    say(A, message(0, "notice.open", "watch", noticeBody()));
    say(B, message(1, "ack", "watch", ackBody(id(0))));
    say(B, message(2, "notice.assess", "analyst", noticeAssessBody()));
    say(A, message(3, "notice.close", "analyst", noticeCloseBody()));
  }
  return entries;
}
