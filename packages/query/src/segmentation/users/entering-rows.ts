import { unreachable } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import type { ParsedInner, ParsedMeasure } from "../../parse/segmentation/parsed-measure.ts";
import { createKeyCells, isUndefined } from "../key-cells.ts";

/**
 * Which rows of a batch enter the numbers of a measure by what they hold; undefined: all do. Holds
 * until the next call.
 */
export type EnteringRows = (
  batch: ScanBatch,
  mask: Uint8Array | undefined,
) => Uint8Array | undefined;

/** By row 1 where the row enters. A user of a measure "perUser" counts with a row that enters. */
export function createEnteringRows(measure: ParsedMeasure): EnteringRows {
  switch (measure.kind) {
    case "total":
    case "unique":
    case "sessions":
    case "cumulativeUnique":
    case "active":
      return () => undefined;
    case "property":
      return numberRows(measure.property);
    case "distinct":
      return valueRows(measure.property);
    case "perUser":
      return perUserRows(measure.inner);
    default:
      return unreachable(measure);
  }
}

/** Of nothing a count, a sum and the number of values are 0, which counts; others are null. */
function perUserRows(inner: ParsedInner): EnteringRows {
  const isNull = inner.kind === "property" && inner.fold.kind !== "sum";
  return isNull ? numberRows(inner.property) : () => undefined;
}

function numberRows(property: string): EnteringRows {
  return ({ rowCount, properties }) => {
    const numbers = properties.get(property)?.number;
    const entering = new Uint8Array(rowCount);
    if (numbers === undefined) return entering;
    for (let row = 0; row < rowCount; row++) {
      if (!Number.isNaN(numbers[row] ?? Number.NaN)) entering[row] = 1;
    }
    return entering;
  };
}

/** Rows with a value that a breakdown would list. */
function valueRows(property: string): EnteringRows {
  const key = createKeyCells({ property, buckets: undefined });
  return (batch, mask) => {
    const cells = key.cellsOf(batch, mask);
    return Uint8Array.from(cells, (cell) => (isUndefined(key, cell) ? 0 : 1));
  };
}
