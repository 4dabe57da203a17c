/**
 * ICMP of both versions: packets quoted in errors, and addresses named by discovery and by redirects. A message of
 * an unknown type keeps its first four bytes.
 */
import type { PacketEditor } from "./packet.ts";
import type { Sum } from "./packet-buffer.ts";

/** RFC 792: errors that quote the packet they are about. */
const QUOTING4 = new Set([3, 4, 5, 11, 12]);
/** Echo, timestamp, mask: data or numbers of their own. */
const PLAIN4 = new Set([0, 8, 13, 14, 17, 18]);

export function icmp4(editor: PacketEditor, at: number, sums: readonly Sum[], depth: number): void {
  const { buffer } = editor;
  if (!buffer.has(at, 8)) return editor.unknown(at, sums);
  const type = buffer.byte(at);
  if (PLAIN4.has(type)) return editor.payload(at + 8, sums);
  if (!QUOTING4.has(type)) return editor.unknown(at + 4, sums);
  if (type === 5) editor.address4(at + 4, sums);
  // RFC 4884: behind a quote of stated length come extensions, interface addresses among them.
  const stated = type === 5 ? 0 : buffer.byte(at + 5) * 4;
  if (stated > 0) editor.unknown(at + 8 + stated, sums);
  editor.ip4(at + 8, sums, depth + 1);
}

export function icmp6(editor: PacketEditor, at: number, sums: readonly Sum[], depth: number): void {
  const { buffer } = editor;
  if (!buffer.has(at, 8)) return editor.unknown(at, sums);
  const type = buffer.byte(at);
  switch (type) {
    case 1:
    case 2:
    case 3:
    case 4: {
      const stated = type === 1 || type === 3 ? buffer.byte(at + 4) * 8 : 0;
      if (stated > 0) editor.unknown(at + 8 + stated, sums);
      return editor.ip6(at + 8, sums, depth + 1);
    }
    case 128:
    case 129:
      return editor.payload(at + 8, sums);
    case 130:
    case 131:
    case 132:
      editor.address6(at + 8, sums);
      return editor.unknown(at + 24, sums);
    case 133:
      return options(editor, at + 8, sums, depth);
    case 134:
      return options(editor, at + 16, sums, depth);
    case 135:
    case 136:
      editor.address6(at + 8, sums);
      return options(editor, at + 24, sums, depth);
    case 137:
      editor.address6(at + 8, sums);
      editor.address6(at + 24, sums);
      return options(editor, at + 40, sums, depth);
    default:
      return editor.unknown(at + 4, sums);
  }
}

/** Neighbour discovery options (RFC 4861, 4.6): hardware addresses, prefixes, and the packet that was redirected. */
function options(editor: PacketEditor, start: number, sums: readonly Sum[], depth: number): void {
  const { buffer } = editor;
  let at = start;
  while (buffer.has(at, 2)) {
    const [kind, size] = [buffer.byte(at), buffer.byte(at + 1) * 8];
    if (size === 0 || !buffer.has(at, size)) return editor.unknown(at, sums);
    if (kind === 1 || kind === 2) editor.hardware(at + 2, size - 2, sums);
    else if (kind === 3 && size === 32) editor.address6(at + 16, sums);
    else if (kind === 4) return editor.ip6(at + 8, sums, depth + 1);
    else if (kind !== 5) return editor.unknown(at, sums);
    at += size;
  }
}
