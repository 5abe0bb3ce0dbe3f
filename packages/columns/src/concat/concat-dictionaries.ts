import { createByteInterner } from "../byte-interner.ts";
import type { EventBatch, UserTable } from "../event-batch.ts";
import type { TextTable } from "../text-table.ts";
import { createCodeMerger } from "./code-merger.ts";

/** Some rows of a batch. */
export interface RowPart<Batch extends EventBatch = EventBatch> {
  readonly batch: Batch;
  /** Ascending; undefined: all. */
  readonly rows: Uint32Array | undefined;
}

/** The users of all parts, merged by their bytes: those that a row has, in order of first row. */
export function concatUsers(
  parts: readonly RowPart[],
  rowCount: number,
): Pick<EventBatch, "users" | "userCodes"> {
  const interner = createByteInterner();
  let hashHigh = new Uint32Array(16);
  let hashLow = new Uint32Array(16);
  let current: UserTable | undefined;
  function intern(ids: TextTable, index: number): number {
    const high = current?.hashHigh[index] ?? 0;
    const isNext = interner.count;
    const code = interner.internHashed(ids, index, high);
    if (code < isNext) return code;
    if (code === hashHigh.length) {
      hashHigh = grownU32(hashHigh);
      hashLow = grownU32(hashLow);
    }
    hashHigh[code] = high;
    hashLow[code] = current?.hashLow[index] ?? 0;
    return code;
  }
  const merger = createCodeMerger("none", intern);
  const userCodes = new Uint32Array(rowCount);
  let row = 0;
  for (const { batch, rows: picks } of parts) {
    current = batch.users;
    merger.merge({ codes: batch.userCodes, picks, table: batch.users.ids }, userCodes, row);
    row += picks?.length ?? batch.rowCount;
  }
  const { count } = interner;
  const users = {
    ids: interner.build(),
    hashHigh: hashHigh.slice(0, count),
    hashLow: hashLow.slice(0, count),
  };
  return { users, userCodes };
}

function grownU32(source: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(2 * source.length);
  grown.set(source);
  return grown;
}

/** The event names of all parts, merged likewise. */
export function concatEvents(
  parts: readonly RowPart[],
  rowCount: number,
): Pick<EventBatch, "events" | "eventCodes"> {
  const interner = createByteInterner();
  const merger = createCodeMerger("none", interner.intern);
  const eventCodes = new Uint32Array(rowCount);
  let row = 0;
  for (const { batch, rows: picks } of parts) {
    merger.merge({ codes: batch.eventCodes, picks, table: batch.events }, eventCodes, row);
    row += picks?.length ?? batch.rowCount;
  }
  return { events: interner.build(), eventCodes };
}
