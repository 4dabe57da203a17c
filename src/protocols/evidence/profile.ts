/**
 * The sufficiency profile (SPEC 10.4): which items each level needs, which asks it carries, which findings
 * cap it.
 *
 * A profile is data. Its strict-JSON bytes are named by hash in the genesis, so both parties judge by the
 * same rules for the whole life of a channel; a change is a new channel. The code knows no level and no ask
 * by itself.
 */
import { Type } from "typebox";
import { closed, codes, line } from "../envelope.ts";
import { ITEMS, LEVELS, RELAY_RESULTS, type Item, type Level, type RelayResult } from "./codes.ts";

export interface Profile {
  /** Name and version in one, shown with every result. */
  readonly profile: string;
  readonly levels: readonly {
    readonly level: Level;
    /** All groups are needed; of one group, one item. Needs of lower levels are included, not repeated. */
    readonly needs: readonly (readonly Item[])[];
    /** Ask codes that become possible here; those of lower levels stay possible. */
    readonly supports: readonly string[];
  }[];
  /** A relay result caps the named asks at a level; `unless` names what takes the cap away. */
  readonly relay_caps: readonly {
    readonly result: RelayResult;
    readonly unless?: "source-port";
    readonly level: Level;
    readonly asks: readonly string[];
  }[];
  /** Every event older than the receiver's declared retention. `hint` is the decline code to expect. */
  readonly expired_cap: { readonly level: Level; readonly hint: string };
  /** With life at risk an ask needs less, and what is done on it ends by itself. */
  readonly life_safety: readonly {
    readonly ask: string;
    readonly level: Level;
    readonly expires_after_seconds: number;
  }[];
  readonly nat_clock_max_error_ms: number;
  readonly min_independent_sources: number;
}

const AskCode = Type.String({ pattern: "^A[0-9]{2}$" });
const AskCodes = Type.Array(AskCode, { maxItems: 100 });

export const ProfileSchema = closed({
  profile: line(64),
  levels: Type.Array(
    closed({
      level: codes(LEVELS),
      needs: Type.Array(Type.Array(codes(ITEMS), { minItems: 1, maxItems: 4 }), { maxItems: 30 }),
      supports: AskCodes,
    }),
    { minItems: 5, maxItems: 5 },
  ),
  relay_caps: Type.Array(
    closed({
      result: codes(RELAY_RESULTS),
      unless: Type.Optional(codes(["source-port"])),
      level: codes(LEVELS),
      asks: AskCodes,
    }),
    { maxItems: 20 },
  ),
  expired_cap: closed({ level: codes(LEVELS), hint: Type.String({ pattern: "^D[0-9]{2}$" }) }),
  life_safety: Type.Array(
    closed({
      ask: AskCode,
      level: codes(LEVELS),
      expires_after_seconds: Type.Integer({ minimum: 1, maximum: 31_536_000 }),
    }),
    { maxItems: 20 },
  ),
  nat_clock_max_error_ms: Type.Integer({ minimum: 0, maximum: 86_400_000 }),
  min_independent_sources: Type.Integer({ minimum: 1, maximum: 100 }),
});

/** Asks that reach a host, its keys or a person behind an address: a relay makes them hit a bystander. */
const HOST_AND_SUBSCRIBER_ASKS = ["A06", "A08", "A09", "A10", "A11", "A12"];

/** The profile that an agreement gets if its parties do not write another (SPEC 10.4). */
export const DEFAULT_PROFILE: Profile = {
  profile: "parley-default/1",
  levels: [
    { level: "S0", needs: [], supports: [] },
    {
      level: "S1",
      needs: [["E01"], ["E03", "E07"], ["E17"], ["E19"], ["E20"], ["E22"]],
      supports: ["A01", "A02", "A03", "A04", "A14", "A15", "A17", "A18", "A19"],
    },
    {
      level: "S2",
      needs: [["E02"], ["E04"], ["E05"], ["E08"], ["E11"], ["E15"]],
      supports: ["A05", "A06", "A07", "A08", "A10", "A13"],
    },
    {
      level: "S3",
      needs: [["E10"], ["E12"], ["E13"], ["E14"], ["E23"]],
      supports: ["A09", "A11", "A16"],
    },
    {
      level: "S4",
      needs: [["E24"], ["E26"], ["E27", "E28"], ["E29"], ["E30"]],
      supports: ["A12"],
    },
  ],
  relay_caps: [
    { result: "tor-exit-on-date", level: "S1", asks: HOST_AND_SUBSCRIBER_ASKS },
    { result: "vpn-proxy", level: "S1", asks: HOST_AND_SUBSCRIBER_ASKS },
    { result: "cgnat", unless: "source-port", level: "S1", asks: HOST_AND_SUBSCRIBER_ASKS },
    { result: "spoofable-udp", level: "S1", asks: HOST_AND_SUBSCRIBER_ASKS },
  ],
  expired_cap: { level: "S1", hint: "D08" },
  life_safety: [{ ask: "A05", level: "S1", expires_after_seconds: 86_400 }],
  nat_clock_max_error_ms: 1_000,
  min_independent_sources: 2,
};
