/** Prints the scripts of the node's own page without their types; with `--write`, writes them beside. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import ts from "typescript";
import { ROOT } from "./tidy/sources.ts";

const FOLDER = "src/web/sign-in";
/** As they are served, by path. */
export const SIGN_IN_SCRIPTS = ["main", "elements", "shown", "words"].map((name) => `${FOLDER}/${name}.js`);

export function signInScript(path: string): Promise<string> {
  const file = path.replace(/\.js$/, ".ts");
  const source = readFileSync(join(ROOT, file), "utf8").replace(/^\/\/\/ .*\n/, "");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  // The linter judges the source; what is made from it has no types to judge by.
  const head = "/* oxlint-disable -- made by tools/build-sign-in.ts from its .ts */\n";
  return format(head + outputText, { parser: "babel", printWidth: 110 });
}

if (import.meta.main)
  for (const path of SIGN_IN_SCRIPTS) {
    const script = await signInScript(path);
    if (process.argv.includes("--write")) writeFileSync(join(ROOT, path), script);
    else process.stdout.write(script);
  }
