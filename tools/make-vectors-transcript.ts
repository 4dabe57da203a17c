/**
 * Writes `vectors/{codec,ledger,party,transcript}/`: one file, one behaviour. Every key follows from a seed, so the
 * same files come out on every machine. `test/vectors.test.ts` compares them with this script.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import { codecVectors } from "./record-vectors/codec.ts";
import { ledgerVectors } from "./record-vectors/ledger.ts";
import { partyVectors } from "./record-vectors/party.ts";
import { transcriptVectors } from "./record-vectors/transcript.ts";
import { vectorToFile, type VectorFiles } from "./record-vectors/vector.ts";

export const FOLDERS = ["codec", "ledger", "party", "transcript"] as const;

/** Contents by path below `vectors/`. */
export function recordVectors(): VectorFiles {
  // Of the two backends the one that signs ML-DSA deterministically.
  const backend = createNobleBackend({
    randomBytes: () => {
      throw new Error("a vector follows from its seed");
    },
  });
  const transcripts = transcriptVectors(backend);
  const vectors = [
    ...codecVectors(),
    ...ledgerVectors(backend),
    ...partyVectors(backend),
    ...transcripts.vectors,
  ];
  const files = new Map<string, string | Uint8Array>(vectors.map(vectorToFile));
  if (files.size !== vectors.length) throw new Error("two vectors have one name");
  for (const [path, content] of transcripts.files) files.set(path, content);
  return files;
}

function write(): void {
  const root = join(import.meta.dirname, "..", "vectors");
  for (const folder of FOLDERS) rmSync(join(root, folder), { recursive: true, force: true });
  for (const [path, content] of recordVectors()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) write();
