/** Small files of every kind that the gate reads, made by code: pictures, documents, captures, mails, archives. */
import { deflateSync, gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";

export const text = (...lines: readonly string[]): Uint8Array => strToU8(lines.join("\n") + "\n");

function bytesOf(...parts: readonly (readonly number[] | Uint8Array | string)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))),
  );
}

const u16 = (value: number): readonly number[] => [value >> 8, value & 255];
const u32 = (value: number): readonly number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** Tag and text; a GPS directory stands for a position. */
export function exif(tags: Readonly<Record<number, string>>, gps = false): Uint8Array {
  const entries = Object.entries(tags).map(([tag, value]) => ({ tag: Number(tag), value: `${value}\0` }));
  const count = entries.length + (gps ? 1 : 0);
  const dataAt = 8 + 2 + count * 12 + 4;
  let data = "";
  const rows = entries.map(({ tag, value }) => {
    const padded = value.padEnd(5, "\0");
    const row = [...u16(tag), 0, 2, ...u32(padded.length), ...u32(dataAt + data.length)];
    data += padded;
    return row;
  });
  const gpsAt = dataAt + data.length;
  if (gps) rows.push([...u16(0x8825), 0, 4, ...u32(1), ...u32(gpsAt)]);
  const directory = gps ? [0, 1, ...u16(1), 0, 2, ...u32(2), 0x4e, 0, 0, 0, ...u32(0)] : [];
  return bytesOf("MM\0*", u32(8), u16(count), ...rows, u32(0), data, directory);
}

export function jpeg(
  tags: Readonly<Record<number, string>> = {},
  options: { gps?: boolean; comment?: string; tail?: string } = {},
): Uint8Array {
  const block = exif(tags, options.gps === true);
  const hasExif = options.gps === true || Object.keys(tags).length > 0;
  const app1 = hasExif ? bytesOf([0xff, 0xe1], u16(block.length + 8), "Exif\0\0", block) : bytesOf();
  const comment = options.comment ?? "";
  const com = comment === "" ? bytesOf() : bytesOf([0xff, 0xfe], u16(comment.length + 2), comment);
  return bytesOf([0xff, 0xd8], app1, com, [0xff, 0xda, 0, 2, 1, 2, 3, 4, 0xff, 0xd9], options.tail ?? "");
}

export function png(texts: Readonly<Record<string, string>> = {}): Uint8Array {
  const chunk = (kind: string, content: Uint8Array): Uint8Array =>
    bytesOf(u32(content.length), kind, content, u32(0));
  const words = Object.entries(texts).map(([key, value]) => chunk("tEXt", bytesOf(`${key}\0${value}`)));
  const head = chunk("IHDR", bytesOf(u32(1), u32(1), [8, 2, 0, 0, 0]));
  return bytesOf(
    "\x89PNG\r\n\x1a\n",
    head,
    ...words,
    chunk("IDAT", deflateSync(Buffer.alloc(4))),
    chunk("IEND", bytesOf()),
  );
}

const xml = (inner: string): Uint8Array => strToU8(`<?xml version="1.0"?>${inner}`);

export interface DocumentParts {
  readonly author?: string;
  readonly paragraphs: readonly string[];
  /** Further members by name. */
  readonly more?: Readonly<Record<string, string>>;
}

export function docx({ author = "", paragraphs, more = {} }: DocumentParts): Uint8Array {
  const body = paragraphs.map((one) => `<w:p><w:r><w:t>${one}</w:t></w:r></w:p>`).join("");
  const others = Object.entries(more).map(([name, inner]) => [name, xml(inner)] as const);
  return zipSync({
    "[Content_Types].xml": xml("<Types/>"),
    "docProps/core.xml": xml(`<cp:coreProperties><dc:creator>${author}</dc:creator></cp:coreProperties>`),
    "word/document.xml": xml(`<w:document><w:body>${body}</w:body></w:document>`),
    ...Object.fromEntries(others),
  });
}

export function xlsx(cells: readonly string[], author = ""): Uint8Array {
  return zipSync({
    "[Content_Types].xml": xml("<Types/>"),
    "docProps/core.xml": xml(
      `<cp:coreProperties><cp:lastModifiedBy>${author}</cp:lastModifiedBy></cp:coreProperties>`,
    ),
    "xl/sharedStrings.xml": xml(`<sst>${cells.map((cell) => `<si><t>${cell}</t></si>`).join("")}</sst>`),
  });
}

export function odt(author: string, paragraphs: readonly string[]): Uint8Array {
  return zipSync({
    mimetype: strToU8("application/vnd.oasis.opendocument.text"),
    "meta.xml": xml(`<office:meta><meta:initial-creator>${author}</meta:initial-creator></office:meta>`),
    "content.xml": xml(
      `<office:text>${paragraphs.map((one) => `<text:p>${one}</text:p>`).join("")}</office:text>`,
    ),
  });
}

