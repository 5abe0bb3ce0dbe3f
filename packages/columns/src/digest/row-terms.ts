import type { PropertyColumn, UserTable } from "../event-batch.ts";
import type { StoredBatch } from "../stored-batch.ts";
import type { TextTable } from "../text-table.ts";
import type { HashKey } from "./lane-hash.ts";
import { hashBytes, hashWords, keyOfLabel, viewOf } from "./lane-hash.ts";

/**
 * Adds the terms of one column for the rows [start, end) to their lanes: row r has those from
 * 4 * (r - start) on. Called with ranges that follow one another.
 */
export type AddTerms = (start: number, end: number, lanes: Int32Array) => void;

/** What a digest is taken of: rows as a day file holds them, whose hashes are not needed. */
export type DigestedRows = Omit<StoredBatch, "users"> & { readonly users: Pick<UserTable, "ids"> };

/** First byte of a column's label; the name follows. */
const TAG_FIXED = 0;
const tagOfKind = { string: 1, list: 2, number: 3, boolean: 4 } as const;

const encoder = new TextEncoder();

export function keyOfColumn(tag: number, name: string): HashKey {
  const bytes = encoder.encode(name);
  const label = new Uint8Array(1 + bytes.length);
  label[0] = tag;
  label.set(bytes, 1);
  return keyOfLabel(label);
}

const fixedKeys = {
  userId: keyOfColumn(TAG_FIXED, "user_id"),
  event: keyOfColumn(TAG_FIXED, "event"),
  insertId: keyOfColumn(TAG_FIXED, "insert_id"),
  time: keyOfColumn(TAG_FIXED, "time"),
  seq: keyOfColumn(TAG_FIXED, "seq"),
  writer: keyOfColumn(TAG_FIXED, "writer"),
};

/** The terms of all columns of the batch but the generation. */
export function termsOf(batch: DigestedRows): readonly AddTerms[] {
  const { userCodes, users, eventCodes, events, insertIdCodes, insertIds } = batch;
  return [
    textTerms(fixedKeys.userId, userCodes, undefined, users.ids, 0),
    textTerms(fixedKeys.event, eventCodes, undefined, events, 0),
    textTerms(fixedKeys.insertId, insertIdCodes, undefined, insertIds, 1),
    numberTerms(fixedKeys.time, batch.timesMs, undefined),
    numberTerms(fixedKeys.seq, batch.seqs, undefined),
    numberTerms(fixedKeys.writer, batch.writers, undefined),
    ...batch.properties.map(propertyTerms),
  ];
}

function propertyTerms(column: PropertyColumn): AddTerms {
  const key = keyOfColumn(tagOfKind[column.kind], column.name);
  switch (column.kind) {
    case "string":
    case "list":
      return textTerms(key, column.codes, column.rows, column.values, 1);
    case "number":
      return numberTerms(key, column.values, column.rows);
    case "boolean":
      return codedTerms(column.values, column.rows, 1, booleanTerms(key));
  }
}

/** `step` 1: code 0 is absent, and the index in the table is one less than the code. */
function textTerms(
  key: HashKey,
  codes: Uint32Array,
  rows: Uint32Array | undefined,
  table: TextTable,
  step: number,
): AddTerms {
  const { offsets, count } = table;
  const bytes = viewOf(table.bytes);
  if (2 * count <= codes.length) {
    const terms = new Int32Array(4 * count);
    for (let index = 0; index < count; index++) {
      hashBytes(key, bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0, terms, 4 * index);
    }
    return codedTerms(codes, rows, step, terms);
  }
  // Texts that seldom come again are hashed where they come.
  const term = new Int32Array(4);
  let hashed = -1;
  function addText(index: number, lanes: Int32Array, at: number): void {
    if (index !== hashed) {
      hashBytes(key, bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0, term, 0);
      hashed = index;
    }
    addTerm(term, 0, lanes, at);
  }
  if (rows !== undefined) {
    return slotTerms(rows, (slot, lanes, at) => {
      const index = (codes[slot] ?? 0) - step;
      if (index >= 0) addText(index, lanes, at);
    });
  }
  return (start, end, lanes) => {
    for (let row = start, at = 0; row < end; row++, at += 4) {
      const index = (codes[row] ?? 0) - step;
      if (index >= 0) addText(index, lanes, at);
    }
  };
}

function codedTerms(
  codes: Uint32Array | Uint8Array,
  rows: Uint32Array | undefined,
  step: number,
  terms: Int32Array,
): AddTerms {
  if (rows === undefined) {
    // Most columns are so: a loop of their own, without a call for each row.
    return (start, end, lanes) => {
      for (let row = start, at = 0; row < end; row++, at += 4) {
        const index = (codes[row] ?? 0) - step;
        if (index >= 0) addTerm(terms, 4 * index, lanes, at);
      }
    };
  }
  return slotTerms(rows, (slot, lanes, at) => {
    const index = (codes[slot] ?? 0) - step;
    if (index >= 0) addTerm(terms, 4 * index, lanes, at);
  });
}

function numberTerms(key: HashKey, values: Float64Array, rows: Uint32Array | undefined): AddTerms {
  // Numbers lie in memory as they are hashed: little-endian.
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const term = new Int32Array(4);
  let hashed = Number.NaN;
  function addNumber(slot: number, lanes: Int32Array, at: number): void {
    const value = values[slot] ?? Number.NaN;
    if (value !== hashed) {
      if (Number.isNaN(value)) return;
      const high = value === 0 ? 0 : (words[2 * slot + 1] ?? 0); // -0 is 0.
      hashWords(key, words[2 * slot] ?? 0, high, term, 0);
      hashed = value;
    }
    addTerm(term, 0, lanes, at);
  }
  if (rows !== undefined) return slotTerms(rows, addNumber);
  return (start, end, lanes) => {
    for (let row = start, at = 0; row < end; row++, at += 4) addNumber(row, lanes, at);
  };
}

/** Of false, then true: one byte, 0 or 1. */
function booleanTerms(key: HashKey): Int32Array {
  const terms = new Int32Array(8);
  for (const value of [0, 1]) {
    hashBytes(key, viewOf(Uint8Array.of(value)), 0, 1, terms, 4 * value);
  }
  return terms;
}

/** Calls `add` for the slots of a sparse column whose rows are asked for. */
function slotTerms(
  rows: Uint32Array,
  add: (slot: number, lanes: Int32Array, at: number) => void,
): AddTerms {
  let slot = 0;
  return (start, end, lanes) => {
    for (; slot < rows.length && (rows[slot] ?? 0) < end; slot++) {
      add(slot, lanes, 4 * ((rows[slot] ?? 0) - start));
    }
  };
}

function addTerm(terms: Int32Array, from: number, lanes: Int32Array, at: number): void {
  lanes[at] = (lanes[at] ?? 0) + (terms[from] ?? 0);
  lanes[at + 1] = (lanes[at + 1] ?? 0) + (terms[from + 1] ?? 0);
  lanes[at + 2] = (lanes[at + 2] ?? 0) + (terms[from + 2] ?? 0);
  lanes[at + 3] = (lanes[at + 3] ?? 0) + (terms[from + 3] ?? 0);
}
