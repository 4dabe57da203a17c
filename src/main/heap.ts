/**
 * How far the heap may grow before a full collection.
 *
 * A node's garbage is mostly byte arrays outside the heap. V8 counts them with a small heap and, left alone, walks
 * the whole of it after every ten megabytes: a fifth of the CPU under load. With this it waits until what lives has
 * doubled.
 */
import { setFlagsFromString } from "node:v8";

const GROWTH_PERCENT = 100;

/** Call once, first thing in a process that runs a node. V8 reads the value at the end of each full collection. */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
