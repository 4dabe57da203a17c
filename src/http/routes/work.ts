/** Operations on work inside the house: tasks, notes, readings, handovers (SPEC 15.5). None of it ever leaves. */
import { Type } from "typebox";
import { isRefusal, refuse, type Refusal } from "#parley/codec/refusal.ts";
import { parseInstant } from "#parley/codec/time.ts";
import type { Handover, Note, Reading, Task } from "#parley/node/house-work.ts";
import {
  addNote,
  addReading,
  createTask,
  endTask,
  handOver,
  listNotes,
  listTasks,
  openList,
} from "#parley/node/work.ts";
import { ACTING, jsonRoute, type Route } from "../route.ts";
import * as schema from "../disclosure-schemas.ts";

/** Everybody who acts, and who audits; a monitor and a witness belong to others. */
const READERS = [...ACTING, "auditor"] as const;

export const WORK_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "POST",
    path: "/tasks",
    summary: "Creates a task for an own role or agency; it never leaves the house",
    access: ACTING,
    body: schema.NewTask,
    status: 201,
    answer: schema.TaskShown,
    handle: async ({ node, person, body }) => {
      const { title, to, text, about } = body;
      const due = parseInstant(body.due);
      if (isRefusal(due)) return refuse("api-schema", { at: "/body/properties/due" });
      const rest = { ...(text !== undefined && { text }), ...(about !== undefined && { about }) };
      return showTask(await createTask(node.core, person, { title, to, due, ...rest }));
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/tasks",
    summary: "Tasks by due time",
    access: READERS,
    query: schema.TaskQuery,
    answer: Type.Array(schema.TaskListed),
    handle: ({ node, query }) =>
      listTasks(node.core, query).map((task) => ({ ...showTask(task), overdue: task.overdue })),
  }),
  jsonRoute({
    method: "POST",
    path: "/tasks/{task}/end",
    summary: "Ends a task as done or dropped",
    access: ACTING,
    params: schema.TaskParam,
    body: schema.EndOfTask,
    answer: schema.TaskShown,
    handle: async ({ node, person, params, body }) => {
      const ended: Task | Refusal = await endTask(node.core, person, { ...params, ...body });
      return isRefusal(ended) ? ended : showTask(ended);
    },
  }),
  jsonRoute({
    method: "POST",
    path: "/notes",
    summary: "Adds a private note; it never leaves the house",
    access: ACTING,
    body: schema.NewNote,
    status: 201,
    answer: schema.NoteShown,
    handle: async ({ node, person, body }) => showNote(await addNote(node.core, person, body)),
  }),
  jsonRoute({
    method: "GET",
    path: "/notes",
    summary: "Private notes, oldest first; about what is named",
    access: READERS,
    query: schema.AboutQuery,
    answer: Type.Array(schema.NoteShown),
    handle: ({ node, query }) => listNotes(node.core, query).map(showNote),
  }),
  jsonRoute({
    method: "POST",
    path: "/readings",
    summary: "Says for the record that a message or an item was read",
    access: ACTING,
    body: schema.NewReading,
    status: 201,
    answer: schema.ReadingShown,
    handle: async ({ node, person, body }) => showReading(await addReading(node.core, person, body)),
  }),
  jsonRoute({
    method: "GET",
    path: "/readings",
    summary: "Who read what",
    access: READERS,
    answer: Type.Array(schema.ReadingShown),
    handle: ({ node }) => node.core.house.state.work.readings.map(showReading),
  }),
  jsonRoute({
    method: "POST",
    path: "/handovers",
    summary: "Hands a shift over, with everything that is open now",
    access: ACTING,
    body: schema.NewHandover,
    status: 201,
    answer: schema.HandoverShown,
    handle: async ({ node, person, body }) => {
      const handover = await handOver(node.core, person, body);
      return isRefusal(handover) ? handover : showHandover(handover);
    },
  }),
  jsonRoute({
    method: "GET",
    path: "/handovers",
    summary: "Handovers, oldest first",
    access: READERS,
    answer: Type.Array(schema.HandoverShown),
    handle: ({ node }) => node.core.house.state.work.handovers.map(showHandover),
  }),
  jsonRoute({
    method: "GET",
    path: "/open",
    summary: "What is open now: what a handover would list",
    access: READERS,
    answer: schema.OpenList,
    handle: ({ node }) => openList(node.core),
  }),
];

function showTask({ task, title, text, to, due, about, officer, at, status, ended }: Task) {
  const rest = { ...(text !== undefined && { text }), ...(ended !== undefined && { ended }) };
  return { task, title, to, due, about, officer, at, status, ...rest };
}

function showNote({ note, text, about, officer, at }: Note) {
  return { note, text, about, officer, at };
}

function showReading({ officer, at, of, purpose }: Reading) {
  return { officer, at, of, ...(purpose !== undefined && { purpose }) };
}

function showHandover({ handover, from, to, role, note, at, open }: Handover) {
  return { handover, from, to, role, at, open, ...(note !== undefined && { note }) };
}
