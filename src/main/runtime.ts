/** The one runtime of this build: signatures, TLS groups and SQLite come from inside it (docs/decisions/0003). */

/** The version of the platform packages in package.json; a test compares. */
export const NODE_VERSION = "v24.21.0";

/** One line for an operator; undefined on the right runtime. */
export function wrongRuntime(version: string): string | undefined {
  if (version === NODE_VERSION) return undefined;
  return `Parley runs on Node ${NODE_VERSION} exactly and this is ${version}; \`npm ci\` brings the right one.`;
}
