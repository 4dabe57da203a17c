/** Sixty drafts that must not leave as they are; each names what must be found in it. Invented parties only. */
import { hash } from "node:crypto";
import * as make from "./files.ts";
import { AS_OF, body, file, OTHER, THEIRS, words, type Sample } from "./samples.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----";
const LOG = "2026-11-22T01:31:07Z";
const GIVEN = "g".repeat(43);
const ROUTE = [
  "Received: from ws-0421.corp.lan (unknown [192.168.7.21])\r\n by mail.vendor.example; Sun, 22 Nov 2026 01:00:00 +0000",
  "From: billing@pay.example",
  "To: abuse@vendor.example",
  "Subject: invoice",
];

export const LEAKS: readonly Sample[] = [
  words("sensor of the list", ["sensor-listed"], "First seen by Falkenauge at midnight."),
  words("sensor by glob", ["sensor-listed"], "Flow record taken at mer-north-obs."),
  words("sensor by prefix", ["sensor-listed"], "The graureiher4 box has the full capture."),
  words("host of a sensor", ["sensor-name"], "Alert raised on ids-north-02 at 01:31."),
  words("sensor with a domain", ["sensor-name"], "See zeek01.dmz.example for the session."),
  words("method in words", ["method-wording"], "The address walked into our honeypot twice."),
  words("human source", ["method-wording"], "A confidential source confirms the time."),
  words("method in Russian", ["method-wording"], "Наш источник подтверждает время."),
  words("method in Arabic", ["method-wording"], "أكد مصدر بشري هذا الوقت."),
  words("open weakness by id", ["weakness-listed"], "They came in through CVE-2026-41001."),
  words(
    "open weakness in words",
    ["weakness-wording"],
    "Two of our mail gateways are still vulnerable to this.",
  ),
  words(
    "own name and default password",
    ["weakness-wording"],
    "Meridia routers keep the default password for now.",
  ),
  words("victim by name", ["victim-listed"], "The crane control at the Port of Meridia stopped."),
  body("victim by domain", ["victim-listed"], { pack: { events: [{ host: "erp.port.example", id: "e1" }] } }),
  body("victim by range", ["victim-listed"], {
    pack: { events: [{ dst_address: "198.51.100.70", id: "e1" }] },
  }),
  body("victim without pseudonym", ["victim-unconsented"], { pack: { victims: [{ consent: "not-asked" }] } }),
  words(
    "TLP stronger than the message",
    ["tlp-mark"],
    "Taken from the report marked TLP:AMBER+STRICT of last week.",
  ),
  file("RED inside an AMBER message", ["tlp-red-mark"], make.text("TLP:RED", "Distribution: named readers")),
  words("originator controlled", ["originator-mark"], "Summary (ORCON) of the annex."),
  file("another party's file", ["third-party-item"], make.text("plain words"), {
    received: new Map([[digestOf(make.text("plain words")), { party: THEIRS, tlp: "AMBER" }]]),
  }),
  body(
    "another party's RED evidence",
    ["third-party-red"],
    { pack: { sources: [{ id: "s", raw_sha256: [GIVEN] }] } },
    {
      received: new Map([[GIVEN, { party: THEIRS, tlp: "RED" }]]),
    },
  ),
  file("no exposure class", ["exposure-missing"], make.text("plain words"), {
    envelope: { exposure: false },
  }),
  file("exposure above PAP", ["exposure-high"], make.text("plain words"), {
    envelope: { exposure: "cat5", pap: "RED" },
  }),
  words("second part of a source", ["source-combined"], "The capture came from an optical splitter.", {
    told: [{ party: "R".repeat(43), at: AS_OF - 200 * 86_400, facets: ["part:harbour/place"] }],
  }),
  body(
    "third fact about a pseudonym",
    ["victim-combined"],
    { occurred_from: "2026-11-22T01:31:07Z", pseudonym: "V-0099" },
    {
      told: [
        {
          party: "R".repeat(43),
          at: AS_OF - 86_400,
          facets: ["victim:V-0099/sector=energy", "victim:V-0099/number=1"],
        },
      ],
    },
  ),
  words("person's mail address", ["mail-address"], "Ask a.meier@vendor.example for the image."),
  words("telephone number", ["phone-number"], "Reach the shift at +43 1 234 56 78."),
  words("telephone number after its word", ["phone-number"], "Duty phone: 01 234 5678, day and night."),
  words("account", ["iban"], "Ransom refunded to DE89 3704 0044 0532 0130 00."),
  words("payment card", ["payment-card"], "The shop lost 4111 1111 1111 1111 among others."),
  words("user in a Windows path", ["user-path"], "Dropped in C:\\Users\\k.lehner\\AppData\\Roaming\\x.dll"),
  words("user in a home directory", ["user-path"], "History found in /home/klehner/.bash_history there."),
  words("officer of the list", ["officer-listed"], "Alma Brandt signed the release."),
  words("officer in Cyrillic", ["officer-listed"], "Подписал Йозеф Линден вчера."),
  words("national number by shape", ["national-id"], "Account holder 850412-1234A complained."),
  file("canary of another reader", ["canary-foreign"], make.text("id,label", "1,quartz-heron-41")),
  file("agreed canary missing", ["canary-missing"], make.text("id,label", "1,plain"), { to: OTHER }),
  body("sector outside the mandate", ["scope-sector"], { sector: "health" }),
  body("red line that was not agreed", ["scope-reference"], { red_lines: ["RL-9"], sector: "energy" }),
  words("RFC 1918 in words", ["internal-address"], "Lateral movement from 10.20.30.40 to the backup server."),
  words("unique local IPv6", ["internal-address"], "The host fd12:3456:789a::17 answered."),
  words("inner name", ["internal-host"], "Beacon from dc01.ad.meridia.internal every hour."),
  words("segment", ["vlan"], "Seen on VLAN 112 only."),
  words("card address", ["mac-address"], "Lease for 3c:22:fb:10:4e:91 at 01:30."),
  file(
    "log with host names",
    ["internal-host", "internal-address"],
    make.text(`${LOG} fs-02.corp smbd: 192.168.4.9 connect`),
  ),
  file(
    "own operations network",
    ["internal-host", "internal-address"],
    make.text(`${LOG} jump.ops.meridia.example 203.0.113.140`),
  ),
  words("private key", ["private-key"], PEM),
  file(
    "age identity in a file",
    ["private-key"],
    make.text("# created", `AGE-SECRET-KEY-1${"Q9".repeat(29)}`),
  ),
  file("cloud key in a script", ["access-key"], make.text("export K=AKIAIOSFODNN7EXAMPLE")),
  file(
    "token in a request",
    ["token"],
    make.text("GET /v1 HTTP/1.1", "Authorization: Bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
  ),
  file("password in a configuration", ["password"], make.text("db_user=app", "password = Gr8-Wall-Pass")),
  file(
    "EXIF position and camera",
    ["position", "device"],
    make.jpeg({ 0x010f: "Camera Works", 0xa431: "SN-009912" }, { gps: true }),
  ),
  file("author in a PNG", ["author"], make.png({ Author: "K. Lehner" })),
  file(
    "author of a docx and what it says",
    ["author", "internal-host"],
    make.docx({ author: "K. Lehner", paragraphs: ["copied from nas.lan"] }),
  ),
  file(
    "tracked change in a docx",
    ["hidden-content"],
    make.docx({
      paragraphs: ["done"],
      more: { "word/comments.xml": "<w:comments><w:t>ask Lehner</w:t></w:comments>" },
    }),
  ),
  file("author of an odt", ["author"], make.odt("Lehner", ["a note"])),
  file(
    "PDF with author and inner address",
    ["author", "internal-address"],
    make.pdf(["Server 172.20.1.5 was rebuilt."], { Author: "K Lehner" }),
  ),
  file(
    "pcap with RFC 1918, VLAN and cards",
    ["internal-address", "vlan", "mac-address"],
    make.pcap([{ from: "10.1.2.3", to: "192.0.2.17", vlan: 112, card: "3c22fb104e91" }]),
  ),
  file(
    "pcap with a question for an inner name",
    ["internal-host", "capture-host"],
    make.pcapng("eth1-tap", {
      from: "192.0.2.9",
      to: "192.0.2.53",
      port: 53,
      payload: make.dns("printer.corp.local"),
    }),
  ),
  file(
    "mail with its inner route and client",
    ["internal-host", "internal-address", "mail-client"],
    make.mail([...ROUTE, "X-Originating-IP: [192.168.7.21]"], "See the attached invoice."),
  ),
];

function digestOf(content: Uint8Array): string {
  return hash("sha256", content, "buffer").toString("base64url");
}
