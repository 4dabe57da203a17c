/** SPEC 6.1.2, threats.md 12: every spelling by which a peer's URL could point inwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addressGuard,
  canonicalAddress,
  FORBIDDEN_RANGES,
  isForbiddenAddress,
  parsePeerUrl,
} from "#parley/peer/address-guard.ts";

const nobodyListed = addressGuard([]);

/** URLs whose host is an address in some spelling: the URL parser undoes it, the guard refuses what comes out. */
const INWARD_URLS = [
  "https://127.0.0.1/",
  "https://127.1/",
  "https://127.0.1:8443/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0x7f.0.0.1/",
  "https://0177.0.0.1/",
  "https://017700000001/",
  "https://0x7f.1/",
  "https://127.0.0.1./",
  "https://%31%32%37.0.0.1/",
  "https://１２７.０.０.１/",
  "https://127。0。0。1/",
  "https://①②⑦.⓪.⓪.①/",
  "https://0/",
  "https://0.0.0.0/",
  "https://10.0.0.1/",
  "https://012.1.2.3/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.1.1/",
  "https://3232235777/",
  "https://169.254.169.254/latest/meta-data",
  "https://0xa9fea9fe/",
  "https://100.64.0.1/",
  "https://100.127.255.254/",
  "https://198.18.0.1/",
  "https://192.0.2.1/",
  "https://198.51.100.1/",
  "https://203.0.113.1/",
  "https://224.0.0.1/",
  "https://239.255.255.255/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://4294967295/",
  "https://[::]/",
  "https://[::1]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[::127.0.0.1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[0:0:0:0:0:ffff:10.1.2.3]/",
  "https://[::ffff:0:127.0.0.1]/",
  "https://[64:ff9b::127.0.0.1]/",
  "https://[64:ff9b::a9fe:a9fe]/",
  "https://[64:ff9b:1::1]/",
  "https://[2002:7f00:1::]/",
  "https://[2001:0:7f00:1::]/",
  "https://[2001:db8::1]/",
  "https://[3fff::1]/",
  "https://[100::1]/",
  "https://[fc00::1]/",
  "https://[fd12:3456:789a::1]/",
  "https://[fe80::1]/",
  "https://[fec0::1]/",
  "https://[ff02::1]/",
];

/** URLs that are none for a peer, whatever they resolve to. */
const MALFORMED_URLS = [
  "http://node.example/",
  "HTTP://node.example/",
  "ftp://node.example/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "//node.example/",
  "node.example:443",
  "https://",
  "https://user@node.example/",
  "https://user:pass@node.example/",
  "https://node.example@127.0.0.1/",
  "https://127.0.0.1%40node.example/",
  "https://node.example\\@127.0.0.1/",
  "https://@node.example/",
  "https://node.example/?to=127.0.0.1",
  "https://node.example/#@127.0.0.1",
  "https://[fe80::1%25eth0]/",
  "https://[::1/",
  "https://127.0.0.1:99999/",
  "https://256.256.256.256/",
  "https://node.example:0x1bb/",
  "https://1.2.3.4.5.6.7.8.9.0x7f/",
];

test("guard: every inward spelling comes to a forbidden address", () => {
  assert(INWARD_URLS.length >= 35);
  for (const text of INWARD_URLS) {
    const url = parsePeerUrl(text);
    assert(url !== undefined, `${text} is a URL`);
    assert.equal(isForbiddenAddress(url.host), true, `${text} → ${url.host}`);
    assert.equal(nobodyListed(url.host), false, text);
  }
});

test("guard: what is no URL of a peer is not parsed", () => {
  for (const text of MALFORMED_URLS) assert.equal(parsePeerUrl(text), undefined, text);
});

test("guard: a URL of a peer keeps host, port and path", () => {
  assert.deepEqual(parsePeerUrl("https://node.example"), { host: "node.example", port: 443, path: "" });
  assert.deepEqual(parsePeerUrl("https://NODE.example:8443/parley/"), {
    host: "node.example",
    port: 8443,
    path: "/parley",
  });
  assert.deepEqual(parsePeerUrl("https://[2001:DB8::0:1]:444/"), {
    host: "2001:db8::1",
    port: 444,
    path: "",
  });
});

test("guard: public unicast passes, the edges of ranges included", () => {
  const open = ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"];
  const more = [
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.20.0.0",
  ];
  const six = ["2001:200::1", "2400:cb00::1", "2606:4700::1111", "2a00:1450::1", "2003::1", "3ffe::1"];
  for (const address of [...open, ...more, ...six, "223.255.255.255"])
    assert.equal(nobodyListed(address), true, address);
});

test("guard: first and last address of each range are forbidden", () => {
  for (const { network, prefix } of FORBIDDEN_RANGES) {
    assert.equal(isForbiddenAddress(network), true, network);
    assert.equal(isForbiddenAddress(lastOf(network, prefix)), true, `last of ${network}/${prefix}`);
  }
});

test("guard: names, zones and rubbish are no addresses", () => {
  for (const text of [
    "",
    "node.example",
    "localhost",
    "fe80::1%eth0",
    "2606:4700::1%1",
    "1.2.3",
    "1.2.3.4 ",
    "01.2.3.4",
  ])
    assert.equal(addressGuard([text])(text), false, text);
});

test("guard: the operator lists single addresses, in any spelling of them", () => {
  const allow = addressGuard(["127.0.0.1", "FD00:0::1", "10.0.0.0/8", "localhost", "::ffff:10.0.0.9"]);
  assert.equal(allow("127.0.0.1"), true);
  assert.equal(allow("fd00::1"), true);
  assert.equal(allow("fd00:0:0::0:1"), true);
  for (const other of ["127.0.0.2", "10.0.0.1", "::1", "fd00::2", "::ffff:127.0.0.1", "10.0.0.9"])
    assert.equal(allow(other), false, other);
  assert.equal(canonicalAddress("2001:DB8:0:0::1"), "2001:db8::1");
});

/** The network with all host bits set. */
function lastOf(network: string, prefix: number): string {
  if (network.includes(".")) {
    const value =
      network.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0) + 2 ** (32 - prefix) - 1;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
  }
  const [head = "", tail = ""] = network.split("::");
  const [before, after] = [head, tail].map((part) => (part === "" ? [] : part.split(":")));
  const filler = Array.from({ length: 8 - (before ?? []).length - (after ?? []).length }, () => "0");
  const groups = [...(before ?? []), ...filler, ...(after ?? [])];
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  const last = value | ((1n << BigInt(128 - prefix)) - 1n);
  return Array.from({ length: 8 }, (_, i) => ((last >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(
    ":",
  );
}
