import type { ColumnKind } from "@shale/columns";
import { REST_COLUMN } from "./column-names.ts";
import type { DayFileIndex } from "./open-day-file.ts";

/** What a file says of the values of one kind of a property, before any of them is read. */
export interface ColumnExtent {
  readonly kind: ColumnKind;
  /** The least and the greatest of numbers; undefined: not known, as for every other kind. */
  readonly numbers: readonly [least: number, greatest: number] | undefined;
}

/** One for each kind that a row of the file has of the property; none: no row has it. */
export function columnExtents(index: DayFileIndex, property: string): ColumnExtent[] {
  return index.properties
    .filter(({ name }) => name === property)
    .map(({ kind, column }) => ({
      kind,
      numbers: kind === "number" && column !== REST_COLUMN ? numbersOf(index, column) : undefined,
    }));
}

function numbersOf(index: DayFileIndex, column: string): ColumnExtent["numbers"] {
  const place = index.columns.findIndex(({ name }) => name === column);
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const chunks of index.chunks) {
    const own = chunks[place];
    if (own === undefined) return undefined;
    const { min, max, nulls } = own.chunk.statistics;
    if (min === undefined || max === undefined) {
      // A row group without a value has no least one.
      if (nulls === own.chunk.valueCount) continue;
      return undefined;
    }
    least = Math.min(least, doubleOf(min));
    greatest = Math.max(greatest, doubleOf(max));
  }
  return [least, greatest];
}

function doubleOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0, true);
}
