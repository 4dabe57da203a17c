/** Refusals of the API itself (SPEC 11); those of the use cases keep the codes of their own folders. */
import type { CodeEntry } from "#parley/codec/refusal.ts";

export const HTTP_CODES = {
  "api-host": { layer: "api", clause: "11.1.1" },
  "api-token-missing": { layer: "api", clause: "11.1.2" },
  "api-token-wrong": { layer: "api", clause: "11.1.2" },
  "api-throttled": { layer: "api", clause: "11.1.3" },
  "api-role": { layer: "api", clause: "11.1.4" },
  "api-unknown": { layer: "api", clause: "11.2.1" },
  "api-method": { layer: "api", clause: "11.2.1" },
  "api-media-type": { layer: "api", clause: "11.2.2" },
  "api-too-large": { layer: "api", clause: "11.2.3" },
  "api-json": { layer: "api", clause: "11.2.4" },
  "api-schema": { layer: "api", clause: "11.2.4" },
  "api-asking": { layer: "api", clause: "11.2.5" },
  "api-busy": { layer: "api", clause: "11.2.5" },
  "api-store": { layer: "api", clause: "11.2.6" },
  "api-fault": { layer: "api", clause: "11.2.7" },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type HttpCode = keyof typeof HTTP_CODES;
