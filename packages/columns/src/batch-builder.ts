import { invariant } from "@shale/model";
import type { EventBatch, PropertyColumn } from "./event-batch.ts";
import type { PropertyColumnBuilder } from "./property-column-builder.ts";
import {
  createBooleanColumnBuilder,
  createNumberColumnBuilder,
  createTextColumnBuilder,
} from "./property-column-builder.ts";
import { createTextTableBuilder } from "./text-table-builder.ts";
import type { UserHasher } from "./user-hasher.ts";

/**
 * Turns events into columns in one pass, without keeping an object for an event.
 *
 * Start a row, then set its properties, each name at most once. Nothing is checked here: ids, names
 * and numbers are as the intake lets them through.
 */
export interface BatchBuilder {
  readonly rowCount: number;
  /** `timeMs`: epoch ms, a whole number. `insertId` undefined: absent. */
  startRow(userId: string, event: string, timeMs: number, insertId: string | undefined): void;
  setString(name: string, value: string): void;
  /** The value is finite. */
  setNumber(name: string, value: number): void;
  setBoolean(name: string, value: boolean): void;
  /** A list as canonical JSON text. */
  setList(name: string, canonicalJsonText: string): void;
  /** Ends the builder. Columns are ordered by name, then kind. */
  build(): EventBatch;
}

const ROWS_AT_FIRST = 256;

export function createBatchBuilder(hasher: UserHasher): BatchBuilder {
  const rows = createRowColumns();
  const users = createTextTableBuilder();
  const events = createTextTableBuilder();
  const insertIds = createTextTableBuilder();
  const strings = createColumnSet((name) => createTextColumnBuilder(name, "string"));
  const lists = createColumnSet((name) => createTextColumnBuilder(name, "list"));
  const numbers = createColumnSet(createNumberColumnBuilder);
  const booleans = createColumnSet(createBooleanColumnBuilder);
  let hashHigh = new Uint32Array(ROWS_AT_FIRST);
  let hashLow = new Uint32Array(ROWS_AT_FIRST);
  let hashCount = 0;
  let ended = false;

  function userCodeOf(userId: string): number {
    const code = users.intern(userId);
    if (code < hashCount) return code;
    if (code === hashHigh.length) {
      hashHigh = grownU32(hashHigh);
      hashLow = grownU32(hashLow);
    }
    hasher.hashText(userId);
    hashHigh[code] = hasher.high;
    hashLow[code] = hasher.low;
    hashCount = code + 1;
    return code;
  }
  function lastRow(): number {
    invariant(rows.count > 0, "a row is started before its properties are set");
    return rows.count - 1;
  }
  return {
    get rowCount() {
      return rows.count;
    },
    startRow(userId, event, timeMs, insertId) {
      invariant(!ended, "a built batch takes no more rows");
      const insertIdCode = insertId === undefined ? 0 : insertIds.intern(insertId) + 1;
      rows.push(userCodeOf(userId), events.intern(event), timeMs, insertIdCode);
    },
    setString: (name, value) => strings.set(lastRow(), name, value),
    setNumber: (name, value) => numbers.set(lastRow(), name, value),
    setBoolean: (name, value) => booleans.set(lastRow(), name, value),
    setList: (name, canonicalJsonText) => lists.set(lastRow(), name, canonicalJsonText),
    build() {
      invariant(!ended, "a batch is built once");
      ended = true;
      const rowCount = rows.count;
      const properties = [strings, lists, numbers, booleans].flatMap((set) => set.build(rowCount));
      return {
        rowCount,
        users: {
          ids: users.build(),
          hashHigh: hashHigh.slice(0, hashCount),
          hashLow: hashLow.slice(0, hashCount),
        },
        ...rows.build(),
        events: events.build(),
        insertIds: insertIds.build(),
        properties: properties.sort(comparePlace),
      };
    },
  };
}

/** The columns that every row has, growing together. */
function createRowColumns() {
  let userCodes = new Uint32Array(ROWS_AT_FIRST);
  let eventCodes = new Uint32Array(ROWS_AT_FIRST);
  let insertIdCodes = new Uint32Array(ROWS_AT_FIRST);
  let timesMs = new Float64Array(ROWS_AT_FIRST);
  let count = 0;

  function grow(): void {
    userCodes = grownU32(userCodes);
    eventCodes = grownU32(eventCodes);
    insertIdCodes = grownU32(insertIdCodes);
    const grownTimes = new Float64Array(count * 2);
    grownTimes.set(timesMs);
    timesMs = grownTimes;
  }
  return {
    get count() {
      return count;
    },
    push(userCode: number, eventCode: number, timeMs: number, insertIdCode: number): void {
      if (count === timesMs.length) grow();
      userCodes[count] = userCode;
      eventCodes[count] = eventCode;
      timesMs[count] = timeMs;
      insertIdCodes[count] = insertIdCode;
      count++;
    },
    build: () => ({
      userCodes: userCodes.slice(0, count),
      eventCodes: eventCodes.slice(0, count),
      timesMs: timesMs.slice(0, count),
      insertIdCodes: insertIdCodes.slice(0, count),
    }),
  };
}

/** All properties of one kind, by name. */
function createColumnSet<Value>(make: (name: string) => PropertyColumnBuilder<Value>) {
  const columns = new Map<string, PropertyColumnBuilder<Value>>();
  return {
    set(row: number, name: string, value: Value): void {
      let column = columns.get(name);
      if (column === undefined) {
        column = make(name);
        columns.set(name, column);
      }
      column.set(row, value);
    },
    build: (rowCount: number) => Array.from(columns.values(), (column) => column.build(rowCount)),
  };
}

function grownU32(source: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(source.length * 2);
  grown.set(source);
  return grown;
}

/** One order for one set of columns, whatever order the events named them in. */
function comparePlace(left: PropertyColumn, right: PropertyColumn): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return left.kind < right.kind ? -1 : 1;
}
