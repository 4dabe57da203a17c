/**
 * Work inside the house (SPEC 15.5): tasks to own agencies, private notes, readings, shift handovers, and what was
 * recorded about canaries and sightings. Records of the house feed and their fold.
 *
 * None of it is ever part of a message: the gate takes a draft and nothing else, and these are no drafts.
 */
import type { Role } from "#parley/protocols/envelope.ts";
import type { Canary } from "#parley/gate/canary.ts";
import type { Sighting } from "#parley/gate/disclosure.ts";

/** What a task or note is about; every member narrows it. */
export interface About {
  readonly party?: string;
  readonly channel?: string;
  readonly case?: string;
  /** Message id. */
  readonly message?: string;
  readonly task?: string;
}

/** One of the own roles, or the label of an own agency. */
export type Assignee = { readonly role: Role } | { readonly agency: string };

export const TASK_ENDS = ["done", "dropped"] as const;
export type TaskEnd = (typeof TASK_ENDS)[number];

export interface Task {
  readonly task: string;
  readonly title: string;
  readonly text?: string;
  readonly to: Assignee;
  readonly due: string;
  readonly about: About;
  /** Who created it, and when. */
  readonly officer: number;
  readonly at: string;
  readonly status: "open" | TaskEnd;
  readonly ended?: { readonly officer: number; readonly at: string; readonly note?: string };
}

export interface Note {
  readonly note: string;
  readonly text: string;
  readonly about: About;
  readonly officer: number;
  readonly at: string;
}

/** Somebody opened a message or an item of evidence and says so. */
export interface Reading {
  readonly officer: number;
  readonly at: string;
  readonly of: { readonly channel: string; readonly message: string } | { readonly digest: string };
  readonly purpose?: string;
}

/** What was open at the moment of a handover: codes, ids and instants, no content. */
export interface OpenList {
  readonly duties: readonly {
    readonly channel: string;
    readonly case?: string;
    readonly timer?: string;
    readonly due?: string;
  }[];
  readonly unacknowledged: readonly {
    readonly channel: string;
    readonly case: string;
    readonly message: string;
  }[];
  readonly drafts: readonly { readonly draft: string; readonly type: string; readonly approvals: number }[];
  readonly tasks: readonly { readonly task: string; readonly due: string }[];
  readonly retractions: readonly { readonly message: string; readonly party: string }[];
}

export interface Handover {
  readonly handover: string;
  readonly from: number;
  readonly to: number;
  readonly role: Role;
  readonly note?: string;
  readonly at: string;
  readonly open: OpenList;
}

export type WorkRecord =
  | ({ readonly type: "house.task" } & Omit<Task, "at" | "status" | "ended">)
  | {
      readonly type: "house.task_end";
      readonly task: string;
      readonly as: TaskEnd;
      readonly officer: number;
      readonly note?: string;
    }
  | ({ readonly type: "house.note" } & Omit<Note, "at">)
  | ({ readonly type: "house.reading" } & Omit<Reading, "at">)
  | ({ readonly type: "house.handover" } & Omit<Handover, "at">)
  | ({ readonly type: "house.canary" } & Canary)
  | ({ readonly type: "house.sighting" } & Omit<Sighting, "at">);

export interface WorkState {
  readonly tasks: ReadonlyMap<string, Task>;
  readonly notes: readonly Note[];
  readonly readings: readonly Reading[];
  readonly handovers: readonly Handover[];
  readonly canaries: ReadonlyMap<string, Canary>;
  readonly sightings: readonly Sighting[];
}

/** The fold, owning its lists; `state` is the view that others read. */
export class HouseWork {
  readonly #tasks = new Map<string, Task>();
  readonly #notes: Note[] = [];
  readonly #readings: Reading[] = [];
  readonly #handovers: Handover[] = [];
  readonly #canaries = new Map<string, Canary>();
  readonly #sightings: Sighting[] = [];

  get state(): WorkState {
    return {
      tasks: this.#tasks,
      notes: this.#notes,
      readings: this.#readings,
      handovers: this.#handovers,
      canaries: this.#canaries,
      sightings: this.#sightings,
    };
  }

  apply(record: WorkRecord & { readonly at: string }): void {
    switch (record.type) {
      case "house.task":
        if (!this.#tasks.has(record.task)) this.#tasks.set(record.task, { ...record, status: "open" });
        return;
      case "house.task_end":
        this.#end(record);
        return;
      case "house.note":
        this.#notes.push(record);
        return;
      case "house.reading":
        this.#readings.push(record);
        return;
      case "house.handover":
        this.#handovers.push(record);
        return;
      case "house.canary":
        this.#canaries.set(record.canary, record);
        return;
      case "house.sighting":
        this.#sightings.push(record);
        return;
    }
  }

  #end(record: Extract<WorkRecord, { type: "house.task_end" }> & { readonly at: string }): void {
    const { task: id, as: status, officer, at, note } = record;
    const task = this.#tasks.get(id);
    if (task === undefined || task.status !== "open") return;
    this.#tasks.set(id, {
      ...task,
      status,
      ended: { officer, at, ...(note !== undefined && { note }) },
    });
  }
}

const WORK_TYPES: ReadonlySet<string> = new Set([
  "house.task",
  "house.task_end",
  "house.note",
  "house.reading",
  "house.handover",
  "house.canary",
  "house.sighting",
] satisfies readonly WorkRecord["type"][]);

export function isWorkRecord(record: {
  readonly type: string;
}): record is WorkRecord & { readonly at: string } {
  return WORK_TYPES.has(record.type);
}
