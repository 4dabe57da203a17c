/** Refusals of lists and of packs that are built (SPEC 16). Reasons of single entries and lines are no refusals. */
import type { CodeEntry } from "#parley/codec/refusal.ts";

export const INTEL_CODES = {
  "list-too-large": { layer: "screen", clause: "16.1.2" },
  "list-many": { layer: "screen", clause: "16.1.2" },
  "list-malformed": { layer: "screen", clause: "16.1.2" },
  "list-type": { layer: "screen", clause: "16.1.2" },
  "list-empty": { layer: "screen", clause: "16.1.3" },
  "list-unassigned": { layer: "screen", clause: "16.1.6" },
  "screen-settings": { layer: "screen", clause: "16.1.6" },
  "list-undated": { layer: "screen", clause: "16.1.7" },
  "screen-lists-none": { layer: "screen", clause: "16.1.1" },
  "events-none": { layer: "pack", clause: "16.5.2" },
  "events-columns": { layer: "pack", clause: "16.5.2" },
  "pack-schema": { layer: "pack", clause: "16.5.7" },
  "pack-too-large": { layer: "pack", clause: "16.5.7" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type IntelCode = keyof typeof INTEL_CODES;
