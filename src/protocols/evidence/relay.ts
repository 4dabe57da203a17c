/** The relay screen (SPEC 10.5): what was found per event, and which asks that caps. */
import type { RelayResult } from "./codes.ts";
import type { Pack } from "./pack.ts";
import type { Profile } from "./profile.ts";

export type RelayCap = Profile["relay_caps"][number];

/** Several screens of one event add up: one `not-done` or one hit is never hidden by another line. */
export function resultsByEvent(pack: Pack): ReadonlyMap<string, ReadonlySet<RelayResult>> {
  const results = new Map<string, Set<RelayResult>>();
  for (const screen of pack.relay_screen ?? []) {
    for (const id of screen.events) {
      const found = results.get(id) ?? new Set();
      for (const result of screen.results) found.add(result);
      results.set(id, found);
    }
  }
  return results;
}

/** The caps of the profile that an event of the pack triggers. */
export function triggeredCaps(profile: Profile, pack: Pack): readonly RelayCap[] {
  const results = resultsByEvent(pack);
  return profile.relay_caps.filter((cap) =>
    (pack.events ?? []).some((event) => {
      if (cap.unless === "source-port" && event.src_port !== undefined) return false;
      return results.get(event.id)?.has(cap.result) === true;
    }),
  );
}
