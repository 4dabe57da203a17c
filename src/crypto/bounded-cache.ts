/**
 * A map of at most `limit` entries that forgets the least recently used one. For values that cost more to make
 * than to keep (imported keys, admitted keys). It deliberately knows no time: an entry never goes stale here,
 * because a value depends on its key alone.
 */

export interface BoundedCache<Value> {
  /** The kept value, or the one `make` returns. A `make` that throws leaves nothing behind. */
  get(key: string, make: () => Value): Value;
  readonly size: number;
}

export function createBoundedCache<Value>(limit: number): BoundedCache<Value> {
  const valuesByKey = new Map<string, { readonly value: Value }>();
  return {
    get(key, make) {
      const kept = valuesByKey.get(key);
      if (kept !== undefined) {
        valuesByKey.delete(key);
        valuesByKey.set(key, kept);
        return kept.value;
      }
      const value = make();
      if (valuesByKey.size >= limit) {
        const oldest = valuesByKey.keys().next();
        if (oldest.done !== true) valuesByKey.delete(oldest.value);
      }
      valuesByKey.set(key, { value });
      return value;
    },
    get size() {
      return valuesByKey.size;
    },
  };
}
