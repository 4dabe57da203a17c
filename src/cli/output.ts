/**
 * What a command prints. Results go to standard output, everything about the work to standard error.
 *
 * It guarantees that text given to `line` as a value of others was escaped by its caller's use of `Words` or
 * `escapeUntrusted`, that colour appears only on a terminal without `NO_COLOR`, and progress only on a terminal.
 */
import type { RefusalFacts } from "#parley/codec/refusal.ts";
import { REFUSED } from "./command.ts";
import type { CliPorts } from "./ports.ts";
import { escapeUntrusted } from "./safe-text.ts";
import type { Words } from "./words.ts";

export type Tone = "good" | "bad" | "warn" | "faint" | "strong";

export interface Output {
  readonly json: boolean;
  readonly line: (text?: string) => Promise<void>;
  readonly raw: (text: string) => Promise<void>;
  readonly note: (text: string) => Promise<void>;
  readonly value: (value: unknown) => Promise<void>;
  readonly paint: (tone: Tone, text: string) => string;
  /** Progress of long work on one line of the terminal; `done` clears it. */
  readonly progress: (text: string) => Promise<void>;
  readonly done: () => Promise<void>;
}

/** A refusal as every door shows it: code, layer and clause. */
export interface ShownRefusal {
  readonly code: string;
  readonly layer: string;
  readonly clause: string;
  readonly facts: RefusalFacts;
}

const SGR: Readonly<Record<Tone, string>> = { good: "32", bad: "31", warn: "33", faint: "2", strong: "1" };

export function createOutput(ports: CliPorts, json: boolean): Output {
  const coloured = ports.isTty.stdout && !ports.env("NO_COLOR") && ports.env("TERM") !== "dumb";
  let shown = false;
  const done = async (): Promise<void> => {
    if (shown) await ports.stderr("\r\u001b[K");
    shown = false;
  };
  return {
    json,
    line: async (text = "") => {
      await done();
      await ports.stdout(`${text}\n`);
    },
    raw: async (text) => ports.stdout(text),
    note: async (text) => {
      await done();
      await ports.stderr(`${text}\n`);
    },
    value: async (value) => {
      await done();
      await ports.stdout(`${JSON.stringify(value)}\n`);
    },
    paint: (tone, text) => (coloured && !json ? `\u001b[${SGR[tone]}m${text}\u001b[0m` : text),
    progress: async (text) => {
      if (!ports.isTty.stderr || json) return;
      shown = true;
      await ports.stderr(`\r\u001b[K${text}`);
    },
    done,
  };
}

/** `refused CODE layer=… clause=…`, then the sentence; the same as JSON. Returns the exit status. */
export async function printRefusal(out: Output, words: Words, refusal: ShownRefusal): Promise<number> {
  const { code, layer, clause, facts } = refusal;
  if (out.json) {
    await out.value({ accepted: false, code, layer, clause, facts });
    return REFUSED;
  }
  const safe = [code, layer, clause].map(escapeUntrusted);
  await out.line(`${out.paint("bad", "refused")} ${safe[0]} layer=${safe[1]} clause=${safe[2]}`);
  const pairs = Object.entries(facts).map(([key, value]) => `${key}=${value}`);
  if (pairs.length > 0) await out.note(escapeUntrusted(pairs.join(" ")));
  const sentence = words.refusal(code);
  if (sentence !== undefined) await out.note(sentence);
  return REFUSED;
}
