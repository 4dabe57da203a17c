/** E-mail, PDF and images (SPEC 13.5.5, 13.5.7, 13.5.8): what goes, what stays, what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { decodePDFRawStream, PDFDocument, PDFName, PDFRawStream } from "@cantoo/pdf-lib";
import fc from "fast-check";
import PostalMime from "postal-mime";
import sharp from "sharp";
import { copied, refused, shows } from "./kit.ts";

const mail = (...rules: object[]): object => ({ v: 1, format: "mail", rules });
const pdf = (...rules: object[]): object => ({ v: 1, format: "pdf", rules });
const image = (...boxes: object[]): object => ({ v: 1, format: "image", boxes });

const MESSAGE = [
  "Received: from mx7.internal.example ([10.4.7.21])",
  "\tby mail.meridia.example; Sun, 22 Nov 2026 02:10:00 +0000",
  "From: =?utf-8?B?SC4gQnJhbmR0?= <h.brandt@meridia.example>",
  "Subject: report",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="b1"',
  "",
  "shown by nobody",
  "--b1",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "From sensor-seven at 192.0.2.7, caf=C3=A9, a line that is long enough to =",
  "wrap around",
  "--b1",
  'Content-Type: application/octet-stream; name="list.bin"',
  "Content-Transfer-Encoding: base64",
  "",
  Buffer.from("the list of victims").toString("base64"),
  "--b1--",
  "nor is this",
  "",
].join("\r\n");

test("mail: headers and parts go, the rest stays byte for byte and is valid", async () => {
  const { copy, map } = await copied(
    MESSAGE,
    mail({ header: "received", how: "drop" }, { header: "From", how: "mask" }, { part: 2, how: "drop" }),
  );
  for (const secret of [
    "internal.example",
    "10.4.7.21",
    "H. Brandt",
    "h.brandt",
    "the list of victims",
    "nobody",
  ])
    assert(!shows(copy, secret), secret);
  const kept = MESSAGE.slice(MESSAGE.indexOf("Content-Type: text/plain"), MESSAGE.indexOf("wrap around"));
  assert(copy.includes(kept));
  const read = await PostalMime.parse(copy);
  assert.match(
    read.text ?? "",
    /sensor-seven at 192\.0\.2\.7, café, a line that is long enough to wrap around/,
  );
  assert.match(read.text ?? "", /\[withheld\]/);
  assert.equal(read.attachments.length, 0);
  assert.equal(read.subject, "report");
  assert.deepEqual(map.left_out, [
    { how: "dropped", count: 2 },
    { how: "masked", count: 1 },
    { how: "stripped", count: 2 },
  ]);
});

test("mail: a literal is found in every way that mail writes it", async () => {
  const body = (encoding: string, text: string): string =>
    `MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: ${encoding}\n\n${text}\n`;
  const encoded = [
    body("8bit", "ask h.brandt today"),
    body("base64", Buffer.from("ask h.brandt today").toString("base64")),
    body("quoted-printable", "ask h.b=\nrandt =74oday"),
    "Subject: =?utf-8?Q?ask_h=2Ebrandt_today?=\nMIME-Version: 1.0\n\nnothing",
  ];
  for (const text of encoded) {
    const { copy } = await copied(text, mail({ literal: "h.brandt", how: "mask" }));
    const read = await PostalMime.parse(copy);
    assert(!`${read.text} ${read.subject}`.includes("brandt") && !shows(copy, "h.brandt"), text);
  }
  const html = "MIME-Version: 1.0\nContent-Type: text/html\n\n<p>ask h&#46;bra<b></b>ndt</p>, h.brandt\n";
  await refused(html, mail({ literal: "h.brandt", how: "mask" }), "redaction-leak");
  const attached = MESSAGE.replace("the list", "the list");
  await refused(attached, mail({ literal: "list of victims", how: "mask" }), "redaction-unsupported");
});

test("mail: what two readers split differently is refused", async () => {
  const rule = mail({ header: "subject", how: "drop" });
  await refused(MESSAGE.replace("--b1--", "x"), rule, "redaction-truncated");
  await refused(MESSAGE.replace('"b1"', '"b1"; boundary=b2'), rule, "redaction-ambiguous");
  await refused(
    MESSAGE.replace("Subject:", "Content-Type: text/plain\r\nSubject:"),
    rule,
    "redaction-ambiguous",
  );
  await refused(MESSAGE.replace("--b1\r\n", "--b1x\r\n--b1-\r\n--b1\r\n"), rule, "redaction-ambiguous");
  await refused("no header here at all\n", rule, "redaction-malformed");
  await refused("\n\n", rule, "redaction-format");
  await refused("Subject: a\0b\n\n", rule, "redaction-format");
  await refused(
    "Subject: a\nContent-Transfer-Encoding: uu\n\nx",
    mail({ literal: "x1", how: "mask" }),
    "redaction-unsupported",
  );
  await refused(MESSAGE, mail({ header: "content-type", how: "drop" }), "redaction-plan");
  await refused(MESSAGE, mail({ part: 3, how: "drop" }), "redaction-no-match");
});

test("mail: any literal in any part: gone, however it was encoded", async () => {
  const word = fc.string({
    unit: fc.constantFrom("a", "b", "é", "ж", "ت", "7", "."),
    minLength: 6,
    maxLength: 9,
  });
  await fc.assert(
    fc.asyncProperty(
      word,
      fc.string({ maxLength: 30 }),
      fc.constantFrom("base64", "quoted-printable"),
      async (secret, around, encoding) => {
        fc.pre(!around.includes("\0"));
        const text = Buffer.from(`${around}${secret}${around}`.toWellFormed());
        const quoted = Array.from(text, (byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`);
        const body =
          encoding === "base64"
            ? text.toString("base64")
            : quoted.map((one, i) => (i % 20 === 19 ? `${one}=\n` : one)).join("");
        const whole = `MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: ${encoding}\n\n${body}\n`;
        const { copy } = await copied(whole, mail({ literal: secret, how: "mask" }));
        assert(!shows(copy, secret));
        assert(!(await PostalMime.parse(copy)).text?.includes(secret));
      },
    ),
    { numRuns: 50 },
  );
});

async function document(): Promise<Uint8Array> {
  const made = await PDFDocument.create();
  made.setTitle("Plan of the sensor net");
  made.setAuthor("Officer Seven");
  await made.attach(Buffer.from("attached victims list"), "list.txt");
  made.addJavaScript("open", "app.alert('who reads this')");
  const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .withExif({ IFD0: { Artist: "Officer Seven of the picture" } })
    .jpeg()
    .toBuffer();
  const picture = await made.embedJpg(jpeg);
  for (const text of ["first page stays", "second page goes"]) {
    const page = made.addPage([200, 100]);
    page.drawText(text);
    page.drawImage(picture, { x: 0, y: 0, width: 8, height: 8 });
    page.node.set(PDFName.of("PieceInfo"), made.context.obj({ Maker: "Editor of Officer Seven" }));
  }
  const metadata = made.context.flateStream("<x:xmpmeta>Officer Seven in XMP</x:xmpmeta>", {
    Type: "Metadata",
  });
  made.catalog.set(PDFName.of("Metadata"), made.context.register(metadata));
  const first = await made.save();
  // A later version of the file that hides what an earlier one said.
  const orphan = "\n900 0 obj\n(an earlier version said this)\nendobj\n";
  return Buffer.concat([Buffer.from(first), Buffer.from(`${orphan}%%EOF\n`)]);
}

/** The file as it is, and every stream of it unpacked. */
async function everything(bytes: Uint8Array): Promise<string> {
  const read = await PDFDocument.load(bytes, { updateMetadata: false });
  const streams = read.context
    .enumerateIndirectObjects()
    .flatMap(([, object]) => (object instanceof PDFRawStream ? [object] : []))
    .map((stream) => Buffer.from(isPicture(stream) ? stream.contents : decodePDFRawStream(stream).decode()));
  return [Buffer.from(bytes), ...streams].map((part) => part.toString("latin1")).join("\n");
}

