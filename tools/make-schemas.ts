/**
 * JSON Schemas of the protocol (SPEC 8.1.2): prints what differs from `spec/schemas/`; with `--write`, writes it.
 *
 * The files are the running schemas, one for each message type and one for each document that a message or an
 * agreement carries: what is published is what is checked.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MESSAGE_RULES } from "#parley/casework/registry.ts";
import { GenesisSchema } from "#parley/protocols/agreement/terms.ts";
import { PackSchema } from "#parley/protocols/evidence/index.ts";
import { ProfileSchema } from "#parley/protocols/evidence/profile.ts";
import { PartyDocumentSchema } from "#parley/party/document.ts";
import { ROOT } from "./tidy/sources.ts";

export const SCHEMA_FOLDER = "spec/schemas";
const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** File name to its text. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const documents: readonly (readonly [string, unknown])[] = [
    ["genesis", GenesisSchema],
    ["pack", PackSchema],
    ["party", PartyDocumentSchema],
    ["profile", ProfileSchema],
    ...[...MESSAGE_RULES].map(([type, { schema }]) => [`message.${type}`, schema] as const),
  ];
  return new Map(documents.map(([name, schema]) => [`${name}.json`, schemaToText(name, schema)]));
}

function schemaToText(name: string, schema: unknown): string {
  if (typeof schema !== "object") throw new TypeError(`${name} has no schema object`);
  return JSON.stringify({ $schema: DIALECT, title: name, ...schema }, null, 1) + "\n";
}

/** Paths whose file is missing or is not what the program has. */
export function staleSchemas(): readonly string[] {
  return [...schemaFiles()].flatMap(([name, text]) => {
    const path = join(ROOT, SCHEMA_FOLDER, name);
    return existsSync(path) && readFileSync(path, "utf8") === text ? [] : [`${SCHEMA_FOLDER}/${name}`];
  });
}

if (import.meta.main) {
  if (process.argv.includes("--write")) {
    for (const [name, text] of schemaFiles()) {
      const path = join(ROOT, SCHEMA_FOLDER, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  } else {
    process.stdout.write([...staleSchemas(), ""].join("\n"));
  }
}
