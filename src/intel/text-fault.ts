/**
 * What no cell of a table may hold, because a person's screen or spreadsheet would do something else with it than show
 * it: controls, marks that steer the direction of text or are not seen, and formulas.
 */
export type TextFault = "control-character" | "bidi-mark" | "formula";

export function textFault(text: string): TextFault | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return "control-character";
  if (/\p{Cf}/u.test(text)) return "bidi-mark";
  return /^[=+@-]/.test(text) ? "formula" : undefined;
}
