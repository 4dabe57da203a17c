/** Prints `spec/refusals.md` as the code tables have it; with `--write`, writes it there. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readClauses } from "./tidy/clauses.ts";
import { CATALOGUE_PATH, catalogueToMarkdown, readCatalogue } from "./tidy/refusals.ts";
import { ROOT } from "./tidy/sources.ts";

const text = catalogueToMarkdown(await readCatalogue(), readClauses());
if (process.argv.includes("--write")) writeFileSync(join(ROOT, CATALOGUE_PATH), text);
else process.stdout.write(text);
