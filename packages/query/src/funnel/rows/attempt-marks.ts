import type { ScanBatch } from "@shale/scan";
import type { CohortMembers } from "../../cohort/cohort-members.ts";
import { compileFilter } from "../../filter/row-filter.ts";
import type { ParsedFilter } from "../../parse/parsed-query.ts";
import { createKeyCells, isUndefined } from "../../segmentation/key-cells.ts";
import { createSignatures, isInMask } from "./row-signatures.ts";

/** What a filter on attempts has to know of rows, which are numbered by it. */
export interface AttemptMarks {
  of(batch: ScanBatch): Uint32Array;
  /** Whether a condition is true of rows with a mark. */
  holds(mark: number, condition: number): boolean;
  /** Whether they have a value of a property. */
  isDefined(mark: number, property: number): boolean;
  readonly byteCount: number;
}

export interface MarkedThings {
  readonly conditions: readonly ParsedFilter[];
  readonly properties: readonly string[];
}

export function createAttemptMarks(
  { conditions, properties }: MarkedThings,
  cohorts: CohortMembers,
): AttemptMarks {
  const filters = conditions.map((condition) => compileFilter(condition, cohorts));
  const keys = properties.map((property) => createKeyCells({ property, buckets: undefined }));
  const bitCount = filters.length + keys.length;
  const signatures = createSignatures(bitCount);
  const byMark: Uint8Array[] = [];

  function definedMask(key: (typeof keys)[number], batch: ScanBatch): Uint8Array {
    const cells = key.cellsOf(batch, undefined);
    return Uint8Array.from(cells, (cell) => (isUndefined(key, cell) ? 0 : 1));
  }
  return {
    of(batch) {
      const words = signatures.wordsOf(batch.rowCount, [
        ...filters.map((filter) => filter.maskOf(batch)),
        ...keys.map((key) => definedMask(key, batch)),
      ]);
      const marks = new Uint32Array(batch.rowCount);
      for (let row = 0; row < marks.length; row++) {
        const mark = signatures.kindOf(words, row);
        byMark[mark] ??= Uint8Array.from({ length: bitCount }, (_, bit) =>
          isInMask(words, row, bit) ? 1 : 0,
        );
        marks[row] = mark;
      }
      return marks;
    },
    holds: (mark, condition) => byMark[mark]?.[condition] === 1,
    isDefined: (mark, property) => byMark[mark]?.[filters.length + property] === 1,
    get byteCount() {
      return keys.reduce((sum, { byteCount }) => sum + byteCount, 0);
    },
  };
}
