import type { TextTable } from "../text-table.ts";

/** Turns the codes of one dictionary after another into codes of one merged dictionary. */
export interface CodeMerger {
  /** Writes the merged codes of `codes` into `target` from `at` on. */
  merge(codes: Uint32Array, table: TextTable, target: Uint32Array, at: number): void;
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
  let merged = new Uint32Array(64);
  let current: TextTable | undefined;

  function begin(table: TextTable): void {
    // Batches cut from one batch share their dictionaries.
    if (table === current) return;
    current = table;
    if (table.count + step > merged.length) merged = new Uint32Array(2 * (table.count + step));
    else merged.fill(0, 0, table.count + step);
    if (step === 1) merged[0] = 1;
  }

  /** A few rows of a large dictionary: forgetting all of its entries would cost more than they. */
  function mergeFew(codes: Uint32Array, table: TextTable, target: Uint32Array, at: number): void {
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] ?? 0;
      target[at + i] = code < step ? 0 : intern(table, code - step) + step;
    }
  }

  return {
    merge(codes, table, target, at) {
      if (table !== current && codes.length * FEW_ONE_IN < table.count) {
        mergeFew(codes, table, target, at);
        return;
      }
      begin(table);
      for (let i = 0; i < codes.length; i++) {
        const code = codes[i] ?? 0;
        let found = merged[code] ?? 0;
        if (found === 0) {
          found = intern(table, code - step) + step + 1;
          merged[code] = found;
        }
        target[at + i] = found - 1;
      }
    },
  };
}
