/**
 * A redacted copy of one file by one plan, with the map of what it lacks (SPEC 13).
 *
 * Guarantees: bytes go to `write` as they are made and count for nothing until the answer is a `Redaction`: after
 * a refusal the caller throws them away. The same original, plan and seed give the same copy and map. It reads
 * hostile bytes; `apart.ts` runs it where there is nothing to steal.
 */
import { createHash } from "node:crypto";
import { encodeBase64url } from "#parley/codec/bytes.ts";
import type { Refusal } from "#parley/codec/refusal.ts";
import { commitToValue, type Digesting } from "#parley/crypto/payload.ts";
import type { FileIdentity, RedactionMap, RevealedPiece } from "#parley/ledger/redaction-map.ts";
import type { RedactionCode } from "./codes.ts";
import { redactCapture } from "./capture.ts";
import { redactCsv } from "./csv.ts";
import { redactJson } from "./json.ts";
import { redactLog } from "./log.ts";
import type { RedactionPlan } from "./plan.ts";
import { redactStix } from "./stix.ts";
import { originalSalt, RedactionStop, stop, Work, type Source } from "./work.ts";

export interface RedactionInput {
  readonly source: Source;
  readonly plan: RedactionPlan;
  /** 32 secret random bytes; whoever has them and the original can prove every piece. */
  readonly seed: Uint8Array;
  readonly backend: Digesting;
  /** The chunk is the callee's until it resolves, and no longer. */
  readonly write: (chunk: Uint8Array) => Promise<void> | void;
  /** Index of a piece that is to be proven. */
  readonly reveal?: number;
}

export interface Redaction {
  readonly map: RedactionMap;
  /** Opens `map.original.commit`; stays in the house until it is revealed. */
  readonly original: { readonly salt: string; readonly value: FileIdentity };
  /** The piece asked for. */
  readonly piece?: RevealedPiece;
}

export async function redact(input: RedactionInput): Promise<Redaction | Refusal<RedactionCode>> {
  const { plan, seed, backend } = input;
  const work = new Work(backend, seed, input.reveal);
  const [original, copy] = [new Meter(), new Meter()];
  try {
    for await (const chunk of copyOf(original.through(input.source), plan, work)) {
      if (chunk.length === 0) continue;
      copy.add(chunk);
      await input.write(chunk);
    }
    work.requireMatches("rules" in plan ? plan.rules : []);
    const identity = original.identity;
    const salt = originalSalt(backend, seed);
    const commit = commitToValue(backend, salt, identity);
    const { revealed } = work;
    if (input.reveal !== undefined && revealed === undefined)
      stop("redaction-no-match", { piece: input.reveal });
    return {
      map: {
        v: 1,
        type: "redaction",
        format: plan.format,
        copy: copy.identity,
        original: { commit },
        ...work.summary,
      },
      original: { salt: encodeBase64url(salt), value: identity },
      ...(revealed !== undefined && { piece: revealed }),
    };
  } catch (thrown) {
    if (thrown instanceof RedactionStop) return thrown.refusal;
    throw thrown;
  }
}

/** Formats that need a library load it when they are asked for: a capture needs none of them in memory. */
async function* copyOf(source: Source, plan: RedactionPlan, work: Work): AsyncGenerator<Uint8Array> {
  switch (plan.format) {
    case "json":
      return yield* redactJson(source, plan, work);
    case "stix":
      return yield* redactStix(source, plan, work);
    case "csv":
      return yield* redactCsv(source, plan, work);
    case "log":
      return yield* redactLog(source, plan, work);
    case "mail":
      return yield* (await import("./mail.ts")).redactMail(source, plan, work);
    case "capture":
      return yield* redactCapture(source, plan, work);
    case "pdf":
      return yield* (await import("./pdf.ts")).redactPdf(source, plan, work);
    case "image":
      return yield* (await import("./image.ts")).redactImage(source, plan, work);
  }
}

/** Digest and size of what passes. */
class Meter {
  readonly #hash = createHash("sha256");
  #size = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  async *through(source: Source): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.add(chunk);
      yield chunk;
    }
  }

  /** Once, at the end. */
  get identity(): FileIdentity {
    return { digest: encodeBase64url(this.#hash.digest()), size_bytes: this.#size };
  }
}
