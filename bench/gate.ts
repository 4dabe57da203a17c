/**
 * The gate's checks over a log of 10 MB: as an attachment of a draft, with every rule, against one bare pass over
 * the same bytes and against one search for a word.
 */
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { checkDraftNow } from "#parley/gate/checks/check-draft.ts";
import { compileRules } from "#parley/gate/checks/compiled-rules.ts";
import { cpuMs, median, printRows, wallMs } from "./kit.ts";

const SIZE_BYTES = 10_000_000;
const ROUNDS = 5;

/** Lines as gateways write them; one in ten thousand names an inner address. */
function makeLog(): Uint8Array {
  const lines: string[] = [];
  let size = 0;
  for (let i = 0; size < SIZE_BYTES; i++) {
    const address = i % 10_000 === 0 ? "10.20.30.40" : `203.0.113.${i % 250}`;
    const time = `2026-11-22T01:${String(i % 60).padStart(2, "0")}:07.${100 + (i % 900)}Z`;
    const request = `"GET https://www.vendor.example/path/${i}?id=${i * 7} HTTP/1.1" 200 ${i % 65_536}`;
    const line = `${time} gw1 proxy[${4_000 + (i % 999)}]: ${address} ${request} "Mozilla/5.0 (X11; Linux x86_64)"`;
    lines.push(line);
    size += line.length + 1;
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

export async function benchGate(): Promise<void> {
  const backend = createNodeBackend();
  const bytes = makeLog();
  const rules = compileRules(backend.sha256);
  const check = (): number =>
    checkDraftNow({
      message: { attach: [], exposure: "cat2", tlp: "AMBER", type: "notice.update" },
      attachments: [{ bytes, isWhole: true }],
      audience: [],
      rules,
      told: [],
      received: new Map(),
      asOf: 0,
      sha256: backend.sha256,
    }).findings[0]?.count ?? 0;
  const text = Buffer.from(bytes).toString("latin1");
  const pass = (): number => {
    let lines = 0;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 10) lines++;
    return lines;
  };
  const times = { cpu: [] as number[], check: [] as number[], pass: [] as number[], search: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    let wall = 0;
    times.cpu.push(
      await cpuMs(async () => {
        wall = await wallMs(check);
      }),
    );
    times.check.push(wall);
    times.pass.push(await wallMs(pass));
    times.search.push(await wallMs(() => text.indexOf("a word that is not there")));
  }
  const found = check();
  if (found < 1) throw new Error("the checks did not find the inner addresses");
  const cpu = median(times.cpu).toFixed(0);
  const cold = (times.check[0] ?? 0).toFixed(0);
  const [checked, passed, searched] = [median(times.check), median(times.pass), median(times.search)];
  const megabytes = (bytes.length / 1e6).toFixed(1);
  printRows("gate", [
    {
      what: `every check over a log of ${megabytes} MB, ${found} inner addresses found`,
      figure: `${checked.toFixed(0)} ms, ${cpu} ms of CPU (first, cold: ${cold} ms)`,
      against: `one pass over its characters ${passed.toFixed(1)} ms; one search ${searched.toFixed(1)} ms`,
      ratio: checked / passed,
      asked: "≤ 1 s",
    },
  ]);
}
