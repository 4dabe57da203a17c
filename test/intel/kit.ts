/** Lists for tests: made here, of documentation addresses and example names. */
import assert from "node:assert/strict";
import { utf8 } from "#parley/codec/bytes.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { loadLists, type ListFile, type LoadedLists } from "#parley/intel/load.ts";

export const { sha256 } = createNodeBackend();

export function file(path: string, content: unknown): ListFile {
  return { path, bytes: utf8(typeof content === "string" ? content : JSON.stringify(content)) };
}

export function mispList(type: string, list: readonly unknown[], more: object = {}): object {
  return { name: `List of ${type}`, type, version: 20_261_101, description: "made", list, ...more };
}

export function loaded(...files: readonly ListFile[]): LoadedLists {
  const lists = loadLists(files, sha256);
  assert(!isRefusal(lists), isRefusal(lists) ? lists.code : "");
  return lists;
}

/** What an operator would hold: Tor exits around the event's day, VPNs, clouds, shared hosts, scanners, names. */
export const RELAY_FILES: readonly ListFile[] = [
  file("tor/exits-2026-11-22.lst", "# exits\n192.0.2.17\n192.0.2.18\n2001:db8:17::1\n"),
  file("vpn-ipv4/list.json", mispList("cidr", ["198.51.100.0/26", "2001:db8:bb::/48"])),
  file("amazon-aws/list.json", mispList("cidr", ["198.51.100.64/26"])),
  file("sinkholes/list.json", mispList("cidr", ["198.51.100.128/32"])),
  file("url-shortener/list.json", mispList("hostname", ["short.example"])),
  file("public-dns-v4/list.json", mispList("cidr", ["203.0.113.53"])),
];
