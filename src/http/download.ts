/**
 * Files that leave over HTTP (SPEC 12.4.2): saved by whoever asked, never shown by a browser.
 *
 * Guarantees: one media type whatever the file is, a name that ends in `.sample` or `.age`, and the policy of the API
 * around it. The length is declared, so that a file which ends early is seen to.
 */
import type { Refusal } from "#parley/codec/refusal.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { refusing } from "#parley/node/evidence.ts";
import type { Reply } from "./route.ts";

export type Download = Extract<Reply, { kind: "download" }>;

export function downloadResponse({ stream, name, sizeBytes }: Download): Response {
  return new Response(stream, {
    status: 200,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(sizeBytes),
      "content-disposition": dispositionOf(name),
    },
  });
}

/** RFC 6266: ASCII for everybody, UTF-8 for who reads it. */
export function dispositionOf(name: string): string {
  const ascii = name.replace(/[^A-Za-z0-9._ -]/g, "_");
  return `attachment; filename="${ascii}"; filename*=UTF-8''${percentEncoded(name)}`;
}

function percentEncoded(text: string): string {
  const escaped = encodeURIComponent(text);
  return escaped.replace(/['()*!]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * An answer that has read its first bytes: what cannot be read at all is a refusal, and what breaks later breaks the
 * connection.
 */
export async function toDownload(
  content: AsyncIterable<Uint8Array>,
  { name, sizeBytes }: { readonly name: string; readonly sizeBytes: number },
): Promise<Download | Refusal> {
  const iterator = content[Symbol.asyncIterator]();
  const first = await refusing(() => iterator.next());
  if (isRefusal(first)) return first;
  let next: IteratorResult<Uint8Array> | undefined = first;
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const given = next ?? (await iterator.next());
      next = undefined;
      if (given.done === true) controller.close();
      else controller.enqueue(new Uint8Array(given.value));
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
  return { kind: "download", stream, name, sizeBytes };
}

/** What a handler of `downloadRoute` gave, or a bug. */
export function isDownload(value: unknown): value is Download {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "download";
}
