/**
 * One request of the command line to the node's own API: the address and the token come from the data directory.
 *
 * Whoever can read the token file is that person; the file's mode is what guards it.
 */
import { join } from "node:path";
import { CliFault, type ApiRequest, type ApiResponse } from "#parley/cli/ports.ts";
import { FILE, readConfig, tokenFile } from "./data-directory.ts";
import { readIfThere } from "./files.ts";

/** Throws `CliFault` (`token-missing`, `api-unreachable`) and `DirectoryFault`. */
export async function callApi(request: ApiRequest): Promise<ApiResponse> {
  const { dataDirectory, method, path, contentType, body } = request;
  const base = await apiBase(dataDirectory);
  const token = await readIfThere(join(dataDirectory, tokenFile(request.as)));
  if (token === undefined) throw new CliFault("token-missing");
  const headers = {
    authorization: `Bearer ${new TextDecoder().decode(token).trim()}`,
    ...(contentType !== undefined && { "content-type": contentType }),
  };
  try {
    const response = await fetch(new URL(path, base), {
      method,
      headers,
      redirect: "error",
      ...(body !== undefined && { body: new Uint8Array(body) }),
    });
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      body: new Uint8Array(await response.arrayBuffer()),
    };
  } catch (cause) {
    throw new CliFault("api-unreachable", { cause });
  }
}

/** Where the running node says it serves; else where it is configured to. */
async function apiBase(directory: string): Promise<string> {
  const { api } = await readConfig(directory);
  const configured = `http://${api.host.includes(":") ? `[${api.host}]` : api.host}:${api.port}`;
  const serving = await readIfThere(join(directory, FILE.serving));
  if (serving === undefined) return configured;
  const value: unknown = JSON.parse(new TextDecoder().decode(serving));
  if (typeof value !== "object" || value === null || !("api" in value)) return configured;
  return typeof value.api === "string" ? value.api : configured;
}
