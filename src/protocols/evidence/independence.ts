/**
 * How many independent lines of support a pack has (SPEC 10.3.31).
 *
 * Two sources are one line if they share a collector or raw data, or one derives from the other, directly or
 * through others, even through one that the pack does not show. The count does not depend on any order.
 */
import type { PackSource } from "./pack.ts";

/** Lines of support; a source counts only if it says who collected it and from which raw data. */
export function countIndependentSources(sources: readonly PackSource[]): number {
  const parentByNode = new Map<string, string>();
  for (const source of sources) {
    const node = `source ${source.id}`;
    if (source.collector !== undefined) join(parentByNode, node, `collector ${source.collector}`);
    for (const digest of source.raw_sha256 ?? []) join(parentByNode, node, `raw ${digest}`);
    for (const origin of source.derives_from ?? []) join(parentByNode, node, `source ${origin}`);
  }
  const lines = new Set<string>();
  for (const source of sources) {
    if (isTraceable(source)) lines.add(rootOf(parentByNode, `source ${source.id}`));
  }
  return lines.size;
}

export function isTraceable(source: PackSource): boolean {
  return source.collector !== undefined && (source.raw_sha256 ?? []).length > 0;
}

function join(parentByNode: Map<string, string>, a: string, b: string): void {
  const rootA = rootOf(parentByNode, a);
  const rootB = rootOf(parentByNode, b);
  if (rootA !== rootB) parentByNode.set(rootA, rootB);
}

/** Follows parents to the root and halves the path on the way, so that long derivations stay cheap. */
function rootOf(parentByNode: Map<string, string>, node: string): string {
  let at = node;
  for (;;) {
    const parent = parentByNode.get(at);
    if (parent === undefined) return at;
    const grandparent = parentByNode.get(parent);
    if (grandparent === undefined) return parent;
    parentByNode.set(at, grandparent);
    at = grandparent;
  }
}
