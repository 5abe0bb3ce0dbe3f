import type { TextCodes } from "@shale/scan";
import type { CellAggregate, CellMap } from "../cells/cell-aggregate.ts";
import type { CellTable } from "../cells/cell-table.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import { createPairTable } from "../pair-table.ts";
import type { RowValues } from "./row-values.ts";
import type { SlottedRows } from "./slotted-rows.ts";
import { eachPlace } from "./slotted-rows.ts";

/** One number for each user and cell of the shard that is being read. */
export interface UserNumbers {
  /** Adds rows, each to its interval and to the range. */
  add(rows: SlottedRows, table: CellTable): void;
  /** Moves what is open to other cells. */
  move(targetOf: CellMap): void;
  /** Ends a shard: its users come no more. */
  finish(): void;
}

/**
 * Folds the rows of each user, and when their shard has ended the numbers of all users into
 * `outer`. A user whose number is null, as the average of nothing is, is left out.
 */
export function createUserNumbers(
  values: RowValues,
  outer: CellAggregate,
  budget: MemoryBudget,
): UserNumbers {
  const holder = {};
  /** Pairs of a user's code and a cell; each has the inner cell of its number. */
  let pairs = createPairTable();
  const inner = values.createCells();
  let room = 0;
  let users: TextCodes | undefined;

  function pairOf(user: number, cell: number): number {
    const pair = pairs.indexOf(user, cell);
    if (pair >= room) {
      room = Math.max(256, 2 * pair);
      inner.reserve(room);
      budget.hold(holder, pairs.byteCount);
    }
    return pair;
  }
  function finish(): void {
    const read = inner.read();
    for (let pair = 0; pair < pairs.count; pair++) {
      const number = read(pair);
      if (number !== null) outer.add(pairs.secondOf(pair), number);
    }
    pairs = createPairTable();
    inner.move(() => -1, 0);
    room = 0;
  }
  return {
    add(rows, { present, stride }) {
      const { batch, runs } = rows;
      if (users !== batch.users) finish();
      users = batch.users;
      const nobody = users.codeOf("");
      const addRow = values.adderOf(batch, runs);
      eachPlace(rows, (row, slot, interval) => {
        present[slot] = 1;
        const user = batch.userCodes[row] ?? 0;
        if (user === nobody) return;
        const first = slot * stride;
        addRow(inner, pairOf(user, first + stride - 1), row);
        if (stride > 1) addRow(inner, pairOf(user, first + interval), row);
      });
    },
    move(targetOf) {
      const before = pairs;
      pairs = createPairTable();
      const targets = Array.from({ length: before.count }, (_, pair) => {
        const cell = targetOf(before.secondOf(pair));
        return cell < 0 ? -1 : pairs.indexOf(before.firstOf(pair), cell);
      });
      room = Math.max(room, 256);
      inner.move((pair) => targets[pair] ?? -1, room);
    },
    finish,
  };
}
