/** Sixty drafts that people send every day and that must pass without a flag. Documentation addresses only. */
import * as make from "./files.ts";
import { body, file, OTHER, words, type Sample } from "./samples.ts";

const T = "2026-11-22T01:31:07Z";
const FLOW = `${T} 192.0.2.17:51413 > 198.51.100.9:443 TLS update.vendor.example`;
const HASH = "5f3a".repeat(16);
const UUID = "0192f3a1-0000-7000-8000-000000000001";
const LOGS = Array.from(
  { length: 400 },
  (_, i) =>
    `2026-11-22T01:${String(i % 60).padStart(2, "0")}:07.${100 + i}Z gw sshd[${4000 + i}]: Failed password for root from 203.0.113.${i % 120} port ${30_000 + i} ssh2`,
);
const ACCESS = [
  '192.0.2.17 - - [22/Nov/2026:01:31:07 +0000] "GET /home/products/list HTTP/1.1" 200 5316 "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0"',
  '192.0.2.18 - - [22/Nov/2026:01:31:09 +0000] "POST /login.php?user=1&id=4711 HTTP/1.1" 302 0 "https://shop.vendor.example/" "curl/8.5.0"',
];
const S2 = {
  contact: { office: "CERT Meridia watch desk", valid_until: "2026-12-22T02:10:00Z" },
  events: [
    {
      count: 1200,
      dst_address: "198.51.100.9",
      dst_port: 443,
      host: "update.vendor.example",
      id: "e1",
      protocol: "tcp",
      sensor: "s1",
      src_address: "192.0.2.17",
      src_port: 51_413,
      time: T,
    },
  ],
  exhibits: [
    {
      acquired_sha256: "c2FtcGxlLWxvZy1vZi1tZXJpZGlhLWdhdGV3YXktMDE",
      custody: [{ act: "acquired", at: T, by: "watch-desk", tool: "tcpdump 4.99" }],
      excerpt: FLOW,
      id: "x1",
      kind: "log",
      verbatim: true,
    },
  ],
  sources: [{ admiralty: "B2", collector: "meridia-flow", id: "flow" }],
  victims: [{ pseudonym: "V-0001" }, { consent: "given" }],
};

