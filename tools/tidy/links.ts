/**
 * Relative links of the documents: the file exists, and where a heading is named, the heading exists too.
 *
 * It deliberately follows no link out of the repository: a test needs no network.
 */
import { existsSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { readText, ROOT, type Finding, type Report } from "./sources.ts";

export interface Document {
  readonly path: string;
  readonly text: string;
}

interface Link {
  readonly line: number;
  readonly target: string;
}

export function checkLinks(
  documents: readonly Document[],
  headingsOf: (path: string) => readonly string[],
): Report {
  let checked = 0;
  const findings: Finding[] = [];
  for (const { path, text } of documents) {
    for (const { line, target } of relativeLinksOf(text)) {
      checked += 1;
      const [file = "", heading] = target.split("#");
      const linked =
        file === ""
          ? path
          : normalize(join(dirname(path), decodeURI(file)))
              .split(sep)
              .join("/");
      if (linked.startsWith("../") || !existsSync(join(ROOT, linked))) {
        findings.push({ path, line, says: `dead link: ${target}` });
      } else if (heading !== undefined && linked.endsWith(".md") && !headingsOf(linked).includes(heading)) {
        findings.push({ path, line, says: `no such heading: ${target}` });
      }
    }
  }
  return { checked, findings };
}

/** Anchors that GitHub gives to the headings of a document in the repository. */
export function readHeadings(path: string): readonly string[] {
  return headingAnchorsOf(readText(path));
}

/** Lower case, punctuation gone, spaces to hyphens; a repeated heading gets `-1`, `-2`. */
export function headingAnchorsOf(text: string): readonly string[] {
  const seen = new Map<string, number>();
  return proseLinesOf(text).flatMap(({ text: line }) => {
    const title = /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1];
    if (title === undefined) return [];
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replace(/ /g, "-");
    const repeats = seen.get(anchor) ?? 0;
    seen.set(anchor, repeats + 1);
    return [repeats === 0 ? anchor : `${anchor}-${repeats}`];
  });
}

/** Lines outside fenced code, with their numbers from 1. */
export function proseLinesOf(text: string): readonly { readonly line: number; readonly text: string }[] {
  let fenced = false;
  return text.split("\n").flatMap((line, index) => {
    const fence = /^\s*(?:```|~~~)/.test(line);
    if (fence) fenced = !fenced;
    return fence || fenced ? [] : [{ line: index + 1, text: line }];
  });
}

function relativeLinksOf(text: string): readonly Link[] {
  return proseLinesOf(text).flatMap(({ line, text: prose }) => {
    const words = prose.replace(/`[^`]*`/g, "");
    const inline = [...words.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
    const defined = [...words.matchAll(/^\s*\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)/g)];
    return [...inline, ...defined].flatMap((match) => {
      const target = match[1] ?? "";
      return /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target) ? [] : [{ line, target }];
    });
  });
}
