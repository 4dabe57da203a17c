/** The two backends under test. The noble one draws from a seeded stream, so a failure repeats itself. */
import { createNodeBackend } from "#parley/crypto/backend-node.ts";
import { createNobleBackend } from "#parley/crypto/backend-noble.ts";
import type { CryptoBackend } from "#parley/crypto/backend.ts";
import { seededRandomBytes } from "../../tools/seeded-random.ts";

export const nodeBackend: CryptoBackend = createNodeBackend();
export const nobleBackend: CryptoBackend = createNobleBackend({ randomBytes: seededRandomBytes("tests") });
export const BACKENDS: readonly CryptoBackend[] = [nodeBackend, nobleBackend];
