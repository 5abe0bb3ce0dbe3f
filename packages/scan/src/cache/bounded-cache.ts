/** Values by key up to a number of bytes; those that were not used of late go first. */
export interface BoundedCache<Value> {
  readonly byteCount: number;
  get(key: string): Value | undefined;
  /** A value larger than the whole cache is not kept. */
  put(key: string, value: Value, byteCount: number): void;
  delete(key: string): void;
}

interface Entry<Value> {
  readonly value: Value;
  readonly byteCount: number;
  /** Since it was put, or since the hand passed it. */
  isUsed: boolean;
}

/**
 * Second chance: a use only leaves a mark. When room is needed, a hand goes over the entries in the
 * order of a Map, which is that of insertion: marked ones lose the mark and go to the end.
 */
export function createBoundedCache<Value>(byteCountMax: number): BoundedCache<Value> {
  const entries = new Map<string, Entry<Value>>();
  let total = 0;
  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    total -= entry.byteCount;
  }
  function makeRoom(): void {
    for (const [key, entry] of entries) {
      if (total <= byteCountMax) return;
      entries.delete(key);
      if (entry.isUsed) entries.set(key, { ...entry, isUsed: false });
      else total -= entry.byteCount;
    }
  }
  return {
    get byteCount() {
      return total;
    },
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entry.isUsed = true;
      return entry.value;
    },
    put(key, value, byteCount) {
      remove(key);
      if (byteCount > byteCountMax) return;
      entries.set(key, { value, byteCount, isUsed: false });
      total += byteCount;
      makeRoom();
    },
    delete: remove,
  };
}