function isPicture(stream: PDFRawStream): boolean {
  return stream.dict.get(PDFName.of("Subtype")) === PDFName.of("Image");
}

const hex = (text: string): string => Buffer.from(text).toString("hex").toUpperCase();

test("pdf: information, XMP, attachments, scripts, history, dropped pages and pictures' metadata are gone", async () => {
  const original = await document();
  const before = await everything(original);
  const { copy, map } = await copied(original, pdf({ pages: [2, 2], how: "drop" }));
  const after = await everything(copy);
  for (const secret of [
    "Officer Seven",
    "sensor net",
    "victims list",
    "list.txt",
    "app.alert",
    "an earlier version",
  ]) {
    assert(!after.includes(secret) && !after.includes(hex(secret)), secret);
  }
  assert(before.includes("Officer Seven of the picture") && before.includes("victims list"));
  assert(after.includes(hex("first page stays")) && !after.includes(hex("second page goes")));
  assert.equal((await PDFDocument.load(copy)).getPageCount(), 1);
  const told = new Set(map.places.map(({ at }) => at));
  for (const place of ["/info/Author", "/catalog/Metadata", "/catalog/Names", "/pages/2", "/pictures"])
    assert(told.has(place), place);
  assert.deepEqual((await copied(original, pdf({ pages: [2, 2], how: "drop" }))).copy, copy);
});

