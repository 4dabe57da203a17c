/**
 * Names of files for display and download (SPEC 12.4.1): text that somebody else chose, made harmless.
 *
 * Guarantees: no separator of paths, no control, no character that hides or turns others, no name that a system
 * takes for a device, nothing empty. The record keeps what was given.
 */

/** Code points of a safe name: longer than any name people read, shorter than any file system's limit in bytes. */
const NAME_LENGTH_LIMIT = 120;
const HARMFUL = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0<>:"|?*]/gu;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

export function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const clean = Array.from(last.replace(HARMFUL, "").replace(/^[\s.]+|[\s.]+$/gu, ""))
    .slice(0, NAME_LENGTH_LIMIT)
    .join("")
    .replace(/[\s.]+$/u, "");
  return clean === "" || DEVICE.test(clean) ? `_${clean}` : clean;
}
