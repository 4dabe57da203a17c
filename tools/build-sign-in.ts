/** Prints the script of the node's own page without its types; with `--write`, writes it to where it is served from. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import ts from "typescript";
import { ROOT } from "./tidy/sources.ts";

export const SIGN_IN_SCRIPT = "src/web/sign-in/main.js";

export function signInScript(): Promise<string> {
  const source = readFileSync(join(ROOT, "src/web/sign-in/main.ts"), "utf8").replace(/^\/\/\/ .*\n/, "");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  // The linter judges the source; what is made from it has no types to judge by.
  const head = "/* oxlint-disable -- made by tools/build-sign-in.ts from main.ts */\n";
  return format(head + outputText, { parser: "babel", printWidth: 110 });
}

if (import.meta.main) {
  const script = await signInScript();
  if (process.argv.includes("--write")) writeFileSync(join(ROOT, SIGN_IN_SCRIPT), script);
  else process.stdout.write(script);
}
