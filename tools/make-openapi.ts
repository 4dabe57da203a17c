/** Prints the OpenAPI document of the API; with `--write`, writes it to `docs/openapi.json`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { makeOpenApi } from "#parley/http/openapi.ts";
import { PREFIX, ROUTES } from "#parley/http/routes.ts";
import { ROOT } from "./tidy/sources.ts";

export const OPENAPI_PATH = "docs/openapi.json";

/** In the form that the house formats JSON in. */
export function openApiText(): Promise<string> {
  return format(JSON.stringify(makeOpenApi(PREFIX, ROUTES)), { parser: "json", printWidth: 110 });
}

if (import.meta.main) {
  const text = await openApiText();
  if (process.argv.includes("--write")) writeFileSync(join(ROOT, OPENAPI_PATH), text);
  else process.stdout.write(text);
}
