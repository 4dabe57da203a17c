/**
 * Which addresses a node may connect to (SPEC 6.1.2, threats.md 12): a peer's URL comes from the peer, and must not
 * make this node talk to its own network.
 *
 * Guarantees: judged is the address that the socket will use, after every spelling and every name was resolved. An
 * address is either public unicast or listed by the operator, exactly. Names are deliberately not judged.
 */
import { BlockList, isIP } from "node:net";

interface ForbiddenRange {
  readonly network: string;
  readonly prefix: number;
  readonly is: string;
}

/** IANA special-purpose registries (RFC 6890 and its updates), and multicast. */
export const FORBIDDEN_RANGES: readonly ForbiddenRange[] = [
  { network: "0.0.0.0", prefix: 8, is: "this host" },
  { network: "10.0.0.0", prefix: 8, is: "private" },
  { network: "100.64.0.0", prefix: 10, is: "shared (CGNAT)" },
  { network: "127.0.0.0", prefix: 8, is: "loopback" },
  { network: "169.254.0.0", prefix: 16, is: "link-local, cloud metadata" },
  { network: "172.16.0.0", prefix: 12, is: "private" },
  { network: "192.0.0.0", prefix: 24, is: "protocol assignments" },
  { network: "192.0.2.0", prefix: 24, is: "documentation" },
  { network: "192.31.196.0", prefix: 24, is: "AS112" },
  { network: "192.52.193.0", prefix: 24, is: "AMT" },
  { network: "192.88.99.0", prefix: 24, is: "6to4 relay" },
  { network: "192.168.0.0", prefix: 16, is: "private" },
  { network: "192.175.48.0", prefix: 24, is: "AS112" },
  { network: "198.18.0.0", prefix: 15, is: "benchmarking" },
  { network: "198.51.100.0", prefix: 24, is: "documentation" },
  { network: "203.0.113.0", prefix: 24, is: "documentation" },
  { network: "224.0.0.0", prefix: 4, is: "multicast" },
  { network: "240.0.0.0", prefix: 4, is: "reserved, broadcast" },
  { network: "::", prefix: 96, is: "unspecified, loopback, IPv4-compatible" },
  { network: "::ffff:0:0", prefix: 96, is: "IPv4-mapped" },
  { network: "::ffff:0:0:0", prefix: 96, is: "IPv4-translated" },
  { network: "64:ff9b::", prefix: 96, is: "NAT64" },
  { network: "64:ff9b:1::", prefix: 48, is: "local NAT64" },
  { network: "100::", prefix: 64, is: "discard" },
  { network: "2001::", prefix: 23, is: "protocol assignments, Teredo, ORCHID" },
  { network: "2001:db8::", prefix: 32, is: "documentation" },
  { network: "2002::", prefix: 16, is: "6to4" },
  { network: "3fff::", prefix: 20, is: "documentation" },
  { network: "5f00::", prefix: 16, is: "segment routing" },
  { network: "fc00::", prefix: 7, is: "unique local" },
  { network: "fe80::", prefix: 10, is: "link-local" },
  { network: "fec0::", prefix: 10, is: "site-local" },
  { network: "ff00::", prefix: 8, is: "multicast" },
];

/** IPv6 and IPv4 apart: a list would also apply its IPv4 rules to mapped addresses, and the ranges above say that. */
const forbidden4 = blockListOf(4);
const forbidden6 = blockListOf(6);

/** True for any text that is not the plain address of a public host. */
export function isForbiddenAddress(address: string): boolean {
  if (address.includes("%")) return true; // a zone: link-local by another spelling
  const family = isIP(address);
  if (family === 4) return forbidden4.check(address, "ipv4");
  if (family === 6) return forbidden6.check(address, "ipv6");
  return true;
}

/** The one spelling of an address; undefined for anything that is not one. */
export function canonicalAddress(text: string): string | undefined {
  if (text.includes("%")) return undefined;
  const family = isIP(text);
  if (family === 0) return undefined;
  return family === 4 ? text : new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

/** Decides about one resolved address: public, or on the operator's list in any spelling of the same address. */
export function addressGuard(listed: readonly string[]): (address: string) => boolean {
  const exact = new Set(listed.map(canonicalAddress));
  return (address) => {
    const canonical = canonicalAddress(address);
    return canonical !== undefined && (exact.has(canonical) || !isForbiddenAddress(canonical));
  };
}

/** What a peer's URL may look like, and the host it names: an address in its one spelling, or a name. */
export interface PeerUrl {
  readonly host: string;
  readonly port: number;
  /** Without a trailing slash. */
  readonly path: string;
}

const HTTPS_PORT = 443;

/** Undefined unless it is https without user, query and fragment. The URL parser undoes odd spellings of IPv4. */
export function parsePeerUrl(text: string): PeerUrl | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const bare = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (url.protocol !== "https:" || !bare || url.hostname === "" || text.includes("@")) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return {
    host,
    port: url.port === "" ? HTTPS_PORT : Number(url.port),
    path: url.pathname.replace(/\/+$/, ""),
  };
}

function blockListOf(family: 4 | 6): BlockList {
  const list = new BlockList();
  for (const { network, prefix } of FORBIDDEN_RANGES)
    if (isIP(network) === family) list.addSubnet(network, prefix, family === 4 ? "ipv4" : "ipv6");
  return list;
}
