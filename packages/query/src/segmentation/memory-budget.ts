import { ShaleError } from "@shale/model";

/** Bytes that the states of one query may take together. */
export interface MemoryBudget {
  /** What `holder` holds now, in place of what it held before. @throws {ShaleError} MEMORY_EXCEEDED */
  hold(holder: object, byteCount: number): void;
}

export function createMemoryBudget(byteCountMax: number): MemoryBudget {
  const held = new Map<object, number>();
  let total = 0;
  return {
    hold(holder, byteCount) {
      total += byteCount - (held.get(holder) ?? 0);
      held.set(holder, byteCount);
      if (total <= byteCountMax) return;
      throw new ShaleError(
        "MEMORY_EXCEEDED",
        `Cannot hold the states of the query: they need more than ${byteCountMax} bytes`,
        { details: { byteCountMax } },
      );
    },
  };
}
