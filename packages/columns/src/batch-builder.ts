import { invariant } from "@shale/model";
import type { EventBatch, PropertyColumn } from "./event-batch.ts";
import type { PropertyColumnBuilder } from "./property-column-builder.ts";
import {
  createBooleanColumnBuilder,
  createNumberColumnBuilder,
  createTextColumnBuilder,
} from "./property-column-builder.ts";
import { createTextListBuilder } from "./text-list-builder.ts";
import { createTextTableBuilder } from "./text-table-builder.ts";
import type { UserHasher } from "./users/user-hasher.ts";

/**
 * Turns events into columns in one pass, without keeping an object for an event.
 *
 * Start a row, then set its properties, each name at most once. Nothing is checked here: ids, names
 * and numbers are as the intake lets them through.
 */
export interface BatchBuilder {
  readonly rowCount: number;
  /** Property columns so far: each costs about a kilobyte before its values. */
  readonly columnCount: number;
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
  const insertIds = createTextListBuilder(); // Nearly all differ: a dictionary would gain nothing.
  const strings = createColumnSet((name) => createTextColumnBuilder(name, "string"));
  const lists = createColumnSet((name) => createTextColumnBuilder(name, "list"));
  const numbers = createColumnSet(createNumberColumnBuilder);
  const booleans = createColumnSet(createBooleanColumnBuilder);
  let hashHigh = new Uint32Array(ROWS_AT_FIRST);
  let hashLow = new Uint32Array(ROWS_AT_FIRST);
  let hashCount = 0;
  let rowCount = 0;
  let hasEnded = false;

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
  return {
    get rowCount() {
      return rowCount;
    },
    get columnCount() {
      return strings.size + lists.size + numbers.size + booleans.size;
    },
    startRow(userId, event, timeMs, insertId) {
      invariant(!hasEnded, "a built batch takes no more rows");
      const insertIdCode = insertId === undefined ? 0 : insertIds.add(insertId) + 1;
      rows.put(rowCount++, userCodeOf(userId), events.intern(event), timeMs, insertIdCode);
    },
    setString: (name, value) => strings.set(rowCount - 1, name, value),
    setNumber: (name, value) => numbers.set(rowCount - 1, name, value),
    setBoolean: (name, value) => booleans.set(rowCount - 1, name, value),
    setList: (name, canonicalJsonText) => lists.set(rowCount - 1, name, canonicalJsonText),
    build() {
      invariant(!hasEnded, "a batch is built once");
      hasEnded = true;
      const properties = [strings, lists, numbers, booleans].flatMap((set) => set.build(rowCount));
      return {
        rowCount,
        users: {
          ids: users.build(),
          hashHigh: hashHigh.slice(0, hashCount),
          hashLow: hashLow.slice(0, hashCount),
        },
        ...rows.build(rowCount),
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

  function grow(): void {
    userCodes = grownU32(userCodes);
    eventCodes = grownU32(eventCodes);
    insertIdCodes = grownU32(insertIdCodes);
    const grownTimes = new Float64Array(timesMs.length * 2);
    grownTimes.set(timesMs);
    timesMs = grownTimes;
  }
  return {
    put(row: number, user: number, event: number, timeMs: number, insertId: number): void {
      if (row === timesMs.length) grow();
      userCodes[row] = user;
      eventCodes[row] = event;
      timesMs[row] = timeMs;
      insertIdCodes[row] = insertId;
    },
    build: (rowCount: number) => ({
      userCodes: userCodes.slice(0, rowCount),
      eventCodes: eventCodes.slice(0, rowCount),
      timesMs: timesMs.slice(0, rowCount),
      insertIdCodes: insertIdCodes.slice(0, rowCount),
    }),
  };
}

/** All properties of one kind, by name. */
function createColumnSet<Value>(make: (name: string) => PropertyColumnBuilder<Value>) {
  const columns = new Map<string, PropertyColumnBuilder<Value>>();
  return {
    get size() {
      return columns.size;
    },
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
