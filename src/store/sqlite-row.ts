/** Columns of a SQLite row by type. A column of another type than the schema's means that the file is damaged. */
import type { SQLOutputValue } from "node:sqlite";
import { StoreFault } from "./store.ts";

export type Row = Readonly<Record<string, SQLOutputValue>>;

export function integerOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw damaged(column);
  return value;
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw damaged(column);
  return value;
}

export function blobOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw damaged(column);
  return value;
}

/** Undefined for NULL: the other side of a LEFT JOIN. */
export function optionalBlobOf(row: Row, column: string): Uint8Array | undefined {
  return row[column] === null ? undefined : blobOf(row, column);
}

function damaged(column: string): StoreFault {
  return new StoreFault("corrupt", {
    cause: new TypeError(`column ${column} has another type than the schema's`),
  });
}
