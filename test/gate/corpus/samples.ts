/** What a corpus entry is, and the rules of the invented operator that every entry is checked with. */
import { createHash } from "node:crypto";
import type { JsonObject } from "#parley/codec/json.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import { checkDraftNow } from "#parley/gate/checks/check-draft.ts";
import { compileRules } from "#parley/gate/checks/compiled-rules.ts";
import type { Received, Told, CheckReport } from "#parley/gate/checks/finding.ts";
import type { RuleName } from "#parley/gate/checks/rule-list.ts";
import { parseRuleFile } from "#parley/gate/checks/rule-set.ts";

export const RIMAL = "R".repeat(43);
export const OTHER = "O".repeat(43);
export const THEIRS = "T".repeat(43);
export const AS_OF = 1_795_313_400;

/** CERT Meridia's own additions. */
export const OPERATOR_RULES: JsonObject = {
  format: "parley-gate-rules",
  version: 1,
  public: ["duty.desk@meridia.example", { kind: "suffix", value: "www.meridia.example" }],
  sensors: ["Falkenauge", { kind: "glob", value: "mer-*-obs" }, { kind: "prefix", value: "graureiher" }],
  officers: ["Alma Brandt", "Йозеф Линден"],
  own_names: ["Meridia"],
  internal: [
    { kind: "suffix", value: "ops.meridia.example" },
    { kind: "cidr", value: "203.0.113.128/25" },
  ],
  national_ids: [{ kind: "shape", value: "999999-9999A" }],
  open_weaknesses: ["CVE-2026-41001"],
  constituency: [
    {
      pseudonym: "V-0007",
      any: [
        "Port of Meridia",
        { kind: "suffix", value: "port.example" },
        { kind: "cidr", value: "198.51.100.64/26" },
      ],
    },
    { pseudonym: "V-0008", consent: true, any: ["Meridia Water"] },
  ],
  sources: [
    {
      id: "harbour",
      limit: 2,
      parts: [
        { id: "place", any: ["harbour exchange"] },
        { id: "way", any: ["optical splitter"] },
      ],
    },
  ],
  canaries: { agreed: [OTHER], markers: [{ id: "c1", value: "quartz-heron-41", party: OTHER }] },
  scopes: [{ party: RIMAL, sectors: ["energy", "ict-service-management"], refs: ["RL-1"] }],
};

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const own = parseRuleFile(Buffer.from(JSON.stringify(OPERATOR_RULES)));
if (isRefusal(own)) throw new Error(JSON.stringify(own.facts));
export const RULES_OF_MERIDIA = compileRules(sha256, own);

export interface Sample {
  readonly name: string;
  /** Rules that must all be found; empty for a clean one. */
  readonly leaks: readonly RuleName[];
  readonly message: JsonObject;
  /** Undefined: the node does not hold it. */
  readonly files: readonly (Uint8Array | undefined)[];
  readonly to: string;
  readonly told: readonly Told[];
  readonly received: ReadonlyMap<string, Received>;
}

type Extra = Partial<Pick<Sample, "to" | "told" | "received">> & { readonly envelope?: JsonObject };

const BASE: JsonObject = {
  case: "0192f3a1-0000-7000-8000-000000000001",
  from_role: "analyst",
  id: "0192f3a1-0000-7000-8000-000000000002",
  layer: "technical",
  nature: "real",
  officer: 2,
  precedence: "routine",
  serial: 7,
  tlp: "AMBER",
  type: "notice.update",
};

/** A message with this body. */
export function body(
  name: string,
  leaks: readonly RuleName[],
  content: JsonObject,
  extra: Extra = {},
): Sample {
  const { to = RIMAL, told = [], received = new Map(), envelope = {} } = extra;
  return { name, leaks, message: { ...BASE, ...envelope, body: content }, files: [], to, told, received };
}

/** A message whose free text is this. */
export function words(name: string, leaks: readonly RuleName[], text: string, extra: Extra = {}): Sample {
  const texts = [{ form: "original", lang: "en", text }];
  return body(name, leaks, { stage: "full" }, { ...extra, envelope: { ...extra.envelope, texts } });
}

/** A message with this file attached, its exposure stated. */
export function file(
  name: string,
  leaks: readonly RuleName[],
  content: Uint8Array,
  extra: Extra = {},
): Sample {
  const digest = Buffer.from(sha256(content)).toString("base64url");
  const attach = [
    {
      commit: digest,
      ct: digest,
      digest,
      media_type: "application/octet-stream",
      size_bytes: content.length,
    },
  ];
  const envelope = { attach, exposure: "cat2", ...extra.envelope };
  return { ...body(name, leaks, { stage: "full" }, { ...extra, envelope }), files: [content] };
}

export function checkSample({ message, files, to, told, received }: Sample): CheckReport {
  return checkDraftNow({
    message,
    attachments: files.map((bytes) => ({ bytes, isWhole: bytes !== undefined })),
    audience: [to],
    rules: RULES_OF_MERIDIA,
    told,
    received,
    asOf: AS_OF,
    sha256,
  });
}

export function rulesFound(sample: Sample): ReadonlySet<RuleName> {
  return new Set(checkSample(sample).findings.map(({ rule }) => rule));
}
