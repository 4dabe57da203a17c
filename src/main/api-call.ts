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
  const { body } = request;
  const response = await requestApi(request, body && new Uint8Array(body));
  try {
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      body: new Uint8Array(await response.arrayBuffer()),
    };
  } catch (cause) {
    throw new CliFault("api-unreachable", { cause });
  }
}

/** The answer with its body unread. Throws as `callApi`. */
export async function requestApi(
  { dataDirectory, as, method, path, contentType }: ApiRequest,
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
): Promise<Response> {
  const base = await apiBase(dataDirectory);
  const token = await readIfThere(join(dataDirectory, tokenFile(as)));
  if (token === undefined) throw new CliFault("token-missing");
  const headers = {
    authorization: `Bearer ${new TextDecoder().decode(token).trim()}`,
    ...(contentType !== undefined && { "content-type": contentType }),
  };
  try {
    return await fetch(new URL(path, base), {
      method,
      headers,
      redirect: "error",
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: "half" }),
    });
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
