/**
 * Child process: a real node on a data directory, driven by lines on standard input.
 *
 * Prints one JSON line per answer: `{"serving":port}` or `{"refused":reason}` first; then for `say CHANNEL` the
 * sizes, for `mode CHANNEL` whether it may sign, for `memory` its largest resident size in bytes.
 */
import { createInterface } from "node:readline";
import { DirectoryFault } from "#parley/main/data-directory.ts";
import { progress, say, start, type Place, type Started } from "./two-nodes.ts";

const [directory = "", port = "0"] = process.argv.slice(2);
const place: Place = { directory, port: Number(port), url: "" };

function answer(value: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function isSaid(running: Started, channel: string): Promise<boolean> {
  return say(running, place, channel).then(
    () => true,
    () => false,
  );
}

try {
  const running = await start(place);
  answer({ serving: running.peerPort });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, channel = ""] = line.split(" ");
    if (command === "memory") {
      answer({ memory: process.resourceUsage().maxRSS * 1024 });
      continue;
    }
    const refused = command === "say" && !(await isSaid(running, channel));
    answer({ ...progress(running, channel), refused, signing: running.node.channel(channel)?.signing });
  }
} catch (fault) {
  if (!(fault instanceof DirectoryFault)) throw fault;
  answer({ refused: fault.reason });
}
