import { invariant } from "@shale/model";
import type { FixedColumn } from "./column-names.ts";
import type { DayFileRange, DayFileSelection } from "./day-file.ts";
import type { DayFileIndex, IndexedChunk } from "./open-day-file.ts";

/** A gap of fewer bytes is read rather than skipped: one read more costs more. */
const GAP_BYTES_MAX = 65_536;

const always: readonly FixedColumn[] = ["user_id", "time", "event"];
const placeColumns: readonly FixedColumn[] = ["insert_id", "seq", "writer", "generation"];

/** Numbers of the columns that a selection needs, ascending. */
export function selectedColumns(
  { columns, properties }: DayFileIndex,
  selection: DayFileSelection,
): readonly number[] {
  const names = new Set<string>(selection.places ? [...always, ...placeColumns] : always);
  if (selection.properties === "all") {
    for (const { column } of properties) names.add(column);
  } else {
    const wanted = new Set(selection.properties);
    for (const { name, column } of properties) if (wanted.has(name)) names.add(column);
  }
  const numbers: number[] = [];
  columns.forEach(({ name }, number) => {
    // Each name stands once in a file, but a property's is never that of a fixed column.
    if (names.has(name)) numbers.push(number);
  });
  return numbers;
}

/** Numbers of the selected row groups, ascending. */
export function selectedGroups(
  { chunks }: DayFileIndex,
  selection: DayFileSelection,
): readonly number[] {
  if (selection.rowGroups === undefined) return chunks.map((_chunks, number) => number);
  let previous = -1;
  for (const number of selection.rowGroups) {
    invariant(number > previous && number < chunks.length, `row groups ascend: ${number}`);
    previous = number;
  }
  return selection.rowGroups;
}

/** The chunks that a selection needs, in the order of their bytes. */
export function selectedChunks(
  index: DayFileIndex,
  selection: DayFileSelection,
): readonly IndexedChunk[] {
  const columns = selectedColumns(index, selection);
  return selectedGroups(index, selection).flatMap((group) =>
    columns.flatMap((column) => index.chunks[group]?.[column] ?? []),
  );
}

/**
 * The bytes of the object that `decodeDayFileRows` needs for a selection, ascending, no two near
 * each other.
 */
export function planDayFileRead(
  index: DayFileIndex,
  selection: DayFileSelection,
): readonly DayFileRange[] {
  const ranges: { offset: number; length: number }[] = [];
  for (const { offset, length } of selectedChunks(index, selection)) {
    const last = ranges.at(-1);
    if (last !== undefined && offset - (last.offset + last.length) < GAP_BYTES_MAX) {
      last.length = offset + length - last.offset;
    } else ranges.push({ offset, length });
  }
  return ranges;
}
