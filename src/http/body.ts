/**
 * Bodies of requests: media type, size and form, checked before any handler sees them (SPEC 11.2.2 to 11.2.4).
 * The size is checked while reading: a body that lies about its length is cut off at the limit.
 */
import { concatBytes, utf8ToText } from "#parley/codec/bytes.ts";
import { BUNDLE_SIZE_LIMIT_BYTES, JSON_DEPTH_LIMIT } from "#parley/codec/limits.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import type { Json } from "#parley/codec/json.ts";
import type { Route } from "./route.ts";

export const JSON_BODY_LIMIT_BYTES = 2 * 1_048_576;

const MEDIA_TYPES = {
  json: "application/json",
  file: "application/octet-stream",
  upload: "application/octet-stream",
} as const;

/** What the route takes, or why not. A JSON value is one that strict JSON can carry, and nothing deeper. */
export async function readRequestBody(request: Request, { takes }: Route): Promise<unknown> {
  if (takes === "nothing") return undefined;
  const [mediaType] = (request.headers.get("content-type") ?? "").split(";");
  if (mediaType?.trim().toLowerCase() !== MEDIA_TYPES[takes]) return refuse("api-media-type");
  if (takes === "upload") return uploadOf(request);
  const limit = takes === "json" ? JSON_BODY_LIMIT_BYTES : BUNDLE_SIZE_LIMIT_BYTES;
  const bytes = await readBytes(request, limit);
  return isRefusal(bytes) || takes === "file" ? bytes : parseBody(bytes);
}

/** A body that is read while it arrives; its handler bounds it. */
export interface Upload {
  readonly stream: ReadableStream<Uint8Array>;
  /** As the caller declared it; undefined when it did not. */
  readonly sizeBytes: number | undefined;
}

function uploadOf(request: Request): Upload | Refusal {
  const length = request.headers.get("content-length");
  if (length !== null && !/^[0-9]{1,15}$/.test(length)) return refuse("api-schema", { at: "/body" });
  const empty = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
  return { stream: request.body ?? empty, sizeBytes: length === null ? undefined : Number(length) };
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array | Refusal> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (!(declared <= limit)) return refuse("api-too-large", { limit });
  const stream: ReadableStream<Uint8Array> | null = request.body;
  if (stream === null) return new Uint8Array(0);
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...chunks);
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      return refuse("api-too-large", { limit });
    }
    chunks.push(value);
  }
}

function parseBody(bytes: Uint8Array): Json | Refusal {
  const text = utf8ToText(bytes);
  const value = text === undefined ? undefined : parseText(text);
  if (value === undefined) return refuse("api-json");
  return isStrict(value, 0) ? value : refuse("api-schema", { at: "/body" });
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const KEY = /^[a-z][a-z0-9_]{0,63}$/;

/** What the record can carry (SPEC 1.2): a body that is drafted or signed goes there as it is. */
function isStrict(value: unknown, depth: number): value is Json {
  if (typeof value === "boolean") return true;
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (typeof value !== "object" || value === null || depth >= JSON_DEPTH_LIMIT) return false;
  if (Array.isArray(value)) return value.every((item: unknown) => isStrict(item, depth + 1));
  return Object.entries(value).every(
    ([key, member]: readonly [string, unknown]) => KEY.test(key) && isStrict(member, depth + 1),
  );
}
