/**
 * What the members of a message say by themselves (SPEC 14.4.8): consent, marking, exposure, canaries, scope. No
 * text is read here.
 */
import type { JsonObject } from "#parley/codec/json.ts";
import { EXPOSURES } from "#parley/protocols/envelope.ts";
import type { DeclaredCanary } from "./compiled-rules.ts";
import { listAt, objectAt, textsAt } from "./combination.ts";
import type { Received } from "./finding.ts";
import { tlpRank } from "./read-words.ts";
import type { RuleName } from "./rule-list.ts";
import type { RuleFile } from "./rule-set.ts";

export interface MemberHit {
  readonly rule: RuleName;
  readonly at: string;
}

export interface MemberContext {
  readonly audience: readonly string[];
  readonly file: RuleFile;
  /** By digest, base64url: what other parties gave. */
  readonly received: ReadonlyMap<string, Received>;
  /** Variants of the house's register. */
  readonly declared: readonly DeclaredCanary[];
  /** Canaries that texts and files held: ids of markers, and decoys as `canary/number`. */
  readonly canaries: ReadonlySet<string>;
}

export function checkMembers(message: JsonObject, context: MemberContext): readonly MemberHit[] {
  return [
    ...checkVictims(message),
    ...checkOriginators(message, context),
    ...checkExposure(message, context.file),
    ...checkCanaries(message, context),
    ...checkScope(message, context),
  ];
}

function packOf(message: JsonObject): JsonObject {
  return objectAt(objectAt(message["body"])["pack"]);
}

function checkVictims(message: JsonObject): readonly MemberHit[] {
  return listAt(packOf(message)["victims"]).flatMap((victim, i): readonly MemberHit[] =>
    victim["pseudonym"] === undefined && victim["consent"] !== "given"
      ? [{ rule: "victim-unconsented", at: `/body/pack/victims/${i}` }]
      : [],
  );
}

/** R4: material of another party, by digest, and a pack marked stronger than its message. */
function checkOriginators(
  message: JsonObject,
  { audience, file, received }: MemberContext,
): readonly MemberHit[] {
  const pack = packOf(message);
  const digests: readonly (readonly [string, string])[] = [
    ...listAt(message["attach"]).flatMap((one, i) =>
      textsAt(one["digest"]).map((d) => [d, `/attach/${i}`] as const),
    ),
    ...listAt(pack["exhibits"]).flatMap((one, i) =>
      textsAt(one["acquired_sha256"]).map((d) => [d, `/body/pack/exhibits/${i}`] as const),
    ),
    ...listAt(pack["sources"]).flatMap((one, i) =>
      textsAt(one["raw_sha256"]).map((d) => [d, `/body/pack/sources/${i}`] as const),
    ),
  ];
  const foreign = digests.flatMap(([digest, at]): readonly MemberHit[] => {
    const origin = received.get(digest);
    if (origin === undefined || audience.every((party) => party === origin.party)) return [];
    const consents = (file.consents ?? []).filter((one) => one.digest === digest).map(({ party }) => party);
    if (audience.every((party) => party === origin.party || consents.includes(party))) return [];
    return [{ rule: origin.tlp === "RED" ? "third-party-red" : "third-party-item", at }];
  });
  const mark = textsAt(objectAt(pack["handling"])["tlp"])[0];
  const isStronger = mark !== undefined && tlpRank(mark) < tlpRank(String(message["tlp"]));
  const rule = mark === "RED" ? "tlp-red-mark" : "tlp-mark";
  return isStronger ? [...foreign, { rule, at: "/body/pack/handling/tlp" }] : foreign;
}

/** The highest class that a permissible action under PAP can have: detectable to nobody, passive, active, any. */
const HIGHEST_BY_PAP: Readonly<Record<string, string>> = {
  RED: "cat2",
  AMBER: "cat4",
  GREEN: "cat5",
  CLEAR: "cat6",
};

