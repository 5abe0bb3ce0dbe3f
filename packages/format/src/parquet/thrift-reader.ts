import { corrupt } from "../damage.ts";
import { viewOf } from "../little-endian.ts";
import { thriftTypes } from "./thrift-writer.ts";

/** A decoded struct: its fields by id. */
export interface ThriftStruct {
  readonly fields: readonly (ThriftValue | undefined)[];
}
export type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | ThriftStruct;

/** Deeper than any Parquet metadata. */
const DEPTH_MAX = 16;
const FIELD_ID_MAX = 1000;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface ReadStruct {
  readonly struct: ThriftStruct;
  /** Where the bytes of the struct end. */
  readonly end: number;
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly source: string;
  at: number;
}

/**
 * The struct that starts at `start`. Whole numbers beyond 2^53 come back rounded.
 *
 * @throws {ShaleError} OBJECT_CORRUPT naming `source`
 */
export function readThriftStruct(bytes: Uint8Array, start: number, source: string): ReadStruct {
  const cursor = { bytes, source, at: start };
  return { struct: readStruct(cursor, 0), end: cursor.at };
}

function readStruct(cursor: Cursor, depth: number): ThriftStruct {
  const { source } = cursor;
  if (depth > DEPTH_MAX) throw corrupt(source, "its metadata is too deep");
  const fields: (ThriftValue | undefined)[] = [];
  let id = 0;
  for (let head = readByte(cursor); head !== 0; head = readByte(cursor)) {
    id = head >> 4 === 0 ? readZigzag(cursor) : id + (head >> 4);
    if (id < 1 || id > FIELD_ID_MAX) throw corrupt(source, `its metadata has a field ${id}`);
    fields[id] = readValue(cursor, head & 0x0f, depth, "field");
  }
  return { fields };
}

function readValue(
  cursor: Cursor,
  type: number,
  depth: number,
  where: "field" | "item",
): ThriftValue {
  switch (type) {
    case thriftTypes.true:
    case thriftTypes.false:
      // A field's type is its value; in a list each has a byte.
      return (where === "field" ? type : readByte(cursor)) === thriftTypes.true;
    case thriftTypes.byte:
      return (readByte(cursor) << 24) >> 24;
    case thriftTypes.i16:
    case thriftTypes.i32:
    case thriftTypes.i64:
      return readZigzag(cursor);
    case thriftTypes.double:
      return readDouble(cursor);
    case thriftTypes.binary:
      return readBinary(cursor);
    case thriftTypes.list:
    case thriftTypes.set:
      return readList(cursor, depth + 1);
    case thriftTypes.struct:
      return readStruct(cursor, depth + 1);
    default:
      throw corrupt(cursor.source, `its metadata has a field of type ${type}`);
  }
}

function readList(cursor: Cursor, depth: number): readonly ThriftValue[] {
  const head = readByte(cursor);
  const count = head >> 4 === 15 ? readVarint(cursor) : head >> 4;
  if (depth > DEPTH_MAX || count > cursor.bytes.length - cursor.at) {
    throw corrupt(cursor.source, "a list of its metadata ends early");
  }
  const items: ThriftValue[] = [];
  for (let i = 0; i < count; i++) items.push(readValue(cursor, head & 0x0f, depth, "item"));
  return items;
}

function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++];
  if (byte === undefined) throw corrupt(cursor.source, "its metadata ends early");
  return byte;
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1, count = 0; count < 10; count++, scale *= 0x80) {
    const next = readByte(cursor);
    value += (next & 0x7f) * scale;
    if (next < 0x80) return value;
  }
  throw corrupt(cursor.source, "a number of its metadata has no end");
}

function readZigzag(cursor: Cursor): number {
  const value = readVarint(cursor);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readDouble(cursor: Cursor): number {
  const { bytes, at, source } = cursor;
  cursor.at += 8;
  if (cursor.at > bytes.length) throw corrupt(source, "its metadata ends early");
  return viewOf(bytes).getFloat64(at, true);
}

function readBinary(cursor: Cursor): Uint8Array {
  const length = readVarint(cursor);
  const { bytes, at, source } = cursor;
  if (length > bytes.length - at) throw corrupt(source, "a text of its metadata ends early");
  cursor.at += length;
  return bytes.subarray(at, at + length);
}

/** Reads the fields of structs, checked for their types. */
export interface FieldReader {
  whole(struct: ThriftStruct, id: number): number;
  wholeOr<T>(struct: ThriftStruct, id: number, absent: T): number | T;
  truth(struct: ThriftStruct, id: number, absent: boolean): boolean;
  bytes(struct: ThriftStruct, id: number): Uint8Array | undefined;
  text(struct: ThriftStruct, id: number): string;
  struct(struct: ThriftStruct, id: number): ThriftStruct | undefined;
  structs(struct: ThriftStruct, id: number): readonly ThriftStruct[];
  texts(struct: ThriftStruct, id: number): readonly string[];
}

/** @throws {ShaleError} OBJECT_CORRUPT naming `source` where a field is missing or another type */
export function fieldReader(source: string): FieldReader {
  function refuse(id: number, wanted: string): never {
    throw corrupt(source, `field ${id} of its metadata is not ${wanted}`);
  }
  function textOf(value: ThriftValue | undefined, id: number): string {
    if (!(value instanceof Uint8Array)) return refuse(id, "text");
    try {
      return decoder.decode(value);
    } catch (error) {
      throw corrupt(source, `field ${id} of its metadata is not UTF-8`, error);
    }
  }
  function listOf(value: ThriftValue | undefined, id: number): readonly ThriftValue[] {
    return Array.isArray(value) ? value : refuse(id, "a list");
  }
  function structOf(value: ThriftValue | undefined, id: number): ThriftStruct {
    if (typeof value === "object" && "fields" in value) return value;
    return refuse(id, "a struct");
  }
  function whole(struct: ThriftStruct, id: number): number {
    const value = struct.fields[id];
    return typeof value === "number" && Number.isSafeInteger(value)
      ? value
      : refuse(id, "a whole number");
  }
  return {
    whole,
    wholeOr: (struct, id, absent) => (struct.fields[id] === undefined ? absent : whole(struct, id)),
    truth(struct, id, absent) {
      const value = struct.fields[id] ?? absent;
      return typeof value === "boolean" ? value : refuse(id, "true or false");
    },
    bytes(struct, id) {
      const value = struct.fields[id];
      return value === undefined || value instanceof Uint8Array ? value : refuse(id, "bytes");
    },
    text: (struct, id) => textOf(struct.fields[id], id),
    struct: (struct, id) =>
      struct.fields[id] === undefined ? undefined : structOf(struct.fields[id], id),
    structs: (struct, id) => listOf(struct.fields[id], id).map((item) => structOf(item, id)),
    texts: (struct, id) => listOf(struct.fields[id], id).map((item) => textOf(item, id)),
  };
}
