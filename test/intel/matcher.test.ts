/** The matcher against a naive reader: no list that holds a value is left out, and none beside is named. */
import assert from "node:assert/strict";
import { domainToASCII } from "node:url";
import { test } from "node:test";
import fc from "fast-check";
import { parseRange, readAddress } from "#parley/intel/address.ts";
import type { IndicatorType } from "#parley/intel/indicator.ts";
import { parseLiteralRegex } from "#parley/intel/text-index.ts";
import { file, loaded, mispList } from "./kit.ts";

/** An address as a big number and its family, read in another way than the matcher does. */
interface Plain {
  readonly family: 4 | 6;
  readonly value: bigint;
}

function plainAddress(text: string): Plain | undefined {
  const [head = "", tail, ...rest] = text.split("::");
  if (!text.includes(":")) {
    const octets = text.split(".");
    if (octets.length !== 4 || !octets.every((one) => /^(0|[1-9]\d{0,2})$/.test(one) && Number(one) < 256))
      return undefined;
    return { family: 4, value: octets.reduce((sum, one) => sum * 256n + BigInt(one), 0n) };
  }
  if (rest.length > 0) return undefined;
  const groupsOf = (part: string): readonly bigint[] =>
    part === ""
      ? []
      : part.split(":").flatMap((group) => {
          const four = group.includes(".") ? plainAddress(group) : undefined;
          if (four !== undefined) return [four.value >> 16n, four.value & 0xffffn];
          return [/^[0-9a-f]{1,4}$/.test(group) ? BigInt(`0x${group}`) : -1n];
        });
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...Array.from({ length: missing }, () => 0n), ...back];
  if (groups.includes(-1n)) return undefined;
  const value = groups.reduce((sum, one) => sum * 65_536n + one, 0n);
  return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };
}

function holds(range: string, address: Plain): boolean {
  const [base = "", length] = range.split("/");
  const start = plainAddress(base);
  assert(start !== undefined, range);
  const mapped = start.family === 4 && base.includes(":");
  const wide = mapped && length !== undefined && Number(length) < 96;
  const family = wide ? 6 : start.family;
  const value = wide ? (0xffffn << 32n) + start.value : start.value;
  const size = family === 4 ? 32 : 128;
  const bits = length === undefined ? size : Number(length) - (mapped && !wide ? 96 : 0);
  return family === address.family && value >> BigInt(size - bits) === address.value >> BigInt(size - bits);
}

const octet = fc.integer({ min: 0, max: 255 });
/** Few first octets, so that ranges overlap and addresses hit. */
const four = fc
  .tuple(fc.constantFrom(0, 10, 192, 255), octet, fc.constantFrom(0, 1, 128, 255), octet)
  .map((octets) => octets.join("."));
const group = fc.constantFrom("0", "1", "db8", "8000", "ffff");
const six = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":")),
  fc.tuple(group, group, group).map(([a, b, c]) => `2001:${a}:${b}::${c}`),
  fc.constantFrom("::", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
);
const mapped = four.map((address) => `::ffff:${address}`);
const address = fc.oneof(four, six, mapped);
const range = fc.oneof(
  fc.tuple(four, fc.integer({ min: 0, max: 32 })).map(([base, bits]) => `${base}/${bits}`),
  fc.tuple(six, fc.integer({ min: 0, max: 128 })).map(([base, bits]) => `${base}/${bits}`),
  fc.tuple(mapped, fc.integer({ min: 0, max: 128 })).map(([base, bits]) => `${base}/${bits}`),
  fc.constantFrom("0.0.0.0/0", "::/0", "255.255.255.255/32", "::ffff:0:0/96"),
  address,
);

test("addresses: exactly the lists of which a range holds the address", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(range, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      fc.array(address, { minLength: 1, maxLength: 40 }),
      (lists, addresses) => {
        const { matcher } = loaded(...lists.map((list, i) => file(`list-${i}.json`, mispList("cidr", list))));
        // The ends of every range are where an index goes wrong.
        const ends = lists.flat().map((one) => one.split("/")[0] ?? "");
        for (const one of [...addresses, ...ends]) {
          const plain = plainAddress(one);
          assert(plain !== undefined, one);
          const expected = lists.flatMap((list, i) => (list.some((entry) => holds(entry, plain)) ? [i] : []));
          assert.deepEqual(matcher.matchAddress(one), expected, `${one} in ${JSON.stringify(lists)}`);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("addresses: the neighbours of the ends of a range are outside", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits, value) => {
      const text = (of: number): string =>
        [of >>> 24, (of >>> 16) & 255, (of >>> 8) & 255, of & 255].join(".");
      const size = 2 ** (32 - bits);
      const low = Math.floor(value / size) * size;
      const { matcher } = loaded(file("l.json", mispList("cidr", [`${text(value)}/${bits}`])));
      assert.deepEqual(matcher.matchAddress(text(low)), [0]);
      assert.deepEqual(matcher.matchAddress(text(low + size - 1)), [0]);
      if (low > 0) assert.deepEqual(matcher.matchAddress(text(low - 1)), []);
      if (low + size < 2 ** 32) assert.deepEqual(matcher.matchAddress(text(low + size)), []);
    }),
  );
});