/** R5: what would the doer learn, if the recipient did the most that is allowed to it? */
function checkExposure(message: JsonObject, { exposure }: RuleFile): readonly MemberHit[] {
  const pack = packOf(message);
  const handling = objectAt(pack["handling"]);
  const stated = textsAt(message["exposure"])[0] ?? textsAt(handling["exposure"])[0];
  const carries = {
    attachments: listAt(message["attach"]).length > 0,
    indicators: listAt(objectAt(message["body"])["indicators"]).length > 0,
    packs: Object.keys(pack).length > 0,
  };
  if (stated === undefined)
    return exposure?.required_for.some((one) => carries[one]) === true
      ? [{ rule: "exposure-missing", at: "/exposure" }]
      : [];
  const pap = textsAt(message["pap"])[0] ?? textsAt(handling["pap"])[0];
  const limits = [exposure?.highest, pap && HIGHEST_BY_PAP[pap]].filter((one) => one !== undefined);
  return limits.some((limit) => rankOf(stated) > rankOf(limit))
    ? [{ rule: "exposure-high", at: "/exposure" }]
    : [];
}

function rankOf(exposure: string | undefined): number {
  return EXPOSURES.findIndex((one) => one === exposure);
}

/** R8: a canary of this reader where one was agreed, and none of another reader. */
function checkCanaries(message: JsonObject, context: MemberContext): readonly MemberHit[] {
  const { audience, file, canaries } = context;
  const markers = (file.canaries?.markers ?? []).filter(({ id }) => canaries.has(id));
  const carried = [...markers, ...declaredIn(message, context)].map(({ party }) => party);
  const isForeign = carried.some((party) => party === undefined || !audience.includes(party));
  const agreed = audience.filter((party) => file.canaries?.agreed?.includes(party) === true);
  const isMissing = listAt(message["attach"]).length > 0 && agreed.some((party) => !carried.includes(party));
  return [
    ...(isForeign ? [{ rule: "canary-foreign", at: "" } as const] : []),
    ...(isMissing ? [{ rule: "canary-missing", at: "/attach" } as const] : []),
  ];
}

/** Addresses of version 4 kept for documentation are few, and stand in texts for many reasons. */
const DECOYS_OF_A_VARIANT: Readonly<Partial<Record<DeclaredCanary["kind"], number>>> = { ipv4: 3 };

/** Variants that a message carries: the file itself, or enough of the decoys that only they have. */
function declaredIn(
  message: JsonObject,
  { audience, declared, canaries }: MemberContext,
): readonly DeclaredCanary[] {
  const digests = new Set(listAt(message["attach"]).flatMap((one) => textsAt(one["digest"])));
  const isFor = ({ party }: DeclaredCanary): boolean => audience.includes(party);
  const shared = new Set(declared.filter(isFor).flatMap(({ decoys }) => decoys));
  return declared.filter((one) => {
    if (digests.has(one.variant)) return true;
    const counted = one.decoys.filter(
      (decoy, i) => canaries.has(`${one.canary}/${i}`) && (isFor(one) || !shared.has(decoy)),
    );
    return counted.length >= (DECOYS_OF_A_VARIANT[one.kind] ?? 1);
  });
}

/** R9: sector, layer and references against what the agreement with this reader covers. */
function checkScope(message: JsonObject, { audience, file }: MemberContext): readonly MemberHit[] {
  const body = objectAt(message["body"]);
  const sectors = [
    ...textsAt(body["sector"]).map((sector) => [sector, "/body/sector"] as const),
    ...textsAt(objectAt(body["harm"])["sector"]).map((sector) => [sector, "/body/harm/sector"] as const),
  ];
  const refs = [
    ...listAt(message["refs"]).flatMap((ref, i) =>
      ref["kind"] === "red_line" || ref["kind"] === "mandate"
        ? [[String(ref["id"]), `/refs/${i}`] as const]
        : [],
    ),
    ...textsAt(body["red_lines"]).map((id, i) => [id, `/body/red_lines/${i}`] as const),
  ];
  return (file.scopes ?? [])
    .filter(({ party }) => audience.includes(party))
    .flatMap((scope): readonly MemberHit[] => [
      ...sectors.flatMap(([sector, at]) =>
        scope.sectors?.some((one) => one === sector) === false ? [{ rule: "scope-sector", at } as const] : [],
      ),
      ...(scope.layers?.some((one) => one === message["layer"]) === false
        ? [{ rule: "scope-sector", at: "/layer" } as const]
        : []),
      ...refs.flatMap(([id, at]) =>
        scope.refs?.includes(id) === false ? [{ rule: "scope-reference", at } as const] : [],
      ),
    ]);
}
