import type {
  ColumnKind,
  EventColumns,
  PropertyColumn,
  PropertyColumnPlan,
  TextTable,
} from "@shale/columns";
import { createTextTableBuilder, emptyTextTable } from "@shale/columns";
import { unreachable } from "@shale/model";
import type { ScanBatch, TextCodes } from "@shale/scan";
import type { DayRows } from "./day-order.ts";
import { placeAt } from "./day-order.ts";

/** Rows [start, end) of a day's order. */
export interface DayStretch {
  readonly day: DayRows;
  readonly start: number;
  readonly end: number;
}

/** Collects rows of one scan into columns until they are taken. */
export interface ColumnsBuilder {
  readonly rowCount: number;
  /** Bytes of all texts, one for each row that has it. */
  readonly textBytes: number;
  /** Adds rows, at most as many as `rowsMax` leaves. */
  add(stretch: DayStretch): void;
  /** The rows so far; the builder begins anew. */
  taken(): EventColumns;
}

export interface ColumnsBuilderOptions {
  readonly plans: readonly PropertyColumnPlan[];
  readonly rowsMax: number;
  readonly withDerivedIds: boolean;
}

/** Ids that no client sent begin with it. */
const TILDE = 0x7e;

export function createColumnsBuilder(options: ColumnsBuilderOptions): ColumnsBuilder {
  const { plans, rowsMax, withDerivedIds } = options;
  let columns = emptyColumns(plans, rowsMax);
  let rowCount = 0;

  function add(stretch: DayStretch): void {
    const { day, start, end } = stretch;
    const { batches, batchOf } = day;
    const { times, users, events, insertIds, properties } = columns;
    const batchesUsers = batches.map((batch) => users.wordsOf(batch.users));
    const batchesEvents = batches.map((batch) => events.wordsOf(batch.events));
    for (let at = start; at < end; at++) {
      const index = batchOf[at] ?? 0;
      const { batch, row } = placeAt(day, at);
      const target = rowCount + at - start;
      times[target] = batch.timesMs[row] ?? 0;
      users.put(target, batchesUsers[index], batch.userCodes[row] ?? 0);
      events.put(target, batchesEvents[index], batch.eventCodes[row] ?? 0);
      const id = batch.insertIdAt(row);
      if (withDerivedIds || id[0] !== TILDE) insertIds.putBytes(target, id);
    }
    for (const property of properties) property.add(stretch, rowCount);
    rowCount += end - start;
  }
  return {
    get rowCount() {
      return rowCount;
    },
    get textBytes() {
      const { users, events, insertIds, properties } = columns;
      const own = users.bytes + events.bytes + insertIds.bytes;
      return properties.reduce((sum, { textBytes }) => sum + textBytes, own);
    },
    add,
    taken() {
      const { times, users, events, insertIds, properties } = columns;
      const taken: EventColumns = {
        rowCount,
        events: events.table(),
        eventCodes: indexesOf(events, rowCount),
        users: users.table(),
        userCodes: indexesOf(users, rowCount),
        timesMs: times.subarray(0, rowCount),
        insertIds: insertIds.table(),
        insertIdCodes: insertIds.codes.subarray(0, rowCount),
        properties: properties.map((property) => property.build(rowCount)),
      };
      columns = emptyColumns(plans, rowsMax);
      rowCount = 0;
      return taken;
    },
  };
}

function emptyColumns(plans: readonly PropertyColumnPlan[], rowsMax: number) {
  return {
    times: new Float64Array(rowsMax),
    users: createTextSlots(rowsMax),
    events: createTextSlots(rowsMax),
    insertIds: createTextSlots(rowsMax),
    properties: plans.map((plan) => createPropertyBuilder(plan, rowsMax)),
  };
}

/** Codes of a column that every row has, counted from 0. */
function indexesOf({ codes }: TextSlots, rowCount: number): Uint32Array {
  return codes.subarray(0, rowCount).map((code) => code - 1);
}

/** Own numbers of the texts of a dictionary that a scan shares, by their codes there. */
interface Words {
  readonly texts: TextCodes;
  readonly own: Map<number, number>;
}

interface TextSlots {
  /** 0 = absent, else 1 + index in the table. */
  readonly codes: Uint32Array;
  /** Bytes of all texts, one for each row that has it. */
  readonly bytes: number;
  wordsOf(texts: TextCodes): Words;
  put(row: number, words: Words | undefined, code: number): void;
  putBytes(row: number, text: Uint8Array): void;
  table(): TextTable;
}

