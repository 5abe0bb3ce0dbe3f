import type { TextTable } from "../text-table.ts";

/** Turns the codes of one dictionary after another into codes of one merged dictionary. */
export interface CodeMerger {
  /**
   * Writes the merged codes of `codes` into `target` from `at` on: those at `picks`, or all.
   */
  merge({ codes, picks, table }: MergedCodes, target: Uint32Array, at: number): void;
}

export interface MergedCodes {
  readonly codes: Uint32Array;
  readonly table: TextTable;
  /** Indexes in `codes`; undefined: all, in order. */
  readonly picks: Uint32Array | undefined;
}

const FEW_ONE_IN = 16;

/**
 * Entries are interned when a row first needs them, so what no row needs is left out.
 *
 * `codeOfNone`: "none" where every code is an index; "zero" where 0 is absent and the index is one
 * less than the code.
 */
export function createCodeMerger(
  codeOfNone: "none" | "zero",
  intern: (table: TextTable, index: number) => number,
): CodeMerger {
  const step = codeOfNone === "zero" ? 1 : 0;
  /** By old code, 1 + the new code; 0 = not met yet in this table. */
  let merged = new Uint32Array(16);
  let current: TextTable | undefined;

  function begin(table: TextTable): void {
    // Batches cut from one batch share their dictionaries.
    if (table === current) return;
    current = table;
    if (table.count + step > merged.length) merged = new Uint32Array(2 * (table.count + step));
    else merged.fill(0, 0, table.count + step);
    if (step === 1) merged[0] = 1;
  }

  function codeOf(code: number, table: TextTable): number {
    const found = merged[code] ?? 0;
    if (found !== 0) return found - 1;
    const added = intern(table, code - step) + step;
    merged[code] = added + 1;
    return added;
  }

  /** A few rows of a large dictionary: forgetting all of its entries would cost more than they. */
  function mergeFew(
    codes: Uint32Array,
    picks: Uint32Array | undefined,
    table: TextTable,
    target: Uint32Array,
    at: number,
  ): void {
    const count = picks?.length ?? codes.length;
    for (let i = 0; i < count; i++) {
      const code = codes[picks === undefined ? i : (picks[i] ?? 0)] ?? 0;
      target[at + i] = code < step ? 0 : intern(table, code - step) + step;
    }
  }

  return {
    merge({ codes, picks, table }, target, at) {
      const count = picks?.length ?? codes.length;
      if (table !== current && count * FEW_ONE_IN < table.count) {
        mergeFew(codes, picks, table, target, at);
        return;
      }
      begin(table);
      if (picks === undefined) {
        for (let i = 0; i < count; i++) target[at + i] = codeOf(codes[i] ?? 0, table);
      } else {
        for (let i = 0; i < count; i++) target[at + i] = codeOf(codes[picks[i] ?? 0] ?? 0, table);
      }
    },
  };
}