test("addresses: what is read as one is one, and everything that two readers could read differently is none", () => {
  const words = new Uint32Array(4);
  fc.assert(
    fc.property(fc.oneof(address, fc.stringMatching(/^[0-9a-f:.]{1,20}$/)), (text) => {
      const plain = plainAddress(text);
      assert.equal(readAddress(text, words), plain?.family ?? 0, text);
      if (plain === undefined) return;
      const count = plain.family === 4 ? 1 : 4;
      const value = [...words.subarray(0, count)].reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);
      assert.equal(value, plain.value, text);
    }),
    { numRuns: 2_000 },
  );
  for (const text of [
    "010.0.0.1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "fe80::1%eth0",
    "1:2:3:4:5:6:7:8:9",
    ":::",
    "1::2::3",
    "::1.2.3.4.5",
    " 1.2.3.4",
    "",
  ])
    assert.equal(readAddress(text, words), 0, text);
  for (const text of [
    "1.2.3.4/33",
    "1.2.3.4/-1",
    "1.2.3.4/01",
    "1.2.3.4/",
    "::/129",
    "1.2.3.4/24/24",
    "/24",
    "1.2.3.4/2 4",
  ])
    assert.equal(parseRange(text), undefined, text);
});

test("ranges: a range is hit by every list that it touches", () => {
  const { matcher } = loaded(
    file("a.json", mispList("cidr", ["192.0.2.0/28", "2001:db8:1::/48"])),
    file("b.json", mispList("cidr", ["192.0.2.200"])),
  );
  assert.deepEqual(matcher.match("cidr", "192.0.2.0/24"), [0, 1]);
  assert.deepEqual(matcher.match("cidr", "192.0.2.128/25"), [1]);
  assert.deepEqual(matcher.match("cidr", "2001:db8::/32"), [0]);
  assert.deepEqual(matcher.match("cidr", "198.51.100.0/24"), []);
});

const label = fc.constantFrom("a", "b", "www", "bücher", "xn--bcher-kva", "EXAMPLE");
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));

test("names: a listed name and everything below it, in ASCII form; nothing that only ends alike", () => {
  const plain = (text: string): string => domainToASCII(text.replace(/\.$/, "")).toLowerCase();
  fc.assert(
    fc.property(
      fc.array(fc.array(name, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      fc.array(name, { minLength: 1, maxLength: 30 }),
      (lists, names) => {
        const { matcher } = loaded(
          ...lists.map((list, i) => file(`list-${i}.json`, mispList("hostname", list))),
        );
        for (const one of names) {
          const value = plain(one);
          const expected = lists.flatMap((list, i) =>
            list.some((entry) => value === plain(entry) || value.endsWith(`.${plain(entry)}`)) ? [i] : [],
          );
          assert.deepEqual(matcher.matchName(one), expected, `${one} in ${JSON.stringify(lists)}`);
          assert.deepEqual(matcher.match("url", `https://user@${one}:8443/x?y`), expected);
        }
      },
    ),
  );
});

test("parts: substrings and literal expressions find what a scan finds", () => {
  const piece = fc.stringMatching(/^[ab.]{1,4}$/);
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 12 }),
      fc.stringMatching(/^[ab.]{1,14}$/),
      (parts, value) => {
        const lists = parts.map((part, i) =>
          file(`list-${String(i).padStart(2, "0")}.json`, mispList("substring", [part])),
        );
        const expected = parts.flatMap((part, i) => (value.includes(part) ? [i] : []));
        assert.deepEqual(loaded(...lists).matcher.match("file_name", value), expected);
      },
    ),
  );
});

const EXPRESSIONS: readonly (readonly [pattern: string, type: IndicatorType, value: string, hit: boolean])[] =
  [
    ["^mail\\.example$", "domain", "mail.example", true],
    ["^mail\\.example$", "domain", "xmail.example", false],
    ["/example\\.net$/i", "domain", "WWW.EXAMPLE.NET", true],
    ["example\\.net$", "domain", "example.net.other", false],
    ["^.*tracker.*$", "domain", "a.tracker.example", true],
    ["^track", "domain", "tracker.example", true],
    ["^track", "domain", "a.tracker.example", false],
  ];

test("expressions: one literal text with anchors is loaded; anything that could run long is named and left out", () => {
  for (const [pattern, type, value, hit] of EXPRESSIONS) {
    const { matcher } = loaded(file("l.json", mispList("regex", [pattern])));
    assert.deepEqual(matcher.match(type, value), hit ? [0] : [], `${pattern} on ${value}`);
  }
  for (const bomb of [
    "(a+)+$",
    "^(a|a)*b",
    "a{1,99999}",
    "[a-z]+",
    "(?=a)b",
    "a\\d",
    ".*",
    "^$",
    "",
    "a|b",
    "\\",
  ])
    assert.equal(parseLiteralRegex(bomb), undefined, bomb);
});

test("kinds: a list is asked for what its publisher means it for", () => {
  const { matcher } = loaded(
    file(
      "a.json",
      mispList("string", ["d41d8cd98f00b204e9800998ecf8427e"], { matching_attributes: ["md5"] }),
    ),
    file(
      "b.json",
      mispList("substring", ["mail.example"], { matching_attributes: ["email-src", "domain|ip"] }),
    ),
    file("c.json", mispList("cidr", ["192.0.2.0/24"], { matching_attributes: ["ip-src", "domain|ip"] })),
  );
  assert.deepEqual(matcher.match("md5", "D41D8CD98F00B204E9800998ECF8427E"), [0]);
  assert.deepEqual(matcher.match("file_name", "d41d8cd98f00b204e9800998ecf8427e"), []);
  assert.deepEqual(matcher.match("email", "x@hotmail.example"), [1]);
  assert.deepEqual(matcher.match("domain", "hotmail.example"), []);
  assert.deepEqual(matcher.match("url", "https://192.0.2.9/x"), [2]);
  assert.deepEqual(matcher.match("other", "192.0.2.9:443"), [2]);
});
