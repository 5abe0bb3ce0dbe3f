import { SHARDS_MAX } from "@shale/model";
import type { Place, Shape } from "../json-shape.ts";
import { insideOf, refuseShape } from "../json-shape.ts";
import { isOutputId } from "./day-file-id.ts";
import { isEventHashes } from "./event-hashes.ts";
import type { DayFileEntry, DayFileGeneration, DayFileSeqs } from "./manifest-document.ts";

/** An entry as a JSON array, its fields in the order of `rowFields`: a third of the bytes. */
export type EntryRow = readonly unknown[];

interface RowField {
  readonly name: keyof DayFileEntry;
  readonly wanted: string;
  readonly fits: (value: unknown) => boolean;
}

const U32_MAX = 0xffff_ffff;
/** Days that a Date can hold. */
const DAY_MAX = 100_000_000;

function isWhole(value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}
function isHex(value: unknown, digits: number): boolean {
  return typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value);
}
const isCount = (value: unknown): boolean => isWhole(value, 0, U32_MAX);
const isSome = (value: unknown): boolean => isWhole(value, 1, U32_MAX);
const isTime = (value: unknown): boolean => isWhole(value, -Number.MAX_SAFE_INTEGER);
const isHex8 = (value: unknown): boolean => isHex(value, 8);
const isHex16 = (value: unknown): boolean => isHex(value, 16);

function isGenerationRow(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [generation, rows, digest]: unknown[] = value;
  return isCount(generation) && isSome(rows) && isHex(digest, 32);
}

function isSeqsRow(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [writer, min, max]: unknown[] = value;
  return isWhole(writer, 1) && isWhole(min, 1) && isWhole(max, min);
}

/** Whether the first members of the rows, which fit, ascend strictly; there is a row at least. */
function isAscending(rows: unknown, fits: (row: unknown) => boolean): boolean {
  if (!Array.isArray(rows) || rows.length === 0) return false;
  const firstOf = (row: unknown): number => (row as readonly number[])[0] ?? 0;
  return rows.every(
    (row: unknown, i) => fits(row) && (i === 0 || firstOf(rows[i - 1]) < firstOf(row)),
  );
}

const rowFields: readonly RowField[] = [
  { name: "id", wanted: "an id", fits: (v) => typeof v === "string" && isOutputId(v) },
  { name: "shard", wanted: "a shard", fits: (v) => isWhole(v, 0, SHARDS_MAX - 1) },
  { name: "day", wanted: "a UTC day", fits: (v) => isWhole(v, -DAY_MAX, DAY_MAX) },
  { name: "bytes", wanted: "a size", fits: (v) => isWhole(v, 1) },
  { name: "crc", wanted: "8 hex digits", fits: isHex8 },
  { name: "token", wanted: "text", fits: (v) => typeof v === "string" && v.isWellFormed() },
  { name: "footerBytes", wanted: "a size", fits: isSome },
  { name: "footerCrc", wanted: "8 hex digits", fits: isHex8 },
  { name: "rows", wanted: "1 or more", fits: isSome },
  { name: "clientRows", wanted: "a count", fits: isCount },
  { name: "users", wanted: "a count", fits: isCount },
  { name: "minTimeMs", wanted: "a time in ms", fits: isTime },
  { name: "maxTimeMs", wanted: "a time in ms", fits: isTime },
  { name: "firstPlace", wanted: "16 hex digits", fits: isHex16 },
  { name: "lastPlace", wanted: "16 hex digits", fits: isHex16 },
  { name: "distinct", wanted: "true or false", fits: (v) => typeof v === "boolean" },
  { name: "tombstone", wanted: "a tombstone number", fits: isCount },
  {
    name: "generations",
    wanted: "rows [generation, rows, digest], ascending",
    fits: (v) => isAscending(v, isGenerationRow),
  },
  {
    name: "seqs",
    wanted: "rows [writer, min, max], ascending",
    fits: (v) => isAscending(v, isSeqsRow),
  },
  {
    name: "eventHashes",
    wanted: "null, or 4 hex digits for each event, ascending",
    fits: (v) => v === null || isEventHashes(v),
  },
];
/** Members that a row of format version 1 has. */
const FIELD_COUNT_V1 = 19;

/** The row of an entry, every field checked: what could not be read is not written. */
export function entryRowOf(entry: DayFileEntry, place: Place): EntryRow {
  const row = rowFields.map(({ name }) => {
    if (name === "generations") {
      return entry.generations.map(({ generation, rows, digest }) => [generation, rows, digest]);
    }
    if (name === "seqs") return entry.seqs.map(({ writer, min, max }) => [writer, min, max]);
    return entry[name] ?? null;
  });
  checkRow(row, place, rowFields);
  return row;
}

/** Reads rows of a format version. They throw OBJECT_CORRUPT with key and path. */
export function entryRowShape(formatVersion: number): Shape<DayFileEntry> {
  const known = formatVersion === 1 ? rowFields.slice(0, FIELD_COUNT_V1) : rowFields;
  return (value, place) => {
    if (!Array.isArray(value) || value.length !== known.length) {
      return refuseShape(value, `a row of ${known.length} fields`, place);
    }
    checkRow(value, place, known);
    return entryOfRow(value, known);
  };
}

function entryOfRow(row: EntryRow, known: readonly RowField[]): DayFileEntry {
  const fields: Partial<Record<keyof DayFileEntry, unknown>> = {};
  for (let i = 0; i < known.length; i++) {
    const field = known[i];
    if (field !== undefined && row[i] !== null) fields[field.name] = row[i];
  }
  const generations = fields.generations as [number, number, string][];
  const seqs = fields.seqs as [DayFileSeqs["writer"], number, number][];
  fields.generations = generations.map(
    ([generation, rows, digest]): DayFileGeneration => ({ generation, rows, digest }),
  );
  fields.seqs = seqs.map(([writer, min, max]): DayFileSeqs => ({ writer, min, max }));
  return fields as DayFileEntry;
}

function checkRow(row: EntryRow, place: Place, known: readonly RowField[]): void {
  for (let i = 0; i < known.length; i++) {
    const field = known[i];
    if (field !== undefined && !field.fits(row[i])) {
      refuseShape(row[i], field.wanted, insideOf(place, field.name));
    }
  }
}
