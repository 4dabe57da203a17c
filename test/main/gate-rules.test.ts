/** The operator's rule file in a data directory: absent, whole, broken. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DirectoryFault } from "#parley/main/data-directory.ts";
import { readGateRules } from "#parley/main/gate-rules.ts";

test("no file is no rules of one's own; a whole one is read; a broken one stops the start", async () => {
  const directory = mkdtempSync(join(tmpdir(), "parley-rules-"));
  const write = (text: string): void => writeFileSync(join(directory, "gate-rules.json"), text);
  try {
    assert.equal(await readGateRules(directory), undefined);
    write('{ "format": "parley-gate-rules", "version": 1, "officers": ["Alma Brandt"] }');
    assert.deepEqual((await readGateRules(directory))?.officers, ["Alma Brandt"]);
    write('{ "format": "parley-gate-rules", "version": 1, "officer": ["Alma Brandt"] }');
    await assert.rejects(readGateRules(directory), DirectoryFault);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
