/** `npm run bench [-- NAME …]`: each prints its figure, its floor or peer of the same run, and the ratio. */
import { letHeapGrow } from "../src/main/heap.ts";
import { requirePinnedNode } from "../tools/pinned-node.ts";
import { printMachine } from "./kit.ts";

requirePinnedNode();
// As in every process of `parley`.
letHeapGrow();

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  messages: async () => (await import("./messages.ts")).benchMessages(),
  tree: async () => (await import("./tree.ts")).benchTree(),
  verify: async () => (await import("./verify.ts")).benchVerify(),
  fold: async () => (await import("./fold.ts")).benchFold(),
  start: async () => (await import("./start.ts")).benchStart(),
  screen: async () => (await import("./screen.ts")).benchScreen(),
  gate: async () => (await import("./gate.ts")).benchGate(),
  vault: async () => (await import("./vault.ts")).benchVault(),
  memory: async () => (await import("./memory.ts")).benchMemory(),
  redaction: async () => (await import("./redaction.ts")).benchRedaction(),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
printMachine();
for (const [name, bench] of Object.entries(BENCHES))
  if (names.length === 0 || names.includes(name)) await bench();
