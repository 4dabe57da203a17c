/**
 * The process that reads hostile bytes for `apart.ts`: its standard input is one request, its output one answer.
 * It is started with no environment, may read the program alone, and holds no key but the seed of this one
 * redaction.
 *
 * Input: u32 length, strict head as JSON, then the file. Output: frames of one letter and a u32 length: `d` bytes
 * of the copy, then one `r`, the answer as JSON.
 */
import { hash } from "node:crypto";
import { u32be, utf8, utf8ToText } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { readRedactionPlan } from "./plan.ts";
import { redact } from "./redact.ts";

const HEAD_SIZE_LIMIT_BYTES = 4 * 1_048_576;

interface Request {
  readonly plan: unknown;
  readonly seed: Uint8Array;
  readonly reveal: number | undefined;
}

const input = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
const { request, rest } = await readRequest();
await answer(request, remaining(rest));
process.exit(0);

async function answer(
  { plan: value, seed, reveal }: Request,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  const plan = readRedactionPlan(value);
  const done = isRefusal(plan)
    ? plan
    : await redact({
        source,
        plan,
        seed,
        backend: { sha256: (bytes) => hash("sha256", bytes, "buffer") },
        write: (chunk) => send("d", chunk),
        ...(reveal !== undefined && { reveal }),
      });
  const said = isRefusal(done)
    ? { refusal: { code: done.code, facts: done.facts } }
    : { summary: done.map, ...(done.piece !== undefined && { piece: done.piece }) };
  await send("r", utf8(JSON.stringify(said)));
}

async function readRequest(): Promise<{ readonly request: Request; readonly rest: Uint8Array }> {
  let held = Buffer.alloc(0);
  const more = async (size: number): Promise<void> => {
    while (held.length < size) {
      const next = await input.next();
      if (next.done === true) throw new Error("a request that ends early");
      held = Buffer.concat([held, next.value]);
    }
  };
  await more(4);
  const size = held.readUInt32BE(0);
  if (size > HEAD_SIZE_LIMIT_BYTES) throw new Error("a head that is too large");
  await more(4 + size);
  const head = JSON.parse(utf8ToText(held.subarray(4, 4 + size)) ?? "") as Readonly<Record<string, unknown>>;
  const reveal = typeof head["reveal"] === "number" ? head["reveal"] : undefined;
  const seed = Buffer.from(String(head["seed"]), "base64url");
  return { request: { plan: head["plan"], seed, reveal }, rest: held.subarray(4 + size) };
}

async function* remaining(rest: Uint8Array): AsyncGenerator<Uint8Array> {
  if (rest.length > 0) yield rest;
  for (let next = await input.next(); next.done !== true; next = await input.next()) yield next.value;
}

function send(kind: "d" | "r", bytes: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.stdout.cork();
  process.stdout.write(Buffer.concat([utf8(kind), u32be(bytes.length)]));
  process.stdout.write(bytes, (fault) => (fault ? reject(fault) : resolve()));
  process.stdout.uncork();
  return promise;
}
