/**
 * A folder of warning lists, loaded: what was taken, what was not and why (SPEC 16.1).
 *
 * Guarantees: one bad file never hides the others, and every file is in the report, with its hash if it was read. The
 * order of the lists is that of their paths, whatever the order of the files.
 */
import { isRefusal, refuse, type Refusal, type RefusalFacts } from "#parley/codec/refusal.ts";
import type { IntelCode } from "./codes.ts";
import { parseWarningList, type ListType, type Rejected, type WarningList } from "./list.ts";
import { buildMatcher, type Matcher } from "./matcher.ts";
import { parseSettings, SETTINGS_FILE, type Meaning } from "./meaning.ts";

export const LISTS_LIMIT = 500;

/** A file of the folder, path with `/` below it; without bytes when it was not read, and why. */
export type ListFile =
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; readonly refused: Refusal<IntelCode> };

/** What became of one file. */
export type ListReport =
  | {
      readonly path: string;
      readonly loaded: true;
      readonly name: string;
      readonly version?: string;
      readonly sha256: string;
      readonly type: ListType;
      readonly meaning: Meaning;
      readonly from?: string;
      readonly until?: string;
      readonly entries: number;
      readonly rejected: readonly Rejected[];
    }
  | {
      readonly path: string;
      readonly loaded: false;
      readonly code: string;
      readonly facts: RefusalFacts;
    };

export interface LoadedLists {
  readonly lists: readonly WarningList[];
  readonly matcher: Matcher;
  readonly report: readonly ListReport[];
}

/** Refuses as a whole only settings that cannot be read, and a folder of which nothing could be loaded. */
export function loadLists(
  files: readonly ListFile[],
  sha256: (bytes: Uint8Array) => Uint8Array,
): LoadedLists | Refusal<IntelCode> {
  const settings = files.find(({ path }) => path === SETTINGS_FILE);
  const assigned = settings && ("bytes" in settings ? parseSettings(settings.bytes) : settings.refused);
  if (isRefusal(assigned)) return refuse("screen-settings", assigned.facts);
  const lists: WarningList[] = [];
  const report: ListReport[] = [];
  for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const { path } = file;
    if (path === SETTINGS_FILE) continue;
    const list =
      "refused" in file
        ? file.refused
        : lists.length < LISTS_LIMIT
          ? parseWarningList({ path, bytes: file.bytes, sha256, assigned: assigned?.get(path) ?? {} })
          : refuse("list-many", { limit: LISTS_LIMIT });
    if (!isRefusal(list)) lists.push(list);
    report.push(reportOf(path, list));
  }
  if (lists.length === 0) return refuse("screen-lists-none", { files: report.length });
  return { lists, matcher: buildMatcher(lists), report };
}

function reportOf(path: string, list: WarningList | Refusal<IntelCode>): ListReport {
  if (isRefusal(list)) return { path, loaded: false, code: list.code, facts: list.facts };
  const { ranges: _ranges, names: _names, texts: _texts, parts: _parts, takes: _takes, ...shown } = list;
  return { ...shown, loaded: true };
}
