import { createByteInterner } from "../byte-interner.ts";
import type { EventBatch, UserTable } from "../event-batch.ts";
import type { TextTable } from "../text-table.ts";
import { createCodeMerger } from "./code-merger.ts";

/** The users of all batches, merged by their bytes: those that a row has, in order of first row. */
export function concatUsers(
  batches: readonly EventBatch[],
  rowCount: number,
): Pick<EventBatch, "users" | "userCodes"> {
  const interner = createByteInterner();
  let hashHigh = new Uint32Array(64);
  let hashLow = new Uint32Array(64);
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
  for (const batch of batches) {
    current = batch.users;
    merger.merge(batch.userCodes, batch.users.ids, userCodes, row);
    row += batch.rowCount;
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

/** The event names of all batches, merged likewise. */
export function concatEvents(
  batches: readonly EventBatch[],
  rowCount: number,
): Pick<EventBatch, "events" | "eventCodes"> {
  const interner = createByteInterner();
  const merger = createCodeMerger("none", interner.intern);
  const eventCodes = new Uint32Array(rowCount);
  let row = 0;
  for (const batch of batches) {
    merger.merge(batch.eventCodes, batch.events, eventCodes, row);
    row += batch.rowCount;
  }
  return { events: interner.build(), eventCodes };
}
