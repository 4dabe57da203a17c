/** Every operation of the API, in one list. */
import { CASE_ROUTES } from "./routes/cases.ts";
import { CHANNEL_ROUTES } from "./routes/channels.ts";
import { DISCLOSURE_ROUTES } from "./routes/disclosure.ts";
import { EVIDENCE_ROUTES } from "./routes/evidence.ts";
import { GATE_ROUTES } from "./routes/gate.ts";
import { NODE_ROUTES } from "./routes/node.ts";
import { REDACTION_ROUTES } from "./routes/redaction.ts";
import { PACK_ROUTES } from "./routes/packs.ts";
import { PEOPLE_ROUTES } from "./routes/people.ts";
import { SESSION_ROUTES } from "./routes/session.ts";
import { WORK_ROUTES } from "./routes/work.ts";
import type { Route } from "./route.ts";

/** Pages of the same origin live beside it. */
export const PREFIX = "/api/v1";

export const ROUTES: readonly Route[] = [
  ...NODE_ROUTES,
  ...REDACTION_ROUTES,
  ...CHANNEL_ROUTES,
  ...CASE_ROUTES,
  ...GATE_ROUTES,
  ...EVIDENCE_ROUTES,
  ...PACK_ROUTES,
  ...SESSION_ROUTES,
  ...PEOPLE_ROUTES,
  ...DISCLOSURE_ROUTES,
  ...WORK_ROUTES,
];
