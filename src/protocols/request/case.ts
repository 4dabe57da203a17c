/** The state of a request (SPEC 8-2.4), its derived status, and the case as the author of one act knew it. */
import type { Json } from "../../codec/json.ts";
import type { Act, CaseState, EntryRef, Side } from "../protocol.ts";
import { awaitsOutcome, awaitsVerification, effectOf, filterSteps, type AskRow } from "./asks.ts";
import type { Disposition, RequestStatus } from "./codes.ts";

export interface Round {
  readonly asked: EntryRef;
  readonly questions: readonly number[];
  /** Ended by the answer, or by a verdict or outcome that did without it. */
  readonly ended?: EntryRef;
}

export interface Preservation {
  readonly state: "none" | "confirmed" | "extended" | "released" | "cannot";
  readonly until?: string;
  readonly ref?: EntryRef;
}

export interface Proposal {
  readonly id: string;
  readonly ref: EntryRef;
  readonly disposition: Disposition;
}

export interface Ending {
  readonly status: "closed" | "withdrawn" | "transferred";
  readonly disposition: Disposition;
  readonly ref: EntryRef;
  readonly side: Side;
}

export interface RequestState extends CaseState {
  readonly status: RequestStatus;
  /** Message id of `request.open`, which the acknowledgement names. */
  readonly id: string;
  readonly lifeSafety: boolean;
  readonly asks: readonly AskRow[];
  /** The evaluation of the newest pack: advisory, shown beside the verdict. */
  readonly evaluation?: { readonly ref: EntryRef; readonly value: Json };
  readonly rounds: readonly Round[];
  readonly preserve: Preservation;
  readonly progress?: { readonly stage: string; readonly ref: EntryRef };
  readonly proposal?: Proposal;
  readonly end?: Ending;
  /** Accepted messages by type, for the limits. */
  readonly counts: Readonly<Record<string, number>>;
}

export type Body = Omit<RequestState, "status" | "open" | "next">;

/** Status, `open` and `next`, derived from everything else (SPEC 8-2.4.1). */
export function standing(body: Body): Pick<RequestState, "status" | "open" | "next"> {
  const status = statusOf(body);
  return { status, open: body.end === undefined, next: NEXT[status] };
}

const NEXT: Readonly<Record<RequestStatus, CaseState["next"]>> = {
  delivered: "respondent",
  triage: "respondent",
  clarification: "initiator",
  determined: "respondent",
  decided: "initiator",
  in_action: "respondent",
  reported: "initiator",
  verified: "initiator",
  not_verified: "initiator",
  unverified: "initiator",
  closed: "none",
  withdrawn: "none",
  transferred: "none",
};

export function statusOf(body: Body): RequestStatus {
  if (body.end !== undefined) return body.end.status;
  if (body.marks.acknowledged === undefined) return "delivered";
  if (openRound(body) !== undefined) return "clarification";
  if (awaitsVerdict(body)) return "triage";
  if (body.asks.some((row) => row.decision === undefined)) return "determined";
  if (body.asks.some(awaitsOutcome)) return "in_action";
  if (body.asks.every((row) => row.outcome === undefined)) return "decided";
  if (body.asks.some(awaitsVerification)) return "reported";
  const effect = effectOf(body.asks);
  return effect === "effective" ? "verified" : effect === "not_effective" ? "not_verified" : "unverified";
}

export function awaitsVerdict(body: Body): boolean {
  return body.marks.acknowledged !== undefined && body.asks.some((row) => row.verdict === undefined);
}

export function openRound(body: Body): Round | undefined {
  const last = body.rounds.at(-1);
  return last?.ended === undefined ? last : undefined;
}

/** Every author knows its own feed up to the act. */
export function knows(act: Act, ref: EntryRef): boolean {
  return ref.feed === act.from || act.sees(ref);
}

/**
 * The case as the author of an ending knew it (SPEC 8-2.7.2): an ending takes effect on that and on nothing
 * else, so that no order of folding decides what the ended case shows. An acknowledgement stays: it is
 * about the message, not about the matter.
 */
export function asKnownTo(act: Act, state: Body): Body {
  const asks = state.asks.map((row) => filterSteps(row, (step) => knows(act, step.ref)));
  const { progress, proposal, marks, evaluation, ...rest } = state;
  return {
    ...rest,
    asks,
    rounds: state.rounds
      .filter((round) => knows(act, round.asked))
      .map((round) => (round.ended === undefined || knows(act, round.ended) ? round : reopened(round))),
    marks: marksKnownTo(act, { ...state, marks, asks }),
    ...(progress !== undefined && knows(act, progress.ref) ? { progress } : {}),
    ...(proposal !== undefined && knows(act, proposal.ref) ? { proposal } : {}),
    ...(evaluation !== undefined && knows(act, evaluation.ref) ? { evaluation } : {}),
  };
}

function reopened({ asked, questions }: Round): Round {
  return { asked, questions };
}

function marksKnownTo(
  act: Act,
  { marks, asks }: Pick<RequestState, "marks" | "asks">,
): RequestState["marks"] {
  const { acknowledged, answered, acted } = marks;
  return {
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(answered !== undefined && knows(act, answered) ? { answered } : {}),
    ...(acted !== undefined && knows(act, acted) ? { acted } : {}),
    ...effectMark(asks),
  };
}

/** The newest observation carries the mark of effect, or of its absence. */
export function effectMark(asks: readonly AskRow[]): RequestState["marks"] {
  const effect = effectOf(asks);
  const wanted = asks.flatMap(({ verification }) => (verification === undefined ? [] : [verification.ref]));
  const newest = wanted.reduce<EntryRef | undefined>(
    (a, b) => (a !== undefined && a.seq > b.seq ? a : b),
    undefined,
  );
  return newest === undefined || effect === "open" ? {} : { [effect]: newest };
}
