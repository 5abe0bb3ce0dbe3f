import { invariant } from "@shale/model";
import { growingF64, growingU32 } from "../../rows/growing-columns.ts";
import type { AggregateOptions, CellAggregate, CellMap, ValuesPart } from "./cell-aggregate.ts";
import { nearestRank } from "./nearest-rank.ts";

/** Every number of each cell, of which one has the wanted rank. */
export function createValueCells({ budget }: AggregateOptions, percentile: number): CellAggregate {
  const holder = {};
  let cells = growingU32();
  let values = growingF64();
  let cellCount = 0;
  function hold(): void {
    budget.hold(holder, cells.byteCount + values.byteCount);
  }
  function add(cell: number, value: number): void {
    const bytes = cells.byteCount;
    cells.push(cell);
    values.push(value);
    if (cells.byteCount !== bytes) hold();
  }
  function addAll(source: Pick<ValuesPart, "cells" | "values">, targetOf: CellMap): void {
    for (let i = 0; i < source.cells.length; i++) {
      const target = targetOf(source.cells[i] ?? 0);
      if (target >= 0) add(target, source.values[i] ?? 0);
    }
  }
  function all(): Pick<ValuesPart, "cells" | "values"> {
    return {
      cells: cells.numbers.subarray(0, cells.length),
      values: values.numbers.subarray(0, values.length),
    };
  }
  return {
    reserve(count) {
      cellCount = Math.max(cellCount, count);
    },
    add,
    absorb(part, targetOf) {
      invariant(part.kind === "values", "values are put to values");
      addAll(part, targetOf);
    },
    move(targetOf, count) {
      const before = all();
      cells = growingU32();
      values = growingF64();
      cellCount = count;
      addAll(before, targetOf);
      hold();
    },
    part() {
      const kept = all();
      return { kind: "values", cells: kept.cells.slice(), values: kept.values.slice() };
    },
    read() {
      const { sorted, starts } = sortedByCell(all(), cellCount);
      budget.hold(holder, cells.byteCount + 2 * values.byteCount + 4 * cellCount);
      return (cell) => {
        const [start, end] = [starts[cell] ?? 0, starts[cell + 1] ?? 0];
        if (start >= end) return null;
        return sorted[start + nearestRank(percentile, end - start) - 1] ?? null;
      };
    },
  };
}

/** The numbers cell by cell, each cell's ascending: cell c has [starts[c], starts[c + 1]). */
function sortedByCell(
  { cells, values }: Pick<ValuesPart, "cells" | "values">,
  cellCount: number,
): { readonly sorted: Float64Array; readonly starts: Uint32Array } {
  const ends = new Uint32Array(cellCount + 1);
  for (let i = 0; i < cells.length; i++) {
    const next = (cells[i] ?? 0) + 1;
    ends[next] = (ends[next] ?? 0) + 1;
  }
  for (let cell = 1; cell <= cellCount; cell++) {
    ends[cell] = (ends[cell] ?? 0) + (ends[cell - 1] ?? 0);
  }
  const starts = ends.slice();
  const sorted = new Float64Array(values.length);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] ?? 0;
    const at = ends[cell] ?? 0;
    sorted[at] = values[i] ?? 0;
    ends[cell] = at + 1;
  }
  for (let cell = 0; cell < cellCount; cell++) {
    const [start, end] = [starts[cell] ?? 0, starts[cell + 1] ?? 0];
    if (end - start > 1) sorted.subarray(start, end).sort();
  }
  return { sorted, starts };
}