test("pdf: broken, foreign and encrypted documents are refused", async () => {
  const original = Buffer.from(await document());
  await refused(original.subarray(0, original.length / 2), pdf(), "redaction-truncated");
  await refused(Buffer.concat([Buffer.from("PK\x03\x04"), original]), pdf(), "redaction-format");
  await refused(Buffer.from("%PDF-1.7\nthere is nothing in it\n%%EOF\n"), pdf(), "redaction-malformed");
  await refused(original, pdf({ pages: [1, 9], how: "drop" }), "redaction-plan");
  const locked = await PDFDocument.load(original);
  locked.encrypt({ userPassword: "u", ownerPassword: "o", permissions: {} });
  await refused(await locked.save(), pdf(), "redaction-encrypted");
});

async function picture(kind: "png" | "jpeg" | "webp"): Promise<Buffer> {
  const pixels = sharp({
    create: { width: 64, height: 48, channels: 3, background: { r: 200, g: 30, b: 60 } },
  });
  const made = pixels
    .withExif({ IFD0: { Artist: "Officer Seven" } })
    .withXmp("<x:xmpmeta>Officer Seven</x:xmpmeta>");
  return kind === "png"
    ? made.png().toBuffer()
    : kind === "jpeg"
      ? made.jpeg().toBuffer()
      : made.webp({ lossless: true }).toBuffer();
}

test("image: metadata goes, boxes are black, what is beside them stays", async () => {
  for (const kind of ["png", "jpeg", "webp"] as const) {
    const original = await picture(kind);
    assert(original.includes("Officer Seven"), kind);
    const behind = Buffer.concat([original, Buffer.from("PK\x03\x04 a second file Officer Seven")]);
    const file = kind === "png" ? original : kind === "jpeg" ? behind : original;
    const { copy, map } = await copied(file, image({ left: 8, top: 8, width: 16, height: 8 }));
    assert(!copy.includes("Officer Seven"), kind);
    const { data, info } = await sharp(copy).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number): readonly number[] => [
      ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
    ];
    assert.deepEqual([info.width, info.height], [64, 48]);
    assert(
      at(16, 12).every((value) => value < 12),
      `${kind}: ${at(16, 12).join()}`,
    );
    assert(Math.abs((at(50, 40)[0] ?? 0) - 200) < 8, `${kind}: ${at(50, 40).join()}`);
    assert(map.places.some(({ at: place }) => place === "/boxes/1"));
  }
});

test("image: huge, truncated, animated and foreign pictures are refused", async () => {
  await refused(hugePng(30_000), image(), "redaction-limit");
  for (const kind of ["png", "jpeg", "webp"] as const) {
    const original = await picture(kind);
    const done = await import("./kit.ts").then(({ run }) =>
      run(original.subarray(0, original.length - 40), image()),
    );
    assert("code" in done && ["redaction-truncated", "redaction-malformed"].includes(done.code), kind);
  }
  await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), image(), "redaction-format");
  await refused(await picture("png"), image({ left: 64, top: 0, width: 1, height: 1 }), "redaction-no-match");
  const pixels = Buffer.from(Array.from({ length: 8 * 16 * 3 }, (_, i) => (i * 7) & 255));
  const frames = await sharp(pixels, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
    .webp()
    .toBuffer();
  await refused(frames, image(), "redaction-unsupported");
});

/** A picture of `side` × `side` that is a few bytes long: what a decoder would make of it is not. */
function hugePng(side: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const bytes = Buffer.alloc(8 + body.length);
    bytes.writeUInt32BE(data.length, 0);
    body.copy(bytes, 4);
    bytes.writeUInt32BE(crc(body), bytes.length - 4);
    return bytes;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head[8] = 8;
  const magic = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    magic,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(Buffer.alloc(1000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}
