/**
 * The published vectors in `../shared`, beside the repository. They are not part of it: a clone without them says
 * so in a test of its own instead of passing in silence.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";

export const repoRoot: string = path.resolve(import.meta.dirname, "..");

/** `sharedPath("vectors/xwing")`: where it would be, whether or not it is. */
export function sharedPath(name: string): string {
  return path.join(repoRoot, "..", "shared", name);
}

/** A suite over one folder or file of `../shared`, or one test that says that it is absent. */
export function describeShared(name: string, suite: (location: string) => void): void {
  const location = sharedPath(name);
  if (existsSync(location)) {
    describe(`../shared/${name}`, () => {
      suite(location);
    });
    return;
  }
  const notice = `../shared/${name} is absent: these vectors are not checked`;
  test(notice, (t) => {
    t.diagnostic(notice);
  });
}

/** A JSON file of somebody else's making, checked against the members that the test reads. */
export function readSharedJson<const Schema extends TSchema>(schema: Schema, file: string): Static<Schema> {
  const value: unknown = JSON.parse(readFileSync(file, "utf8"));
  assert.ok(Value.Check(schema, value), `${path.basename(file)} has the expected shape`);
  return value;
}
