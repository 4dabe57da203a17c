/**
 * Two invented parties talking under one protocol, for the tests of state machines: acts with short bodies,
 * a causal `sees`, and every pair of messages folded in both orders. It checks bodies against their schemas,
 * so that no machine is tested with a message that could not arrive.
 */
import assert from "node:assert/strict";
import { Check } from "typebox/value";
import type { JsonObject } from "#parley/codec/json.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import type { Crossing } from "#parley/protocols/crossing.ts";
import type { Act, CaseState, EntryRef, Outcome, Protocol, Side } from "#parley/protocols/protocol.ts";

/** CERT Meridia opens, CSIRT Rimal answers. */
export const FEEDS = { initiator: "meridia".padEnd(43, "A"), respondent: "rimal".padEnd(43, "B") } as const;

export const CASE = "0190a5c0-0000-7000-8000-000000000001";

/** UUIDv7 by a small number. */
export function uuid(n: number): string {
  return `0190a5c0-0000-7000-8000-${String(n).padStart(12, "0")}`;
}

/** A digest in text form, for members that are only compared. */
export function digest(letter: string): string {
  return letter.repeat(43);
}

export interface Line {
  readonly side: Side;
  readonly type: string;
  readonly body: JsonObject;
  readonly id?: string;
  readonly role?: Role;
}

/** Members of the whole message around type and body. */
export function message(type: string, body: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    case: CASE,
    id: uuid(1),
    serial: 1,
    nature: "real",
    precedence: "routine",
    layer: "technical",
    from_role: "authority",
    officer: 7,
    tlp: "AMBER",
    type,
    body,
    ...more,
  };
}

/** `unseen` are entries of the other side that the author did not have when writing. */
export function actOf(line: Line, seq: number, unseen: readonly EntryRef[] = []): Act {
  const ref = { feed: FEEDS[line.side], seq };
  return {
    ref,
    from: ref.feed,
    side: line.side,
    type: line.type,
    id: line.id ?? uuid(seq),
    nature: "real",
    precedence: "routine",
    layer: "technical",
    role: line.role ?? "watch",
    body: line.body,
    refs: [],
    facts: {},
    sees: (other) => !unseen.some((entry) => entry.feed === other.feed && entry.seq === other.seq),
  };
}

/** Freezes everything below, so that a machine that mutates its input throws. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
}

/** Folds acts that must all be accepted; every state on the way is frozen and whole. */
export function fold<S extends CaseState>(protocol: Protocol<S>, said: readonly Act[]): S {
  const [first, ...rest] = said;
  assert.ok(first !== undefined);
  let state = wholeState(protocol.open(frozen(first)));
  for (const act of rest) {
    const outcome = protocol.decide(state, frozen(act));
    assert.deepEqual(outcome, { kind: "accepted" }, `${act.type} in ${state.status}`);
    state = wholeState(protocol.evolve(state, act));
  }
  return state;
}

/** A history of lines as acts, each of whose authors had seen everything before. */
export function acts(lines: readonly Line[]): readonly Act[] {
  return lines.map((line, i) => actOf(line, i + 1));
}

export function after<S extends CaseState>(protocol: Protocol<S>, lines: readonly Line[]): S {
  return fold(protocol, acts(lines));
}

/** What each act gives in each status, in the order of the statuses: the next status, or `!` and why it is void. */
export type StateTable = readonly (readonly [Line, readonly string[]])[];

/** Every row of a table in every status of its protocol. */
export function checkTable<S extends CaseState, T extends string>(
  protocol: Protocol<S>,
  {
    statuses,
    histories,
    table,
  }: {
    readonly statuses: readonly T[];
    /** Lines that lead to each status. */
    readonly histories: Readonly<Record<T, readonly Line[]>>;
    readonly table: StateTable;
  },
): void {
  assert.ok(table.length > 0);
  for (const [row, results] of table) {
    assert.equal(results.length, statuses.length);
    for (const [i, status] of statuses.entries()) {
      const history = histories[status];
      assert.equal(after(protocol, history).status, status);
      const outcome = judge(protocol, history, row);
      const name = `${row.side} ${row.type} ${JSON.stringify(row.body)} in ${status}`;
      const expected = results[i] ?? "";
      if (expected.startsWith("!")) {
        assert.deepEqual(outcome, { kind: "void", code: "E-STATE", reason: expected.slice(1) }, name);
      } else {
        assert.equal(outcome.kind, "accepted", name);
        assert.equal(after(protocol, [...history, row]).status, expected, name);
      }
    }
  }
}

/** The outcome of one more line whose author has seen everything. */
export function judge<S extends CaseState>(
  protocol: Protocol<S>,
  lines: readonly Line[],
  line: Line,
): Outcome {
  return protocol.decide(after(protocol, lines), frozen(actOf(line, lines.length + 1)));
}

export interface Folded<S> {
  readonly state: S;
  readonly outcomes: readonly Outcome[];
}