export const CLEAN: readonly Sample[] = [
  words(
    "early notice",
    [],
    "We believe that a server in your network controls infected machines. No evidence yet; please watch.",
  ),
  words("thanks", [], "Thank you for the quick block. We see no more traffic since 03:00 UTC."),
  words("their weakness", [], "Unpatched servers on your network answer on port 8443 and are being scanned."),
  words("a public CVE", [], "The intruder used CVE-2024-99999 against several firms."),
  words(
    "versions",
    [],
    "Affected are releases 10.2.3.4 and later: version 10.2.3.4, firmware 172.16.4.2, build 192.168.1.0.",
  ),
  words("browser", [], "User agent Chrome/10.0.0.1 with Safari/537.36 and OpenVPN/10.8.0.1 strings."),
  words("object identifiers", [], "The certificate has the extension 1.3.6.1.4.1.311.21.7 and 2.5.29.17."),
  words("hashes", [], `SHA-256 ${HASH}, MD5 ${HASH.slice(0, 32)}, imphash ${HASH.slice(0, 32)}`),
  words("uuid and digest", [], `${UUID} and c2FtcGxlLWRyb3BwZXItb2YtdGhlLXVwZGF0ZS0wMDE`),
  words(
    "times",
    [],
    "Between 01:31:07 and 02:10:00, on 2026-11-22 and 2026-11-23; epoch 1763777467123456, offset +0000 and +0200.",
  ),
  words("documentation addresses", [], "192.0.2.1, 198.51.100.7, 203.0.113.5 and 2001:db8::17 took part."),
  words(
    "a filter rule",
    [],
    "Please drop packets that claim to come from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fc00::/7.",
  ),
  words(
    "role mailboxes",
    [],
    "Write to abuse@isp.example, cert@rimal.example, noc-duty@isp.example or no-reply@vendor.example.",
  ),
  words("announced mailbox", [], "Our desk is duty.desk@meridia.example."),
  words("consented constituent", [], "Meridia Water agreed to be named in this message."),
  words(
    "ordinary words",
    [],
    "The internal review of the corporate network is private; a local team tapped several sources and probed further.",
  ),
  words(
    "lanes and spans",
    [],
    "It spans three weeks; tap-to-pay terminals and laptop-based tills were hit; the collector of taxes was not.",
  ),
  words("product names", [], "Suricata 7.0.3, zeek-6.0.1, snort3 and Sysmon 15 see it with default rules."),
  words(
    "password advice",
    [],
    "Password required after reset. Password: incorrect was shown. Tell users to change the password.",
  ),
  words("own marking", [], "This message is TLP:AMBER. The annex is TLP:GREEN, the press line TLP:CLEAR."),
  words("VLAN in general", [], "The attackers hop between VLANs; VLAN tagging was misused on switches."),
  words(
    "code",
    [],
    "The loader calls std::filesystem::path and java.lang.Runtime.exec and reads settings.local.json.",
  ),
  words(
    "public paths",
    [],
    "Dropped to C:\\Users\\Public\\update.exe and /home/user/.cache, run by C:\\Windows\\System32\\svchost.exe.",
  ),
  words("documentation cards", [], "The lab replay uses 00:00:5e:00:53:01 and ff:ff:ff:ff:ff:ff."),
  words(
    "amounts",
    [],
    "Loss of 4,111,111 in 1,250 cases; ticket 2026-4471-0098; reference 1234567890123456.",
  ),
  words(
    "numbers like cards",
    [],
    "Counters 4111111111111112 and 5500000000000005x were printed; order 62-44.",
  ),
  words(
    "numbers like accounts",
    [],
    "Batch DE12 3456 7890 1234 5678 90 is a part number; GB-2026-17 a file.",
  ),
  words("Arabic", [], "نعتقد أن خادماً في شبكتكم يتحكم بأجهزة مصابة. نرجو المراقبة ولا نطلب حجباً."),
  words(
    "Russian",
    [],
    "Мы полагаем, что сервер в вашей сети управляет заражёнными машинами. Просим наблюдать.",
  ),
  words("German with umlauts", [], "Größere Störungen bei fünf Häfen; keine Maßnahme nötig."),
  words(
    "defanged public",
    [],
    "C2 at hxxps://update[.]vendor[.]example/a and 192[.]0[.]2[.]17, mail to abuse[at]isp[.]example.",
  ),
  words(
    "encoded public",
    [],
    `Beacon body ${Buffer.from("id=17&host=update.vendor.example&os=linux").toString("base64")} and %2Fupdate%3Fid%3D17`,
  ),
  words("certificate", [], "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n-----END CERTIFICATE-----"),
  words(
    "public keys",
    [],
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample",
  ),
  words(
    "a sentence with a colon",
    [],
    "Secret: none. Token ring is old. The bearer of this message is known to both.",
  ),
  words("scores", [], "Confidence 0.75, ratio 10.5, sizes 1.2.3 and 1.2.3.4.5; see section 10.1.2."),
  body("a full notice", [], {
    indicators: [
      { role: "command-and-control", type: "ipv4", value: "192.0.2.17" },
      { role: "payload", type: "sha256", value: HASH },
    ],
    material_change: true,
    sector: "energy",
    stage: "full",
    victims: { count: 37, pseudonyms: ["V-0001", "V-0002"] },
  }),
  body("mail addresses as indicators", [], {
    indicators: [
      { type: "email", value: "j.doe@phish.example" },
      { type: "domain", value: "phish.example" },
    ],
  }),
  body("a pack for S2", [], { pack: S2, harm: { sector: "energy" } }),
  body("agreed red line", [], { red_lines: ["RL-1"], sector: "ict-service-management" }),
  body("a verdict", [], { verdicts: [{ ask: 1, items: ["E04"], verdict: "insufficient" }] }),
  body("first word about a pseudonym", [], { occurred_from: T, pseudonym: "V-0099", sector: "energy" }),
  words("first part of a source", [], "We looked again at the harbour exchange."),
  words("an old part is not counted", [], "It was an optical splitter.", {
    told: [{ party: "R".repeat(43), at: 1_700_000_000, facets: ["part:harbour/place"] }],
  }),
  words("told to another party", [], "It was an optical splitter.", {
    told: [{ party: OTHER, at: 1_795_000_000, facets: ["part:harbour/place"] }],
  }),
  file("sshd log", [], make.text(...LOGS)),
  file("web log", [], make.text(...ACCESS)),
  file("flow log packed", [], make.gzip(make.text(FLOW, FLOW))),
  file(
    "indicator list",
    [],
    make.text(
      "type,value",
      "ipv4,192.0.2.17",
      `sha256,${HASH}`,
      "domain,update.vendor.example",
      "url,https://update.vendor.example/home/a.php?x=1",
    ),
  ),
  file(
    "STIX",
    [],
    make.text(
      JSON.stringify({
        id: `indicator--${UUID}`,
        pattern: "[ipv4-addr:value = '192.0.2.17']",
        spec_version: "2.1",
        type: "indicator",
        valid_from: T,
      }),
    ),
  ),
  file("agreed canary", [], make.text("id,label", "1,quartz-heron-41"), { to: OTHER }),
  file(
    "docx without author",
    [],
    make.docx({ paragraphs: ["The control server is 192.0.2.17.", "Traffic stopped at 03:00 UTC."] }),
  ),
  file("xlsx", [], make.xlsx(["address", "192.0.2.17", "first seen", T])),
  file("odt", [], make.odt("", ["Summary of the case, version 1.2."])),
  file(
    "pdf without author",
    [],
    make.pdf(["Timeline of the case", `${T} first contact with 192.0.2.17`], {
      Title: "Timeline",
      Producer: "pdf writer 10.2.3",
    }),
  ),
  file("jpeg without metadata", [], make.jpeg({}, { comment: "chart of connections" })),
  file("png with a title", [], make.png({ Title: "Connections per hour", Software: "plot 3.2" })),
  file(
    "pcap of documentation hosts",
    [],
    make.pcap([
      {
        from: "192.0.2.17",
        to: "198.51.100.9",
        payload: "GET /update HTTP/1.1\r\nHost: update.vendor.example\r\nUser-Agent: curl/8.5.0\r\n\r\n",
      },
      { from: "198.51.100.9", to: "192.0.2.53", payload: make.dns("update.vendor.example"), port: 53 },
    ]),
  ),
  file(
    "phishing mail",
    [],
    make.multipart(
      [
        "Received: from mx.pay.example (mx.pay.example [192.0.2.44]) by mail.vendor.example",
        "From: Billing <billing@pay.example>",
        "To: abuse@vendor.example",
        "Subject: =?utf-8?Q?Your_invoice?=",
        "Message-ID: <20261122013107.4711.998877@pay.example>",
      ],
      [
        [
          "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable",
          "Please see https://pay.example/i?id=3D17",
        ],
      ],
    ),
  ),
  file(
    "archive of logs",
    [],
    make.zip({
      "access.log": make.text(...ACCESS),
      "readme.txt": make.text("One day of logs, times in UTC."),
    }),
  ),
];
