import type {
  EventColumns,
  EventEncoder,
  PropertyColumn,
  PropertyColumnPlan,
  TextTable,
} from "@shale/columns";
import { eventColumnNames } from "@shale/columns";
import { invariant } from "@shale/model";
import type { Data, DataType, Struct } from "apache-arrow";
import type { Arrow } from "./load-arrow.ts";
import { loadArrow } from "./load-arrow.ts";

/**
 * Writes events as an Arrow IPC stream, a record batch a part: event, user_id, time (ms, UTC),
 * insert_id, and the planned columns; a list is JSON text.
 */
export function createEventStreamEncoder(plans: readonly PropertyColumnPlan[]): EventEncoder {
  const arrow = loadArrow();
  const own = eventColumnNames.map((name) => {
    const type = name === "time" ? new arrow.TimestampMillisecond("UTC") : new arrow.Utf8();
    return new arrow.Field(name, type, name === "insert_id");
  });
  const properties = plans.map(
    ({ name, kind }) => new arrow.Field(name, typeOf(arrow, kind), true),
  );
  const schema = new arrow.Schema([...own, ...properties]);
  const type: Struct = new arrow.Struct(schema.fields);

  let parts: Uint8Array[] = [];
  const sink = new arrow.AsyncByteQueue();
  // The writer's own queue is read by waiting; what it was given is wanted at once.
  sink.write = (chunk) => {
    invariant(chunk instanceof Uint8Array, "Arrow writes its streams as bytes");
    parts.push(chunk);
  };
  const writer = new arrow.RecordBatchStreamWriter();
  function taken(): readonly Uint8Array[] {
    const given = parts;
    parts = [];
    return given;
  }
  return {
    begin() {
      writer.reset(sink, schema);
      return taken();
    },
    encode(part) {
      const { rowCount: length } = part;
      const children = childrenOf(arrow, part, plans);
      const rows = arrow.makeData({ type, length, nullCount: 0, children });
      writer.write(new arrow.RecordBatch(schema, rows));
      return taken();
    },
    end() {
      writer.finish();
      return taken();
    },
  };
}

function typeOf(arrow: Arrow, kind: PropertyColumn["kind"]): DataType {
  switch (kind) {
    case "string":
    case "list":
      return new arrow.Utf8();
    case "number":
      return new arrow.Float64();
    case "boolean":
      return new arrow.Bool();
  }
}

function childrenOf(
  arrow: Arrow,
  part: EventColumns,
  plans: readonly PropertyColumnPlan[],
): Data[] {
  const { rowCount: length, timesMs } = part;
  const type = new arrow.TimestampMillisecond("UTC");
  const times = arrow.makeData({ type, length, nullCount: 0, data: int64Of(timesMs) });
  return [
    textsOf(arrow, part.eventCodes, part.events, 0),
    textsOf(arrow, part.userCodes, part.users, 0),
    times,
    textsOf(arrow, part.insertIdCodes, part.insertIds, 1),
    ...plans.map(({ kind }, index) => {
      const column = part.properties[index];
      return column === undefined
        ? absentOf(arrow, typeOf(arrow, kind), length)
        : propertyOf(arrow, column);
    }),
  ];
}

const TWO_32 = 4_294_967_296;

/** Whole numbers from 0 to 2^53, without a BigInt each. */
function int64Of(values: Float64Array): BigInt64Array {
  const words = new Uint32Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    words[2 * i] = value >>> 0;
    words[2 * i + 1] = Math.floor(value / TWO_32);
  }
  return new BigInt64Array(words.buffer);
}

function absentOf(arrow: Arrow, type: DataType, length: number): Data {
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  const none = { length, nullCount: length, nullBitmap };
  if (arrow.DataType.isUtf8(type)) {
    const valueOffsets = new Int32Array(length + 1);
    return arrow.makeData({ type, ...none, valueOffsets, data: new Uint8Array(0) });
  }
  if (arrow.DataType.isBool(type)) {
    return arrow.makeData({ type, ...none, data: new Uint8Array(nullBitmap.length) });
  }
  return arrow.makeData({ type: new arrow.Float64(), ...none, data: new Float64Array(length) });
}

function propertyOf(arrow: Arrow, column: PropertyColumn): Data {
  switch (column.kind) {
    case "string":
    case "list":
      return textsOf(arrow, column.codes, column.values, 1);
    case "number": {
      const { values } = column;
      const present = presenceOf(values.length, (row) => !Number.isNaN(values[row]));
      const { length } = values;
      return arrow.makeData({ type: new arrow.Float64(), length, ...present, data: values });
    }
    case "boolean": {
      const { values } = column;
      const present = presenceOf(values.length, (row) => values[row] !== 0);
      const data = presenceOf(values.length, (row) => values[row] === 2).nullBitmap;
      return arrow.makeData({ type: new arrow.Bool(), length: values.length, ...present, data });
    }
  }
}

/** One bit a row, and how many are 0. */
function presenceOf(length: number, isPresent: (row: number) => boolean) {
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  let nullCount = length;
  for (let row = 0; row < length; row++) {
    if (!isPresent(row)) continue;
    nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
    nullCount--;
  }
  return { nullBitmap, nullCount };
}

/** Row by row the text `code - base`; with base 1 a code of 0 is null. */
function textsOf(arrow: Arrow, codes: Uint32Array, table: TextTable, base: 0 | 1): Data {
  const { length } = codes;
  const { offsets, bytes } = table;
  const valueOffsets = new Int32Array(length + 1);
  let end = 0;
  for (let row = 0; row < length; row++) {
    const text = (codes[row] ?? 0) - base;
    if (text >= 0) end += (offsets[text + 1] ?? 0) - (offsets[text] ?? 0);
    valueOffsets[row + 1] = end;
  }
  const data = new Uint8Array(end);
  for (let row = 0; row < length; row++) {
    const text = (codes[row] ?? 0) - base;
    if (text < 0) continue;
    data.set(bytes.subarray(offsets[text], offsets[text + 1]), valueOffsets[row]);
  }
  const type = new arrow.Utf8();
  const present =
    base === 0 ? { nullCount: 0 } : presenceOf(length, (row) => (codes[row] ?? 0) > 0);
  return arrow.makeData({ type, length, ...present, valueOffsets, data });
}
