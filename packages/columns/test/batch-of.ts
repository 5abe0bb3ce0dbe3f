import type { PropertyValue } from "@shale/model";
import { writerOrdinal } from "@shale/model";
import type { LoggedBatch, PropertyColumn, TextTable } from "../src/index.ts";

/** One event in the plainest form: what a batch must give back. */
export interface Row {
  readonly event: string;
  readonly user_id: string;
  readonly timeMs: number;
  readonly insert_id: string | undefined;
  readonly properties: Readonly<Record<string, Exclude<PropertyValue, null>>>;
}

export interface BatchShape {
  readonly writer: number;
  readonly seqs: readonly number[];
  /** Whether the column of this name and kind is stored sparse. */
  readonly isSparse: (name: string) => boolean;
  /** Put in front of every dictionary: entries that no row needs, or that a row needs twice. */
  readonly unused: readonly string[];
}

const plainShape = { writer: 1, isSparse: () => false, unused: [] };

/** Builds a batch one event at a time, sharing no code with what is tested. */
export function batchOf(rows: readonly Row[], shape: Partial<BatchShape> = {}): LoggedBatch {
  const { writer, isSparse, unused } = { ...plainShape, ...shape };
  const seqs = shape.seqs ?? rows.map((_row, index) => index + 1);
  const users = codesOf(
    rows.map((row) => row.user_id),
    unused,
  );
  const events = codesOf(
    rows.map((row) => row.event),
    unused,
  );
  const insertIds = codesOf(
    rows.map((row) => row.insert_id),
    unused,
  );
  const texts = users.texts;
  return {
    writer: writerOrdinal(writer),
    rowCount: rows.length,
    seqs: Float64Array.from(seqs),
    users: {
      ids: tableOf(texts),
      hashHigh: Uint32Array.from(texts, (text) => plainHash(text, 7)),
      hashLow: Uint32Array.from(texts, (text) => plainHash(text, 11)),
    },
    userCodes: Uint32Array.from(users.codes, (code) => code - 1),
    events: tableOf(events.texts),
    eventCodes: Uint32Array.from(events.codes, (code) => code - 1),
    timesMs: Float64Array.from(rows, (row) => row.timeMs),
    insertIdCodes: Uint32Array.from(insertIds.codes),
    insertIds: tableOf(insertIds.texts),
    properties: columnsOf(rows, isSparse, unused),
  };
}

function kindOf(value: PropertyValue | undefined): string {
  return Array.isArray(value) ? "list" : typeof value;
}

function columnsOf(
  rows: readonly Row[],
  isSparse: (name: string) => boolean,
  unused: readonly string[],
): PropertyColumn[] {
  const keys = new Map<string, { name: string; kind: string }>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row.properties)) {
      keys.set(`${kindOf(value)} ${name}`, { name, kind: kindOf(value) });
    }
  }
  return [...keys].map(([key, { name, kind }]) => {
    const slots = rows.map((row) => {
      const value = Object.hasOwn(row.properties, name) ? row.properties[name] : undefined;
      return kindOf(value) === kind ? value : undefined;
    });
    const present = [...slots.keys()].filter((row) => slots[row] !== undefined);
    const sparse = isSparse(key);
    const place = { name, rows: sparse ? Uint32Array.from(present) : undefined };
    const values = sparse ? present.map((row) => slots[row]) : slots;
    switch (kind) {
      case "number":
        return { ...place, kind, values: Float64Array.from(values, (one) => Number(one ?? NaN)) };
      case "boolean":
        return {
          ...place,
          kind,
          values: Uint8Array.from(values, (one) => (one === undefined ? 0 : one === true ? 2 : 1)),
        };
      case "list": {
        const lists = values.map((one) => (one === undefined ? undefined : JSON.stringify(one)));
        const { codes, texts } = codesOf(lists, []);
        return { ...place, kind, codes: Uint32Array.from(codes), values: tableOf(texts) };
      }
      default: {
        const { codes, texts } = codesOf(values as (string | undefined)[], unused);
        return {
          ...place,
          kind: "string",
          codes: Uint32Array.from(codes),
          values: tableOf(texts),
        };
      }
    }
  });
}

/** 0 for undefined, else 1 + the index in `texts`. */
function codesOf(
  values: readonly (string | undefined)[],
  unused: readonly string[],
): { codes: number[]; texts: string[] } {
  const texts = [...unused];
  const known = new Map<string, number>();
  const codes = values.map((value) => {
    if (value === undefined) return 0;
    const code = known.get(value) ?? texts.push(value);
    known.set(value, code);
    return code;
  });
  return { codes, texts };
}

export function tableOf(texts: readonly string[]): TextTable {
  const parts = texts.map((text) => Buffer.from(text));
  const offsets = [0];
  for (const part of parts) offsets.push(offsets.at(-1)! + part.length);
  return {
    count: texts.length,
    bytes: new Uint8Array(Buffer.concat(parts)),
    offsets: Uint32Array.from(offsets),
  };
}

function plainHash(text: string, factor: number): number {
  return [...text].reduce((hash, one) => (hash * factor + one.codePointAt(0)!) >>> 0, factor);
}
