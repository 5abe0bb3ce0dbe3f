/** Values by key up to a number of bytes; the ones used longest ago go first. */
export interface BoundedCache<Value> {
  readonly byteCount: number;
  get(key: string): Value | undefined;
  /** A value larger than the whole cache is not kept. */
  put(key: string, value: Value, byteCount: number): void;
  delete(key: string): void;
}

export function createBoundedCache<Value>(byteCountMax: number): BoundedCache<Value> {
  // A Map keeps the order of insertion: a value that is used is inserted again, at the end.
  const entries = new Map<string, { readonly value: Value; readonly byteCount: number }>();
  let total = 0;
  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    total -= entry.byteCount;
  }
  return {
    get byteCount() {
      return total;
    },
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    put(key, value, byteCount) {
      remove(key);
      if (byteCount > byteCountMax) return;
      entries.set(key, { value, byteCount });
      total += byteCount;
      for (const oldest of entries.keys()) {
        if (total <= byteCountMax) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
