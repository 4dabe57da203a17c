/** A command line without a machine: files in memory, writers that keep what was written, a node that is given. */
import { concatBytes, utf8 } from "#parley/codec/bytes.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { runCli } from "#parley/cli/main.ts";
import { CliFault, type ApiRequest, type ApiResponse, type CliPorts } from "#parley/cli/ports.ts";

export const backend = createNodeBackend();

export interface Run {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

interface DeskOptions {
  readonly tty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly answers?: readonly string[];
  readonly chunkSize?: number;
  readonly ports?: Partial<CliPorts>;
  readonly fetchApi?: (request: ApiRequest) => Promise<ApiResponse>;
}

export function makeDesk(
  files: Readonly<Record<string, Uint8Array | string>> = {},
  options: DeskOptions = {},
) {
  const { tty = false, env = {}, answers = [], chunkSize = 65_536 } = options;
  const held = new Map(
    Object.entries(files).map(([path, body]) => [path, typeof body === "string" ? utf8(body) : body]),
  );
  const taken = new Map<string, number>();
  const typed = [...answers];
  const written = { out: "", err: "" };
  const ports: CliPorts = {
    stdout: (line) => void (written.out += line),
    stderr: (line) => void (written.err += line),
    isTty: { stdin: tty, stdout: tty, stderr: tty },
    env: (name) => env[name],
    readFile: async function* (path) {
      const bytes = held.get(path);
      if (bytes === undefined) throw new CliFault("file-unreadable");
      for (let at = 0; at < bytes.length; at += chunkSize) {
        taken.set(path, (taken.get(path) ?? 0) + 1);
        yield await Promise.resolve(bytes.slice(at, at + chunkSize));
      }
    },
    writeFile: async (path, bytes, { overwrite } = { overwrite: false }) => {
      if (held.has(path) && !overwrite) throw new CliFault("file-exists");
      held.set(path, concatBytes(bytes));
      await Promise.resolve();
    },
    writeFileAs: async (path, fill, { overwrite }) => {
      if (held.has(path) && !overwrite) throw new CliFault("file-exists");
      const parts: Uint8Array[] = [];
      const isWhole = await fill(async (chunk) => {
        parts.push(chunk.slice());
        await Promise.resolve();
      });
      if (isWhole) held.set(path, concatBytes(...parts));
    },
    askLine: () => Promise.resolve(typed.shift()),
    init: (given) =>
      Promise.resolve({ party: "A".repeat(43), files: [given.name], roots: ["roots/root-1.key"] }),
    start: ({ onServing }) => {
      onServing({ party: "P", api: "http://127.0.0.1:8460", peer: "https://127.0.0.1:8443" });
      return Promise.resolve(0);
    },
    fetchApi: options.fetchApi ?? (() => Promise.reject(new CliFault("api-unreachable"))),
    diagnose: () =>
      Promise.resolve({
        nodeVersion: "v24.21.0",
        configured: true,
        directoryMode: 0o700,
        openToOthers: [],
        locked: true,
        diskFreeBytes: 2 ** 40,
        keysMissing: [],
        rootsHere: [],
      }),
    filesBelow: async function* (path) {
      const bytes = held.get(path);
      if (bytes === undefined) throw new CliFault("file-unreadable");
      yield await Promise.resolve({ path, name: path, sizeBytes: bytes.length });
    },
    uploadFile: () => Promise.reject(new CliFault("api-unreachable")),
    downloadFile: () => Promise.reject(new CliFault("api-unreachable")),
    fetchPublic: () => Promise.reject(new CliFault("file-unreadable")),
    readLists: () => Promise.reject(new CliFault("file-unreadable")),
    backend,
    clock: () => 1_795_313_400,
    ...options.ports,
  };
  const run = async (...argv: readonly string[]): Promise<Run> => {
    written.out = "";
    written.err = "";
    const status = await runCli(argv, ports);
    return { status, ...written };
  };
  return { files: held, taken, ports, run };
}
