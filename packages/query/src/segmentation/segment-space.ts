import type { SegmentValue } from "@shale/model";
import { invariant } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import type { ParsedBy } from "../parse/parsed-query.ts";
import type { KeyCells } from "./key-cells.ts";
import { createKeyCells, SET_CELLS } from "./key-cells.ts";
import { createPairTable } from "./pair-table.ts";

/**
 * The segments of a breakdown by number, in order of first appearance. A row's cell is the number
 * of its one segment, or SET_CELLS and above when lists put it into several.
 */
export interface SegmentSpace {
  /** Segments met so far. */
  readonly count: number;
  /** Cells of the rows in the mask (undefined: all); those of other rows mean nothing. */
  cellsOf(batch: ScanBatch, mask: Uint8Array | undefined): Uint32Array;
  membersOf(cell: number): Uint32Array;
  /** One value for each key. */
  valuesOf(segment: number): SegmentValue[];
  /** Memory that the values take, roughly. */
  readonly byteCount: number;
}

export function createSegmentSpace(by: readonly ParsedBy[]): SegmentSpace {
  const [first, ...others] = by.map(createKeyCells).map(spaceOfKey);
  invariant(first !== undefined, "a breakdown has a key");
  return others.reduce(productOf, first);
}

function spaceOfKey(key: KeyCells): SegmentSpace {
  return {
    get count() {
      return key.valueCount;
    },
    cellsOf: key.cellsOf,
    membersOf: key.membersOf,
    valuesOf: (segment) => [key.valueOf(segment)],
    get byteCount() {
      return key.byteCount;
    },
  };
}

/** Segments of one more key: pairs of a segment so far and a value of the key. */
function productOf(left: SegmentSpace, right: SegmentSpace): SegmentSpace {
  const segments = createPairTable();
  /** Pairs of cells, of which either may be a set, and the cell that each comes to. */
  const pairs = createPairTable();
  const cellOfPair: number[] = [];
  const sets: Uint32Array[] = [];

  function cellOf(leftCell: number, rightCell: number): number {
    const pair = pairs.indexOf(leftCell, rightCell);
    return cellOfPair[pair] ?? resolve(pair, leftCell, rightCell);
  }
  function resolve(pair: number, leftCell: number, rightCell: number): number {
    const members: number[] = [];
    for (const segment of membersOf(left, leftCell)) {
      for (const value of membersOf(right, rightCell)) {
        members.push(segments.indexOf(segment, value));
      }
    }
    const [only = 0] = members;
    const cell = members.length === 1 ? only : SET_CELLS + sets.push(Uint32Array.from(members)) - 1;
    cellOfPair[pair] = cell;
    return cell;
  }
  return {
    get count() {
      return segments.count;
    },
    cellsOf(batch, mask) {
      const leftCells = left.cellsOf(batch, mask);
      const rightCells = right.cellsOf(batch, mask);
      for (let row = 0; row < leftCells.length; row++) {
        if (mask !== undefined && mask[row] === 0) continue;
        leftCells[row] = cellOf(leftCells[row] ?? 0, rightCells[row] ?? 0);
      }
      return leftCells;
    },
    membersOf: (cell) => sets[cell - SET_CELLS] ?? new Uint32Array(0),
    valuesOf: (segment) => [
      ...left.valuesOf(segments.firstOf(segment)),
      ...right.valuesOf(segments.secondOf(segment)),
    ],
    get byteCount() {
      const own = segments.byteCount + pairs.byteCount + 8 * cellOfPair.length + 100 * sets.length;
      return left.byteCount + right.byteCount + own;
    },
  };
}

function membersOf(space: SegmentSpace, cell: number): Iterable<number> {
  return cell < SET_CELLS ? [cell] : space.membersOf(cell);
}
