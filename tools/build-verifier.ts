/**
 * `npm run build:verifier`: the verifier as one HTML file, `dist/verifier.html`.
 *
 * One script and one style sheet stand in the page, and its policy names both by their hashes: no other code can run
 * and nothing can be loaded or sent. The same sources give the same bytes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown, type Plugin } from "rolldown";
import { ROOT } from "./command.ts";

const FOLDER = join(ROOT, "src/web/verifier");

/**
 * typebox compiles schemas with `Function` where it may, and finds out by trying, which the page's policy reports as
 * a violation. Without the attempt it takes its other way, which interprets the same schemas.
 */
const EVALUATION = "typebox/build/system/environment/evaluate.mjs";
const withoutEvaluation: Plugin = {
  name: "without-evaluation",
  load(id) {
    if (!id.replaceAll("\\", "/").endsWith(EVALUATION)) return null;
    return "export function CanEvaluate() { return false; }\nexport function Evaluate() { throw new Error(); }\n";
  },
};

export interface BuiltVerifier {
  readonly html: string;
  readonly script: string;
}

export async function buildVerifier(): Promise<BuiltVerifier> {
  const script = await bundle();
  const style = readFileSync(join(FOLDER, "verifier.css"), "utf8").trim();
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const template = readFileSync(join(FOLDER, "index.html"), "utf8");
  const html = fill(template, [
    ['Policy" content="', policy, '"'],
    ["<style>", style, "</style>"],
    ["<script>", script, "</script>"],
  ]);
  return { html, script };
}

/** Each text between its two marks, which stand next to each other once in the template. */
function fill(template: string, texts: readonly (readonly [string, string, string])[]): string {
  return texts.reduce((page, [before, text, after]) => {
    const [start = "", end, ...more] = page.split(before + after);
    if (end === undefined || more.length > 0) throw new Error(`the template has no one place for ${before}`);
    return start + before + text + after + end;
  }, template);
}

async function bundle(): Promise<string> {
  const bundler = await rolldown({
    cwd: ROOT,
    input: join(FOLDER, "main.ts"),
    platform: "browser",
    plugins: [withoutEvaluation],
  });
  const { output } = await bundler.generate({ format: "iife", minify: true, sourcemap: false });
  await bundler.close();
  const [chunk, ...others] = output;
  if (others.length > 0) throw new Error("the verifier must be one script");
  return embeddable(chunk.code.trim());
}

/** A script in a page ends at its first end tag, and the parser rewrites carriage returns and NUL. */
function embeddable(code: string): string {
  const safe = code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  if (/[\r\0]/.test(safe)) throw new Error("the script holds a character that the HTML parser rewrites");
  return safe;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

export async function writeVerifier(path: string): Promise<BuiltVerifier> {
  const built = await buildVerifier();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, built.html);
  return built;
}

if (import.meta.main) {
  const path = join(ROOT, "dist/verifier.html");
  const { html } = await writeVerifier(path);
  const size = Buffer.byteLength(html);
  const packed = gzipSync(html).length;
  process.stdout.write(`${relative(ROOT, path)}: ${size} bytes, ${packed} compressed\n`);
}
