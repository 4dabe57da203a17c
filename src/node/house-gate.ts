/**
 * What the house feed says of the gate's checks (SPEC 14.7): findings of each draft, justifications, what is held until
 * when. A fold and nothing else.
 *
 * No text that was found is in it, and no justification ever leaves: the house feed has one member.
 */
import type { Instant } from "#parley/codec/time.ts";
import { parseInstant } from "#parley/codec/time.ts";
import { isRefusal } from "#parley/codec/refusal.ts";
import type { CheckReport, Finding } from "#parley/gate/checks/finding.ts";
import type { Role } from "#parley/protocols/envelope.ts";

/** Why something that the rules found may leave nevertheless. */
export const JUSTIFICATIONS = [
  "needed-to-act",
  "already-public",
  "consent-given",
  "not-what-it-seems",
  "generalised",
  "ordered",
] as const;
export type JustificationCode = (typeof JUSTIFICATIONS)[number];

export interface Justification {
  readonly finding: string;
  readonly officer: number;
  readonly role: Role;
  readonly code: JustificationCode;
  /** In the officer's words; stays in the house. */
  readonly text: string;
}

/** Until when an approved draft waits: an instant, the own mitigation, or whichever is first. */
export interface Hold {
  readonly until?: string;
  readonly mitigation: boolean;
}

export type GateRecord =
  | { readonly type: "house.check"; readonly draft: string; readonly check: CheckReport }
  | ({ readonly type: "house.justify"; readonly draft: string } & Justification)
  | {
      readonly type: "house.hold_draft";
      readonly draft: string;
      readonly officer: number;
      readonly hold: Hold;
    }
  | { readonly type: "house.mitigated"; readonly draft: string; readonly officer: number };

/** What the gate knows of one draft. */
export interface DraftGate {
  readonly check?: CheckReport;
  readonly checkedAt: Instant;
  readonly justifications: readonly Justification[];
  readonly hold?: Hold;
  readonly mitigated: boolean;
}

const NEW: DraftGate = { checkedAt: 0, justifications: [], mitigated: false };

/** A record as it is met in the feed; other types are other folds' business. */
interface AnyRecord {
  readonly type: string;
  readonly at: string;
}

export class HouseGate {
  readonly #drafts = new Map<string, DraftGate>();

  get drafts(): ReadonlyMap<string, DraftGate> {
    return this.#drafts;
  }

  of(draft: string): DraftGate {
    return this.#drafts.get(draft) ?? NEW;
  }

  forget(draft: string): void {
    this.#drafts.delete(draft);
  }

  /** True when the record was the gate's own. Drafts are read in passing. */
  apply<T extends AnyRecord>(record: T): record is T & GateRecord {
    const read = record as AnyRecord & Partial<GateRecord> & { readonly check?: CheckReport | string };
    const at = parseInstant(record.at);
    const checkedAt = isRefusal(at) ? 0 : at;
    if (isGateRecord(read)) {
      this.#evolve(read, checkedAt);
      return true;
    }
    this.#notice(read, checkedAt);
    return false;
  }

  #evolve(record: GateRecord, checkedAt: Instant): void {
    const known = this.of(record.draft);
    switch (record.type) {
      case "house.check":
        this.#drafts.set(record.draft, { ...known, check: record.check, checkedAt });
        return;
      case "house.justify": {
        const others = known.justifications.filter(({ finding }) => finding !== record.finding);
        const { finding, officer, role, code, text } = record;
        const own = { finding, officer, role, code, text };
        this.#drafts.set(record.draft, { ...known, justifications: [...others, own] });
        return;
      }
      case "house.hold_draft":
        this.#drafts.set(record.draft, { ...known, hold: record.hold });
        return;
      case "house.mitigated":
        this.#drafts.set(record.draft, { ...known, mitigated: true });
        return;
    }
  }

  /** A draft carries its first check. */
  #notice(record: object, checkedAt: Instant): void {
    if (!("type" in record) || !("draft" in record) || typeof record.draft !== "string") return;
    const check = "check" in record ? record.check : undefined;
    const known = this.of(record.draft);
    if (record.type === "house.draft" && isReport(check))
      this.#drafts.set(record.draft, { ...known, check, checkedAt });
  }
}

const GATE_TYPES: ReadonlySet<string> = new Set([
  "house.check",
  "house.justify",
  "house.hold_draft",
  "house.mitigated",
]);

function isGateRecord(record: object): record is GateRecord {
  return "type" in record && typeof record.type === "string" && GATE_TYPES.has(record.type);
}

function isReport(check: unknown): check is CheckReport {
  return typeof check === "object" && check !== null && "findings" in check && "digest" in check;
}

/** What an approval covers beside the message (SPEC 14.7.4): undefined where nothing was found. */
export function checkToCover({ check }: DraftGate): string | undefined {
  return check === undefined || check.findings.length === 0 ? undefined : check.digest;
}

/** Findings that need a justification and have none. */
export function unjustified({ check, justifications }: DraftGate): readonly Finding[] {
  const justified = new Set(justifications.map(({ finding }) => finding));
  return (check?.findings ?? []).filter(({ id, result }) => result === "flagged" && !justified.has(id));
}

export function blocked({ check }: DraftGate): readonly Finding[] {
  return (check?.findings ?? []).filter(({ result }) => result === "blocked");
}

/** Whether the draft waits at `asOf`, whoever approved it. */
export function isHeld({ hold, mitigated }: DraftGate, asOf: Instant): boolean {
  if (hold === undefined || mitigated) return false;
  const until = hold.until === undefined ? undefined : parseInstant(hold.until);
  return until === undefined || isRefusal(until) ? true : asOf < until;
}
