/**
 * Work inside the house as use cases (SPEC 15.5): tasks, notes, readings, handovers. Each writes one record of the
 * house feed and returns what it made; nothing here touches a channel.
 */
import { duty } from "#parley/casework/boards.ts";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { encodeInstant, parseInstant, type Instant } from "#parley/codec/time.ts";
import type { Role } from "#parley/protocols/envelope.ts";
import { stringIn } from "#parley/protocols/body.ts";
import type { LiveChannel, NodeCore } from "./core.ts";
import type { Person } from "./house.ts";
import type { About, Assignee, Handover, Note, OpenList, Reading, Task, TaskEnd } from "./house-work.ts";
import { listRetractions } from "./retractions.ts";
import { uuidv7 } from "./uuid.ts";

export interface TaskInput {
  readonly title: string;
  readonly text?: string;
  readonly to: Assignee;
  readonly due: Instant;
  readonly about?: About;
}

export async function createTask(core: NodeCore, person: Person, input: TaskInput): Promise<Task> {
  const { title, text, to, due, about = {} } = input;
  const task = uuidv7(core.ports.backend, core.ports.clock());
  await core.record({
    type: "house.task",
    task,
    title,
    ...(text !== undefined && { text }),
    to,
    due: encodeInstant(due),
    about,
    officer: person.officer,
  });
  return known(core.house.state.work.tasks.get(task));
}

/** `work-unknown`, `work-closed`. */
export async function endTask(
  core: NodeCore,
  person: Person,
  { task: id, as, note }: { readonly task: string; readonly as: TaskEnd; readonly note?: string },
): Promise<Task | Refusal> {
  const task = core.house.state.work.tasks.get(id);
  if (task === undefined) return refuse("work-unknown");
  if (task.status !== "open") return refuse("work-closed");
  await core.record({
    type: "house.task_end",
    task: id,
    as,
    officer: person.officer,
    ...(note !== undefined && { note }),
  });
  return known(core.house.state.work.tasks.get(id));
}

/** A task with what the clock makes of it. */
export type TaskView = Task & { readonly overdue: boolean };

/** By due time; `overdue` keeps only open ones past it. */
export function listTasks(
  core: NodeCore,
  { status, overdue }: { readonly status?: Task["status"]; readonly overdue?: boolean } = {},
): readonly TaskView[] {
  const now = core.ports.clock();
  return [...core.house.state.work.tasks.values()]
    .map((task) => ({ ...task, overdue: task.status === "open" && isPast(task.due, now) }))
    .filter((task) => status === undefined || task.status === status)
    .filter((task) => overdue === undefined || task.overdue === overdue)
    .sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : a.task < b.task ? -1 : 1));
}

export async function addNote(
  core: NodeCore,
  person: Person,
  { text, about = {} }: { readonly text: string; readonly about?: About },
): Promise<Note> {
  const note = uuidv7(core.ports.backend, core.ports.clock());
  await core.record({ type: "house.note", note, text, about, officer: person.officer });
  return known(core.house.state.work.notes.find((one) => one.note === note));
}

/** Notes that name every member of `about` alike. */
export function listNotes(core: NodeCore, about: About = {}): readonly Note[] {
  const wanted = Object.entries(about);
  return core.house.state.work.notes.filter((note) => {
    const named: Readonly<Record<string, unknown>> = { ...note.about };
    return wanted.every(([name, value]) => named[name] === value);
  });
}

/** Says for the record that an officer read a message or an item. */
export async function addReading(
  core: NodeCore,
  person: Person,
  { of, purpose }: Pick<Reading, "of" | "purpose">,
): Promise<Reading> {
  const { officer } = person;
  await core.record({ type: "house.reading", officer, of, ...(purpose !== undefined && { purpose }) });
  return known(core.house.state.work.readings.at(-1));
}

/**
 * From the person who is there to an active one who holds the role, with everything that is open at this moment.
 * `gate-role`: the giver lacks the role; `work-person`: the taker does, or is the giver.
 */
export async function handOver(
  core: NodeCore,
  person: Person,
  { to, role, note }: { readonly to: number; readonly role: Role; readonly note?: string },
): Promise<Handover | Refusal> {
  if (!person.roles.includes(role)) return refuse("gate-role", { role });
  const taker = core.house.state.people.get(to);
  const mayTake = taker?.active === true && taker.roles.includes(role) && to !== person.officer;
  if (!mayTake) return refuse("work-person", { officer: to });
  const handover = uuidv7(core.ports.backend, core.ports.clock());
  await core.record({
    type: "house.handover",
    handover,
    from: person.officer,
    to,
    role,
    ...(note !== undefined && { note }),
    open: openList(core),
  });
  return known(core.house.state.work.handovers.find((one) => one.handover === handover));
}

/** What somebody who comes on duty must know of: ids, codes and instants. */
export function openList(core: NodeCore): OpenList {
  const channels = [...core.channels.values()];
  const drafts = [...core.house.state.drafts.values()].filter(({ status }) => status === "open");
  return {
    duties: channels.flatMap((channel) => dutiesOf(core, channel)).slice(0, OPEN_LIMIT),
    unacknowledged: channels.flatMap((channel) => unacknowledgedIn(core, channel)).slice(0, OPEN_LIMIT),
    drafts: drafts.slice(0, OPEN_LIMIT).map(({ id, message, approvals }) => {
      return { draft: id, type: stringIn(message, "type"), approvals: approvals.length };
    }),
    tasks: listTasks(core, { status: "open" })
      .slice(0, OPEN_LIMIT)
      .map(({ task, due }) => ({ task, due })),
    retractions: listRetractions(core)
      .filter(({ state }) => state !== "answered")
      .slice(0, OPEN_LIMIT)
      .map(({ message, party }) => ({ message, party })),
  };
}

/** Of each sort; a shift with more hands over the board itself. */
const OPEN_LIMIT = 500;

function dutiesOf(core: NodeCore, { id: channel, casework }: LiveChannel): OpenList["duties"] {
  if (casework === undefined) return [];
  return duty(casework.view(core.ports.clock()), core.me).youOwe.map((one) =>
    one.kind === "timer"
      ? { channel, case: one.case, timer: one.timer, due: encodeInstant(one.due) }
      : { channel, ...(one.case !== undefined && { case: one.case }) },
  );
}

/** Messages of the other side in open cases that no duty officer acknowledged, acknowledgements apart. */
function unacknowledgedIn(
  core: NodeCore,
  { id: channel, casework }: LiveChannel,
): OpenList["unacknowledged"] {
  const cases = casework?.view(core.ports.clock()).cases.filter(({ open }) => open) ?? [];
  return cases.flatMap((one) =>
    one.entries.flatMap(({ ref, id, type, outcome, delivery }) => {
      const isWaiting =
        ref.feed !== core.me &&
        outcome.kind === "accepted" &&
        type !== "ack" &&
        type?.startsWith("sys.") === false &&
        (delivery.stage === "said" || delivery.stage === "receipted");
      return isWaiting && id !== undefined ? [{ channel, case: one.id, message: id }] : [];
    }),
  );
}

function isPast(due: string, now: Instant): boolean {
  const at = parseInstant(due);
  return !isRefusal(at) && now > at;
}

/** What was recorded a moment ago is in the fold. */
function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a record of the house feed did not reach its fold");
  return value;
}