export function zip(members: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync({ ...members });
}

/** One page with one line per text, packed as most programs do. */
export function pdf(lines: readonly string[], info: Readonly<Record<string, string>> = {}): Uint8Array {
  const shown = lines.map((line) => `(${line.replace(/[()\\]/g, "\\$&")}) Tj T*`).join("\n");
  const content = deflateSync(Buffer.from(`BT /F1 12 Tf\n${shown}\nET`, "latin1"));
  const members = Object.entries(info)
    .map(([key, value]) => `/${key} (${value})`)
    .join(" ");
  return bytesOf(
    "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
    `4 0 obj\n<< /Length ${content.length} /Filter /FlateDecode >>\nstream\n`,
    content,
    `\nendstream\nendobj\n5 0 obj\n<< ${members} >>\nendobj\ntrailer\n<< /Info 5 0 R /Root 1 0 R >>\n%%EOF\n`,
  );
}

export interface PacketInput {
  readonly from: string;
  readonly to: string;
  readonly vlan?: number;
  /** Six bytes in hexadecimal; by default the documentation range. */
  readonly card?: string;
  readonly payload?: Uint8Array | string;
  readonly port?: number;
}

export function pcap(packets: readonly PacketInput[]): Uint8Array {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt32LE(1, 20);
  const framed = packets.map((packet) => {
    const frame = ethernet(packet);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return bytesOf(record, frame);
  });
  return bytesOf(head, ...framed);
}

function ethernet({
  from,
  to,
  vlan,
  card = "00005e005301",
  payload = "",
  port = 443,
}: PacketInput): Uint8Array {
  const content = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const udp = bytesOf(u16(53_000), u16(port), u16(8 + content.length), [0, 0], content);
  const ip = bytesOf(
    [0x45, 0],
    u16(20 + udp.length),
    [0, 0, 0, 0, 64, 17, 0, 0],
    octets(from),
    octets(to),
    udp,
  );
  const tag = vlan === undefined ? [] : [0x81, 0, ...u16(vlan)];
  return bytesOf(Buffer.from("00005e005302", "hex"), Buffer.from(card, "hex"), tag, [8, 0], ip);
}

function octets(address: string): readonly number[] {
  return address.split(".").map(Number);
}

/** A question for a name. */
export function dns(name: string): Uint8Array {
  const labels = name.split(".").map((label) => bytesOf([label.length], label));
  return bytesOf([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], ...labels, [0, 0, 1, 0, 1]);
}

export function pcapng(interfaceName: string, packet: PacketInput): Uint8Array {
  const le32 = (value: number): Uint8Array => {
    const four = Buffer.alloc(4);
    four.writeUInt32LE(value);
    return four;
  };
  const block = (kind: number, body: Uint8Array): Uint8Array => {
    const padded = bytesOf(body, Buffer.alloc((4 - (body.length % 4)) % 4));
    return bytesOf(le32(kind), le32(padded.length + 12), padded, le32(padded.length + 12));
  };
  const name = bytesOf(
    [2, 0, interfaceName.length, 0],
    interfaceName,
    Buffer.alloc((4 - (interfaceName.length % 4)) % 4),
    [0, 0, 0, 0],
  );
  const frame = ethernet(packet);
  return bytesOf(
    block(0x0a0d0d0a, bytesOf(le32(0x1a2b3c4d), [1, 0, 0, 0], Buffer.alloc(8, 255))),
    block(1, bytesOf([1, 0, 0, 0], le32(0), interfaceName === "" ? [] : name)),
    block(6, bytesOf(le32(0), le32(0), le32(0), le32(frame.length), le32(frame.length), frame)),
  );
}

export function mail(headers: readonly string[], body: string): Uint8Array {
  const common = ["Date: Sun, 22 Nov 2026 01:00:00 +0000", "MIME-Version: 1.0"];
  return Buffer.from([...headers, ...common, "", body, ""].join("\r\n"), "latin1");
}

export function multipart(
  headers: readonly string[],
  parts: readonly (readonly [string, string])[],
): Uint8Array {
  const body = parts.map(([head, content]) => `--b1\r\n${head}\r\n\r\n${content}\r\n`).join("") + "--b1--";
  return mail([...headers, 'Content-Type: multipart/mixed; boundary="b1"'], body);
}

export function tar(name: string, content: Uint8Array, user = ""): Uint8Array {
  const head = Buffer.alloc(512);
  head.write(name, 0, "latin1");
  head.write(content.length.toString(8).padStart(11, "0"), 124, "latin1");
  head.write("ustar", 257, "latin1");
  head.write(user, 265, "latin1");
  return bytesOf(head, content, Buffer.alloc((512 - (content.length % 512)) % 512), Buffer.alloc(1024));
}

export const gzip = (content: Uint8Array): Uint8Array => gzipSync(content);