/** Two crossing lines after a history, the first given folded first; an act without effect changes nothing. */
export function cross<S extends CaseState>(
  protocol: Protocol<S>,
  history: readonly Line[],
  crossing: readonly [Line, Line],
  order: readonly [0 | 1, 0 | 1],
): Folded<S> {
  const seqs = [history.length + 1, history.length + 2] as const;
  const refs = crossing.map((line, i) => ({ feed: FEEDS[line.side], seq: seqs[i] ?? 0 }));
  let state: S = after(protocol, history);
  const outcomes: Outcome[] = [];
  for (const i of order) {
    const act: Act = frozen(
      actOf(
        crossing[i],
        seqs[i],
        refs.filter((_, j) => j !== i),
      ),
    );
    const outcome = protocol.decide(state, act);
    outcomes.push(outcome);
    if (outcome.kind === "accepted") state = wholeState(protocol.evolve(state, act));
  }
  return { state, outcomes };
}

export interface Scene {
  /** Lines that lead to each status. */
  readonly histories: Readonly<Record<string, readonly Line[]>>;
  /** Lines by their name in a crossing table: `type`, or `type variant`. */
  readonly initiator: Readonly<Record<string, Line>>;
  readonly respondent: Readonly<Record<string, Line>>;
}

/** Every row of the table gives its stated result in both orders. */
export function checkCrossings<S extends CaseState>(
  protocol: Protocol<S>,
  scene: Scene,
  rows: readonly Crossing[],
): void {
  for (const row of rows) {
    const history = scene.histories[row.from];
    const lines = [scene.initiator[row.initiator], scene.respondent[row.respondent]] as const;
    const [mine, theirs] = lines;
    assert.ok(history && mine && theirs, `${row.from}: ${row.initiator} × ${row.respondent} has its lines`);
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const folded: Folded<S> = cross(protocol, history, [mine, theirs], order);
      const name = `${row.from}: ${row.initiator} × ${row.respondent}, order ${order.join()}`;
      assert.equal(folded.state.status, row.result, name);
      assert.ok(
        folded.outcomes.every(({ kind }) => kind !== "void"),
        `${name}: a crossing is nobody's error`,
      );
    }
  }
}

/**
 * Every pair that both sides could write in every status ends alike in both orders, and the table has a row
 * for each pair in which one act takes something from the other. Returns how many pairs were tried.
 */
export function checkConvergence<S extends CaseState>(
  protocol: Protocol<S>,
  scene: Scene,
  rows: readonly Crossing[],
): number {
  let tried = 0;
  for (const [from, history] of Object.entries(scene.histories)) {
    for (const [initiator, mine] of Object.entries(scene.initiator)) {
      for (const [respondent, theirs] of Object.entries(scene.respondent)) {
        if ([mine, theirs].some((line) => judge(protocol, history, line).kind !== "accepted")) continue;
        tried++;
        const pair = [mine, theirs] as const;
        const one = cross(protocol, history, pair, [0, 1]);
        const other = cross(protocol, history, pair, [1, 0]);
        const name = `${from}: ${initiator} × ${respondent}`;
        assert.deepEqual(summary(one.state), summary(other.state), name);
        const lost = [...one.outcomes, ...other.outcomes].some(({ kind }) => kind !== "accepted");
        const stated = rows.some((row) => {
          return row.from === from && row.initiator === initiator && row.respondent === respondent;
        });
        assert.ok(!lost || stated, `${name} is stated in the table`);
      }
    }
  }
  return tried;
}

function summary(state: CaseState): unknown {
  return { status: state.status, open: state.open, next: state.next };
}

/** What casework relies on in the state of any protocol. */
export function wholeState<S extends CaseState>(state: S): S {
  assert.equal(typeof state.status, "string");
  assert.equal(typeof state.open, "boolean");
  assert.ok(["initiator", "respondent", "either", "none"].includes(state.next));
  assert.equal(state.next === "none", !state.open, "nobody's move exactly when closed");
  const ids = state.timers.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, `timer ids are unique: ${ids.join()}`);
  for (const timer of state.timers) {
    assert.ok(!(timer.stoppedBy && timer.cancelledBy), "a timer ends once");
    assert.ok(state.open || timer.stoppedBy || timer.cancelledBy, `${timer.id} does not outlive its case`);
  }
  assert.ok(Array.isArray(state.pauses));
  assert.equal(typeof state.marks, "object");
  return frozen(state);
}

export function isValid(protocol: Protocol, whole: JsonObject): boolean {
  const { type } = whole;
  const rule = typeof type === "string" ? protocol.messages[type] : undefined;
  assert.ok(rule !== undefined, "the type has a rule");
  return Check(rule.schema, whole);
}

export function running(state: CaseState): readonly string[] {
  return state.timers.filter((timer) => !timer.stoppedBy && !timer.cancelledBy).map(({ id }) => id);
}
