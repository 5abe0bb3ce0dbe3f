import type { ScanBatch, ScanProperty } from "@shale/scan";
import type { ParsedInner } from "../../parse/segmentation/parsed-measure.ts";
import type { CellAggregate } from "../cells/cell-aggregate.ts";
import { createCountCells } from "../cells/count-cells.ts";
import { createDistinctCells } from "../cells/distinct-cells.ts";
import type { IntervalRuns } from "../interval-runs.ts";
import { createKeyCells, SET_CELLS } from "../key-cells.ts";
import { createFoldCells } from "../measure-rules.ts";
import type { MemoryBudget } from "../memory-budget.ts";

/** Adds what rows have of a property (or that they are there) to the cells of an aggregate. */
export interface RowValues {
  /** An aggregate for them. */
  createCells(): CellAggregate;
  /** Adds a row of the runs to a cell; a row without a fitting value adds nothing. */
  adderOf(batch: ScanBatch, runs: IntervalRuns): AddRow;
}
export type AddRow = (cells: CellAggregate, cell: number, row: number) => void;

export function createRowValues(inner: ParsedInner, budget: MemoryBudget): RowValues {
  switch (inner.kind) {
    case "count":
      return {
        createCells: () => createCountCells({ budget }),
        adderOf: () => (cells, cell) => cells.add(cell, 1),
      };
    case "property":
      return {
        createCells: () => createFoldCells(inner.fold, budget),
        adderOf(batch) {
          const numbers = batch.properties.get(inner.property)?.number;
          if (numbers === undefined) return () => undefined;
          return (cells, cell, row) => {
            const value = numbers[row] ?? Number.NaN;
            if (!Number.isNaN(value)) cells.add(cell, value);
          };
        },
      };
    case "distinct":
      return distinctValues(inner.property, budget);
  }
}

/** The values that a breakdown by the property would list, null left out. */
function distinctValues(property: string, budget: MemoryBudget): RowValues {
  const key = createKeyCells({ property, buckets: undefined });
  const names = {
    get count() {
      return key.valueCount;
    },
    valueOf: key.valueOf,
  };
  function add(cells: CellAggregate, cell: number, value: number): void {
    if (key.valueOf(value) !== null) cells.add(cell, value);
  }
  return {
    createCells: () => createDistinctCells({ budget }, names),
    adderOf(batch, runs) {
      const mask = new Uint8Array(batch.rowCount);
      for (let i = 0; i < runs.rows.length; i++) mask[runs.rows[i] ?? 0] = 1;
      const values = key.cellsOf(batch, mask);
      budget.hold(key, key.byteCount);
      return (cells, cell, row) => {
        const value = values[row] ?? 0;
        if (value < SET_CELLS) add(cells, cell, value);
        else for (const member of key.membersOf(value)) add(cells, cell, member);
      };
    },
  };
}

/** Rows that have a value of the property, and one that is no number. */
export function countMisfits(batch: ScanBatch, { rows }: IntervalRuns, property: string): number {
  if (property === "$event" || property === "$user_id") return rows.length;
  const column = batch.properties.get(property);
  if (column === undefined || !hasOthers(column)) return 0;
  const { string, list, boolean } = column;
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const isOther =
      (string?.codes[row] ?? 0) !== 0 ||
      (list?.codes[row] ?? 0) !== 0 ||
      (boolean?.[row] ?? 0) !== 0;
    if (isOther) count++;
  }
  return count;
}

function hasOthers({ string, list, boolean }: ScanProperty): boolean {
  return string !== undefined || list !== undefined || boolean !== undefined;
}
