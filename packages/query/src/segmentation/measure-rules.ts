import { unreachable } from "@shale/model";
import type { ParsedFold, ParsedMeasure } from "../parse/segmentation/parsed-measure.ts";
import type { CellAggregate } from "./cells/cell-aggregate.ts";
import { createCountCells } from "./cells/count-cells.ts";
import { createDistinctCells, createValueNames } from "./cells/distinct-cells.ts";
import { createExtremeCells } from "./cells/extreme-cells.ts";
import { createSumCells } from "./cells/sum-cells.ts";
import { createValueCells } from "./cells/value-cells.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** True where the number of a range follows from the states of its intervals. */
export function addsUp(measure: ParsedMeasure): boolean {
  switch (measure.kind) {
    case "total":
    case "sessions":
    case "property":
    case "distinct":
      return true;
    case "unique":
    case "cumulativeUnique":
    case "active":
    case "perUser":
      return false;
    default:
      return unreachable(measure);
  }
}

/** True where the state of several segments follows from theirs, if no event is in two of them. */
export function segmentsAddUp(measure: ParsedMeasure): boolean {
  return addsUp(measure) && measure.kind !== "sessions"; // One may have events of two segments.
}

/** True where the states of intervals are differences: the number of one is a running sum. */
export function isRunningSum({ kind }: ParsedMeasure): boolean {
  return kind === "cumulativeUnique" || kind === "active";
}

/** The property whose values a measure takes as numbers. */
export function numberPropertyOf(measure: ParsedMeasure): string | undefined {
  const { kind } = measure;
  if (kind === "property") return measure.property;
  if (kind !== "perUser" || measure.inner.kind !== "property") return undefined;
  return measure.inner.property;
}

/** The property that a measure looks at. */
export function propertyOf(measure: ParsedMeasure): string | undefined {
  if (measure.kind === "distinct") return measure.property;
  if (measure.kind === "perUser" && measure.inner.kind === "distinct")
    return measure.inner.property;
  return numberPropertyOf(measure);
}

/** The states that a measure needs, empty. */
export function createAggregate(measure: ParsedMeasure, budget: MemoryBudget): CellAggregate {
  switch (measure.kind) {
    case "total":
    case "unique":
    case "sessions":
    case "cumulativeUnique":
    case "active":
      return createCountCells({ budget });
    case "property":
    case "perUser":
      return createFoldCells(measure.fold, budget);
    case "distinct":
      return createDistinctCells({ budget }, createValueNames());
    default:
      return unreachable(measure);
  }
}

export function createFoldCells(fold: ParsedFold, budget: MemoryBudget): CellAggregate {
  switch (fold.kind) {
    case "sum":
    case "avg":
      return createSumCells({ budget, result: fold.kind });
    case "min":
    case "max":
      return createExtremeCells({ budget }, fold.kind);
    case "percentile":
      return createValueCells({ budget }, fold.percentile);
    default:
      return unreachable(fold);
  }
}
