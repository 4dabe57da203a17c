/** Refusals of sign-in, sessions, links and reviews, with layer and clause. */
import type { CodeEntry } from "#parley/codec/refusal.ts";

export const PEOPLE_CODES = {
  "assertion-counter": { layer: "people", clause: "17.2.8" },
  "review-own": { layer: "people", clause: "17.7.2" },
  "review-none": { layer: "people", clause: "17.7.2" },
  "sign-in-refused": { layer: "people", clause: "17.8.1" },
  "sign-in-throttled": { layer: "people", clause: "17.8.1" },
  "sign-in-method": { layer: "people", clause: "17.8.2" },
  "passkey-synced": { layer: "people", clause: "17.8.2" },
  "passkey-taken": { layer: "people", clause: "17.8.2" },
  "session-missing": { layer: "people", clause: "17.8.3" },
  "session-forged": { layer: "people", clause: "17.8.3" },
  "link-refused": { layer: "people", clause: "17.8.4" },
  "second-own": { layer: "people", clause: "17.8.4" },
  "second-none": { layer: "people", clause: "17.8.4" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type PeopleCode = keyof typeof PEOPLE_CODES;
