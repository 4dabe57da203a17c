/**
 * The one Node version that Parley is tested with (docs/decisions/0003-pinned-runtime.md).
 *
 * The pin is the version of the platform packages in `package.json`; it stands nowhere else. Tests, benches and
 * demo run on exactly that version, because signatures, TLS and SQLite come from inside the runtime.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** `24.21.0`. Throws when the platform packages disagree: then there is no pin. */
export function pinnedNodeVersion(): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  };
  const versions = new Set(
    Object.entries(manifest.optionalDependencies ?? {}).flatMap(([name, version]) =>
      name.startsWith("node-") ? [version] : [],
    ),
  );
  const [version] = versions;
  if (version === undefined || versions.size !== 1)
    throw new Error("package.json does not pin one Node version");
  return version;
}

/** Ends the process with one line and status 1 unless this is the pinned Node. */
export function requirePinnedNode(): void {
  const wanted = `v${pinnedNodeVersion()}`;
  if (process.version === wanted) return;
  const advice = "`npm ci` brings it on Linux and Windows, elsewhere install that version";
  process.stderr.write(`Parley runs on Node ${wanted} exactly and this is ${process.version}: ${advice}.\n`);
  process.exit(1);
}
