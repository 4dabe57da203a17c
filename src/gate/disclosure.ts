/**
 * The disclosure ledger (SPEC 15.1): what each counterparty knows from us, since when, under which limits, released
 * by whom, retracted or not, seen in the wild or not.
 *
 * A fold of channels and house feed that is made when asked: there is no second truth to keep in step. It holds
 * what was said through the gate, and cannot know what somebody told the other side on another way.
 */
import type { Instant } from "#parley/codec/time.ts";
import type { Disclosure } from "#parley/casework/disclosure.ts";
import { isCovered, type RetractedItem, type RetractionView } from "#parley/casework/retraction.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { Approval, Draft } from "./release.ts";

/** A copy found outside, as an officer recorded it (SPEC 15.4.7). */
export interface Sighting {
  /** Instant of the record. */
  readonly at: string;
  readonly officer: number;
  /** SHA-256 of the copy, base64url. */
  readonly digest: string;
  readonly confidence: "certain" | "likely";
  /** The variant that it points at, whether or not that was ever attached to a message. */
  readonly canary?: string;
  /** Message ids of the disclosures that the copy comes from. */
  readonly disclosures: readonly string[];
}

/** The answer of an officer for one finding. */
export interface Reason {
  readonly rule: string;
  /** Where it was found: a pointer of the message. */
  readonly at: string;
  readonly officer: number;
  readonly role: Role;
  readonly code: string;
  readonly text: string;
}

/** What one message told one counterparty. */
export interface DisclosureRow extends Disclosure {
  readonly channel: string;
  /** The counterparty. */
  readonly party: string;
  /** Who drafted, and who released in which role; absent where the house feed holds no draft of it. */
  readonly released?: {
    readonly draft: string;
    readonly by: number;
    readonly approvals: readonly Approval[];
    /** Why what the checks found left nevertheless (SPEC 14.7.2). */
    readonly why: readonly Reason[];
  };
  readonly sightings: readonly Sighting[];
}

export interface DisclosureSources {
  readonly channels: readonly {
    readonly channel: string;
    readonly disclosures: readonly Disclosure[];
  }[];
  readonly drafts: Iterable<Draft>;
  readonly sightings: readonly Sighting[];
  /** Of a draft by its id. */
  readonly reasonsOf: (draft: string) => readonly Reason[];
}

/** Every row, in the order of channels and then of the own feed. */
export function foldDisclosures({
  channels,
  drafts,
  sightings,
  reasonsOf,
}: DisclosureSources): readonly DisclosureRow[] {
  const draftsByMessage = new Map<string, Draft>();
  for (const draft of drafts) draftsByMessage.set(String(draft.message["id"]), draft);
  return channels.flatMap(({ channel, disclosures }) =>
    disclosures.flatMap((one) => {
      const draft = draftsByMessage.get(one.id);
      const released = draft && {
        draft: draft.id,
        by: draft.by,
        approvals: draft.approvals,
        why: reasonsOf(draft.id),
      };
      const seen = sightings.filter((sighting) => sighting.disclosures.includes(one.id));
      return one.to.map((party) => ({
        ...one,
        channel,
        party,
        sightings: seen,
        ...(released !== undefined && { released }),
      }));
    }),
  );
}

/** Rows of one counterparty, said at `since` or later: what a release is weighed against (SPEC 15.1.5). */
export function disclosedTo(
  rows: readonly DisclosureRow[],
  { party, since }: { readonly party: string; readonly since: Instant },
): readonly DisclosureRow[] {
  return rows.filter((row) => row.party === party && (row.known_since ?? row.said_at) >= since);
}

/** Whether an item, or the whole message where none is given, stands withdrawn. */
export function isRetracted(retractions: readonly RetractionView[], item?: RetractedItem): boolean {
  return retractions.some(({ effect, items }) => effect === "withdrawn" && isCovered(items, item));
}
