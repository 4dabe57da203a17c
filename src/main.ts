#!/usr/bin/env node
/**
 * The composition root: the only file that reads the environment and makes the real clock and random source.
 *
 * It wires and decides nothing. What a command does is in `cli/`, what a node does in `node/`; how a process of this
 * machine becomes one is in `main/`.
 */
import { once } from "node:events";
import { runCli } from "#parley/cli/main.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { startApi } from "#parley/http/server.ts";
import { makeCliPorts } from "#parley/main/cli-ports.ts";
import { letHeapGrow } from "#parley/main/heap.ts";
import { makeLog } from "#parley/main/log.ts";
import { wrongRuntime } from "#parley/main/runtime.ts";

const wrong = wrongRuntime(process.version);
if (wrong !== undefined) {
  process.stderr.write(`parley: ${wrong}\n`);
  process.exit(1);
}

letHeapGrow();

const ports = makeCliPorts({
  backend: createNodeBackend(),
  clock: () => Math.floor(Date.now() / 1000),
  log: makeLog((line) => process.stderr.write(line), Date.now),
  openApi: startApi,
  env: (name) => process.env[name],
  stopAsked: async () => {
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  },
});

process.exitCode = await runCli(process.argv.slice(2), ports);
