/** Every migration of the SQLite engine, in order. A new one is appended; none is ever edited or removed. */
import type { Migration } from "../migrate.ts";
import { record } from "./0001-record.ts";

export const SQLITE_MIGRATIONS: readonly Migration[] = [record];
