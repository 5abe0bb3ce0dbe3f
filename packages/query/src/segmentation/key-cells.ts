import type { SegmentValue } from "@shale/model";
import type { ScanBatch, ScanProperty, TextCodes } from "@shale/scan";
import { listElementsOf } from "../filter/value-test.ts";
import type { ParsedBy } from "../parse/parsed-query.ts";

/** A cell from here on stands for a set of several values: those of a list. */
export const SET_CELLS = 0x8000_0000;

/**
 * The values of one breakdown key by number. A row's cell is the number of its value, or, where
 * its value is a list with several elements, SET_CELLS + the number of a set.
 */
export interface KeyCells {
  /** Cells of the rows in the mask (undefined: all); those of other rows mean nothing. */
  cellsOf(batch: ScanBatch, mask: Uint8Array | undefined): Uint32Array;
  /** The distinct values of a cell that is a set. */
  membersOf(cell: number): Uint32Array;
  /** null: absent, or in no bucket. */
  valueOf(value: number): SegmentValue;
  /** Values met so far. */
  readonly valueCount: number;
  /** Memory that values and sets take, roughly. */
  readonly byteCount: number;
}

const VALUE_BYTES = 100;

/** Serves one query: texts are looked at once, then rows cost a look-up of their code. */
export function createKeyCells({ property, buckets }: ParsedBy): KeyCells {
  const numbers = new Map<SegmentValue, number>();
  const values: SegmentValue[] = [];
  const sets: Uint32Array[] = [];

  function numberOf(value: SegmentValue): number {
    const bucket = buckets === undefined ? value : bucketOf(value, buckets);
    let number = numbers.get(bucket);
    if (number === undefined) {
      number = values.push(bucket) - 1;
      numbers.set(bucket, number);
    }
    return number;
  }
  function cellOfList(listText: string): number {
    const members = new Set(listElementsOf(listText).map(numberOf));
    if (members.size === 0) return numberOf(null);
    const [only = 0] = members;
    return members.size === 1 ? only : SET_CELLS + (sets.push(Uint32Array.from(members)) - 1);
  }
  const strings = createCodeCells(numberOf);
  const lists = createCodeCells(cellOfList);

  function cellsOf(batch: ScanBatch, mask: Uint8Array | undefined): Uint32Array {
    switch (property) {
      case "$event":
        return strings.cellsOf(batch.events, batch.eventCodes, mask);
      case "$user_id":
        return strings.cellsOf(batch.users, batch.userCodes, mask);
      default: {
        const cells = new Uint32Array(batch.rowCount).fill(numberOf(null));
        const column = batch.properties.get(property);
        if (column === undefined) return cells;
        strings.mark(column.string, cells, mask);
        lists.mark(column.list, cells, mask);
        if (column.number !== undefined || column.boolean !== undefined) {
          markScalars(column, numberOf, { cells, mask });
        }
        return cells;
      }
    }
  }
  return {
    cellsOf,
    membersOf: (cell) => sets[cell - SET_CELLS] ?? new Uint32Array(0),
    valueOf: (value) => values[value] ?? null,
    get valueCount() {
      return values.length;
    },
    get byteCount() {
      return VALUE_BYTES * (values.length + sets.length);
    },
  };
}

/** Whether a cell of a key stands for a row without a value. */
export function isUndefined(key: KeyCells, cell: number): boolean {
  return cell < SET_CELLS && key.valueOf(cell) === null;
}

/** The lower edge of the bucket [a, b) that holds a number; null for everything else. */
function bucketOf(value: SegmentValue, edges: readonly number[]): number | null {
  if (typeof value !== "number") return null;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low === 0 || low === edges.length ? null : (edges[low - 1] ?? 0) + 0;
}

/** Cells of texts by their codes, each made when a row first needs it. */
function createCodeCells(cellOfText: (text: string) => number) {
  // By table, 1 + the cell: users have a table for each shard.
  const tables = new WeakMap<TextCodes, Float64Array>();
  function tableOf(texts: TextCodes): Float64Array {
    let table = tables.get(texts);
    if (table === undefined || table.length < texts.count) {
      const grown = new Float64Array(Math.max(texts.count, 2 * (table?.length ?? 0)));
      if (table !== undefined) grown.set(table);
      table = grown;
      tables.set(texts, table);
    }
    return table;
  }
  function make(texts: TextCodes, table: Float64Array, code: number): number {
    const cell = cellOfText(texts.textAt(code)) + 1;
    table[code] = cell;
    return cell;
  }
  return {
    cellsOf(texts: TextCodes, codes: Uint32Array, mask: Uint8Array | undefined): Uint32Array {
      const table = tableOf(texts);
      const cells = new Uint32Array(codes.length);
      for (let row = 0; row < codes.length; row++) {
        if (mask !== undefined && mask[row] === 0) continue;
        const code = codes[row] ?? 0;
        cells[row] = (table[code] || make(texts, table, code)) - 1;
      }
      return cells;
    },
    /** Overwrites the cells where the column has a value. */
    mark(column: ScanProperty["string"], cells: Uint32Array, mask: Uint8Array | undefined): void {
      if (column === undefined) return;
      const { codes, texts } = column;
      const table = tableOf(texts);
      for (let row = 0; row < codes.length; row++) {
        if (mask !== undefined && mask[row] === 0) continue;
        const code = codes[row] ?? 0;
        if (code !== 0) cells[row] = (table[code - 1] || make(texts, table, code - 1)) - 1;
      }
    },
  };
}

interface Marking {
  readonly cells: Uint32Array;
  readonly mask: Uint8Array | undefined;
}

function markScalars(
  { number, boolean }: ScanProperty,
  numberOf: (value: SegmentValue) => number,
  { cells, mask }: Marking,
): void {
  for (let row = 0; row < cells.length; row++) {
    if (mask !== undefined && mask[row] === 0) continue;
    const value = number === undefined ? Number.NaN : (number[row] ?? Number.NaN);
    const truth = boolean === undefined ? 0 : (boolean[row] ?? 0);
    if (!Number.isNaN(value)) cells[row] = numberOf(value);
    else if (truth !== 0) cells[row] = numberOf(truth === 2);
  }
}
