import { createByteSink } from "./byte-sink.ts";

/** Types of the Thrift compact protocol, as fields and lists name them. */
export const thriftTypes = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

/**
 * Writes one struct in the Thrift compact protocol. Fields are given in ascending order of ids.
 * Whole numbers are at most 2^52 from 0, which metadata of a file never passes.
 */
export interface ThriftWriter {
  readonly length: number;
  bool(id: number, value: boolean): void;
  i16(id: number, value: number): void;
  i32(id: number, value: number): void;
  i64(id: number, value: number): void;
  binary(id: number, value: Uint8Array): void;
  text(id: number, value: string): void;
  struct(id: number, write: () => void): void;
  structs<T>(id: number, items: readonly T[], write: (item: T) => void): void;
  i32s(id: number, items: readonly number[]): void;
  texts(id: number, items: readonly string[]): void;
  /** The bytes so far, with the end of the struct. */
  finished(): Uint8Array;
}

/** Values and heads, without what a struct must remember. */
function createValueSink(capacity: number) {
  const sink = createByteSink(capacity);
  function zigzag(value: number): void {
    sink.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }
  return {
    sink,
    zigzag,
    fieldHead(step: number, id: number, type: number): void {
      if (step > 0 && step < 16) sink.byte((step << 4) | type);
      else {
        sink.byte(type);
        zigzag(id);
      }
    },
    chunk(bytes: Uint8Array): void {
      sink.varint(bytes.length);
      sink.bytes(bytes);
    },
    listHead(type: number, count: number): void {
      if (count < 15) sink.byte((count << 4) | type);
      else {
        sink.byte(0xf0 | type);
        sink.varint(count);
      }
    },
  };
}

/** @param capacity Bytes to begin with. */
export function createThriftWriter(capacity = 4096): ThriftWriter {
  const { sink, zigzag, fieldHead, chunk, listHead } = createValueSink(capacity);
  let lastId = 0;

  function field(id: number, type: number): void {
    fieldHead(id - lastId, id, type);
    lastId = id;
  }
  function whole(id: number, type: number, value: number): void {
    field(id, type);
    zigzag(value);
  }
  function list(id: number, type: number, count: number): void {
    field(id, thriftTypes.list);
    listHead(type, count);
  }
  function inside(write: () => void): void {
    const outerId = lastId;
    lastId = 0;
    write();
    sink.byte(0);
    lastId = outerId;
  }
  return {
    get length() {
      return sink.length;
    },
    bool: (id, value) => field(id, value ? thriftTypes.true : thriftTypes.false),
    i16: (id, value) => whole(id, thriftTypes.i16, value),
    i32: (id, value) => whole(id, thriftTypes.i32, value),
    i64: (id, value) => whole(id, thriftTypes.i64, value),
    binary(id, value) {
      field(id, thriftTypes.binary);
      chunk(value);
    },
    text(id, value) {
      field(id, thriftTypes.binary);
      sink.text(value);
    },
    struct(id, write) {
      field(id, thriftTypes.struct);
      inside(write);
    },
    structs(id, items, write) {
      list(id, thriftTypes.struct, items.length);
      const outerId = lastId;
      for (const item of items) {
        lastId = 0;
        write(item);
        sink.byte(0);
      }
      lastId = outerId;
    },
    i32s(id, items) {
      list(id, thriftTypes.i32, items.length);
      for (const item of items) zigzag(item);
    },
    texts(id, items) {
      list(id, thriftTypes.binary, items.length);
      for (const item of items) sink.text(item);
    },
    finished() {
      sink.byte(0);
      return sink.taken();
    },
  };
}