function createTextSlots(rowsMax: number): TextSlots {
  const codes = new Uint32Array(rowsMax);
  const table = createTextTableBuilder();
  const lengths: number[] = [];
  const dictionaries = new Map<TextCodes, Words>();
  let bytes = 0;

  function indexOf(text: Uint8Array): number {
    const index = table.internBytes(text);
    lengths[index] = text.length;
    return index;
  }
  function putIndex(row: number, index: number): void {
    codes[row] = index + 1;
    bytes += lengths[index] ?? 0;
  }
  return {
    codes,
    get bytes() {
      return bytes;
    },
    wordsOf(texts) {
      const known = dictionaries.get(texts) ?? { texts, own: new Map<number, number>() };
      dictionaries.set(texts, known);
      return known;
    },
    put(row, words, code) {
      if (words === undefined) return;
      let index = words.own.get(code);
      if (index === undefined) {
        index = indexOf(words.texts.bytesAt(code));
        words.own.set(code, index);
      }
      putIndex(row, index);
    },
    putBytes: (row, text) => putIndex(row, indexOf(text)),
    table: () => (table.count === 0 ? emptyTextTable : table.build()),
  };
}

interface PropertyBuilder {
  readonly textBytes: number;
  /** Adds the values of a stretch, its first row being row `target`. */
  add(stretch: DayStretch, target: number): void;
  build(rowCount: number): PropertyColumn | undefined;
}

/** Takes no room until a row has a value. */
function createPropertyBuilder(plan: PropertyColumnPlan, rowsMax: number): PropertyBuilder {
  const { property: name, kind } = plan;
  switch (kind) {
    case "string":
    case "list":
      return textBuilder(name, kind, rowsMax);
    case "number": {
      let values: Float64Array | undefined;
      return {
        textBytes: 0,
        add(stretch, target) {
          eachRow(stretch, valuesOf(stretch, name, "number"), (source, row, at) => {
            const value = source[row] ?? Number.NaN;
            if (Number.isNaN(value)) return;
            values ??= new Float64Array(rowsMax).fill(Number.NaN);
            values[target + at] = value;
          });
        },
        build: (count) =>
          values && { name, kind, rows: undefined, values: values.subarray(0, count) },
      };
    }
    case "boolean": {
      let values: Uint8Array | undefined;
      return {
        textBytes: 0,
        add(stretch, target) {
          eachRow(stretch, valuesOf(stretch, name, "boolean"), (source, row, at) => {
            const value = source[row] ?? 0;
            if (value === 0) return;
            values ??= new Uint8Array(rowsMax);
            values[target + at] = value;
          });
        },
        build: (count) =>
          values && { name, kind, rows: undefined, values: values.subarray(0, count) },
      };
    }
    default:
      return unreachable(kind);
  }
}

function textBuilder(name: string, kind: "string" | "list", rowsMax: number): PropertyBuilder {
  let slots: TextSlots | undefined;
  return {
    get textBytes() {
      return slots?.bytes ?? 0;
    },
    add(stretch, target) {
      eachRow(stretch, valuesOf(stretch, name, kind), ({ codes, texts }, row, at) => {
        const code = codes[row] ?? 0;
        if (code === 0) return;
        slots ??= createTextSlots(rowsMax);
        slots.put(target + at, slots.wordsOf(texts), code - 1);
      });
    },
    build: (count) =>
      slots && {
        ...{ name, kind, rows: undefined },
        codes: slots.codes.subarray(0, count),
        values: slots.table(),
      },
  };
}

type Values<Kind extends ColumnKind> = NonNullable<
  ReturnType<ScanBatch["properties"]["get"]>
>[Kind];

/** One kind of a property in each batch of the day. */
function valuesOf<Kind extends ColumnKind>(
  { day }: DayStretch,
  name: string,
  kind: Kind,
): readonly (Values<Kind> | undefined)[] {
  return day.batches.map(({ properties }) => properties.get(name)?.[kind]);
}

/** Calls `visit` for each row whose batch has the column; `at` counts from the stretch's start. */
function eachRow<Source>(
  { day, start, end }: DayStretch,
  sources: readonly (Source | undefined)[],
  visit: (source: Source, row: number, at: number) => void,
): void {
  if (sources.every((source) => source === undefined)) return;
  const { batchOf, rowOf } = day;
  for (let at = start; at < end; at++) {
    const source = sources[batchOf[at] ?? 0];
    if (source !== undefined) visit(source, rowOf[at] ?? 0, at - start);
  }
}
