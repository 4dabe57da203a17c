/** Order of ASCII codes: by code unit, the same in every language and locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
