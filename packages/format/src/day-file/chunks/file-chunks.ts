import type { PropertyColumn, StoredBatch, TextTable } from "@shale/columns";
import { invariant } from "@shale/model";
import type { ChunkContent } from "../../parquet/chunk-writer.ts";
import type { ColumnMeaning, ParquetColumn } from "../../parquet/file-metadata.ts";
import { physicalTypes } from "../../parquet/parquet-codes.ts";
import { fixedColumns, REST_COLUMN } from "../column-names.ts";
import type { NamedColumn } from "../day-file.ts";
import { encodeRest } from "../rest-column.ts";
import type { RowRange } from "../user-runs.ts";
import { encodeBooleans, encodeNumbers, encodeSteps } from "./encode-numbers.ts";
import { encodeTexts, type TextInput } from "./encode-texts.ts";
import { presentBooleans, presentCodes, presentNumbers, type Scratch } from "./present-slots.ts";

/** Times are milliseconds here and microseconds in the file. */
export const MICROS_PER_MS = 1000;

/** Where a dictionary or a page of texts would be larger, it is cut. */
const PAGE_TEXT_BYTES_MAX = 2 ** 30;

/** A column of the file, and how its rows are encoded. */
export interface FileColumn {
  readonly column: ParquetColumn;
  encode(range: RowRange, scratch: Scratch): ChunkContent;
}

/** All columns of a file in their order. */
export function fileColumns(
  batch: StoredBatch,
  properties: readonly { readonly named: NamedColumn; readonly column: PropertyColumn }[],
): readonly FileColumn[] {
  const rest: PropertyColumn[] = [];
  const columns: FileColumn[] = fixedColumns.map((name) => fixedColumn(batch, name));
  for (const { named, column } of properties) {
    if (named.column === REST_COLUMN) rest.push(column);
    else columns.push(propertyColumn(named.column, column));
  }
  if (rest.length > 0) {
    const { rows, codes, values } = encodeRest(rest, batch.rowCount);
    columns.push(textColumn(REST_COLUMN, "json", { rows, slots: codes }, values));
  }
  return columns;
}

/** The most texts that any dictionary of the columns has, as a scratch needs to know. */
export function textsMaxOf({ users, events, properties }: StoredBatch): number {
  let most = Math.max(users.ids.count, events.count);
  for (const column of properties) {
    if (column.kind === "string" || column.kind === "list") {
      most = Math.max(most, column.values.count);
    }
  }
  return most;
}

function fixedColumn(batch: StoredBatch, name: (typeof fixedColumns)[number]): FileColumn {
  const { int32, int64 } = physicalTypes;
  switch (name) {
    case "user_id":
      return requiredTexts(name, batch.userCodes, batch.users.ids);
    case "event":
      return requiredTexts(name, batch.eventCodes, batch.events);
    case "insert_id": {
      const { insertIds, insertIdCodes } = batch;
      const place = { rows: undefined, slots: insertIdCodes };
      return textColumn(name, "string", place, insertIds, "direct");
    }
    case "time":
      return timeColumn(name, batch.timesMs);
    case "seq":
      return {
        column: { name, type: int64, optional: false, meaning: "plain" },
        encode: ({ start, end }) => encodeSteps(batch.seqs.subarray(start, end), 1),
      };
    case "writer":
      return requiredNumbers(name, int64, batch.writers);
    case "generation":
      return requiredNumbers(name, int32, batch.generations);
  }
}

/** Times in epoch ms. */
export function timeColumn(name: string, timesMs: Float64Array): FileColumn {
  const { int64: type } = physicalTypes;
  return {
    column: { name, type, optional: false, meaning: "timestampMicros" },
    encode: ({ start, end }) => encodeSteps(timesMs.subarray(start, end), MICROS_PER_MS),
  };
}

export function requiredTexts(name: string, codes: Uint32Array, table: TextTable): FileColumn {
  return {
    column: { name, type: physicalTypes.byteArray, optional: false, meaning: "string" },
    encode({ start, end }, scratch) {
      const slots = codes.subarray(start, end);
      const present = { rows: end - start, count: end - start, slots, levels: undefined };
      const input = { present, table, base: 0, form: "dictionary", extent: "wanted" } as const;
      return encodeTexts(input, scratch);
    },
  };
}

function requiredNumbers(
  name: string,
  type: typeof physicalTypes.int32 | typeof physicalTypes.int64,
  values: Float64Array | Uint32Array,
): FileColumn {
  return {
    column: { name, type, optional: false, meaning: "plain" },
    encode({ start, end }, scratch) {
      const slots = scratch.numbers.subarray(0, end - start);
      slots.set(values.subarray(start, end));
      const present = { rows: end - start, count: end - start, slots, levels: undefined };
      return encodeNumbers(present, type, scratch);
    },
  };
}

export function propertyColumn(name: string, column: PropertyColumn): FileColumn {
  const { rows } = column;
  switch (column.kind) {
    case "string":
      return textColumn(name, "string", { rows, slots: column.codes }, column.values);
    case "list":
      return textColumn(name, "json", { rows, slots: column.codes }, column.values);
    case "number": {
      const place = { rows, slots: column.values };
      return {
        column: { name, type: physicalTypes.double, optional: true, meaning: "plain" },
        encode: (range, scratch) =>
          encodeNumbers(presentNumbers(place, range, scratch), physicalTypes.double, scratch),
      };
    }
    case "boolean": {
      const place = { rows, slots: column.values };
      return {
        column: { name, type: physicalTypes.boolean, optional: true, meaning: "plain" },
        encode: (range, scratch) => encodeBooleans(presentBooleans(place, range, scratch)),
      };
    }
  }
}

export function textColumn(
  name: string,
  meaning: ColumnMeaning,
  place: { readonly rows: Uint32Array | undefined; readonly slots: Uint32Array },
  table: TextTable,
  form: TextInput["form"] = "shorter",
): FileColumn {
  const extent = meaning === "json" ? "unwanted" : "wanted";
  return {
    column: { name, type: physicalTypes.byteArray, optional: true, meaning },
    encode: (range, scratch) =>
      encodeCut(
        range,
        PAGE_TEXT_BYTES_MAX,
        (part, isWhole) => {
          const present = presentCodes(place, part, scratch);
          return { present, table, base: 1, form: isWhole ? form : "direct", extent };
        },
        scratch,
      ),
  };
}

/** One chunk, or one whose pages hold parts of the rows where the texts are too many bytes. */
export function encodeCut(
  range: RowRange,
  bytesMax: number,
  inputOf: (part: RowRange, isWhole: boolean) => TextInput,
  scratch: Scratch,
  isWhole = true,
): ChunkContent {
  const input = inputOf(range, isWhole);
  const { start, end } = range;
  if (input.table.bytes.length <= bytesMax || textBytesOf(input) <= bytesMax) {
    return encodeTexts(input, scratch);
  }
  invariant(end - start > 1, `a text has at most ${bytesMax} bytes`);
  const middle = (start + end) >>> 1;
  const left = encodeCut({ start, end: middle }, bytesMax, inputOf, scratch, false);
  const right = encodeCut({ start: middle, end }, bytesMax, inputOf, scratch, false);
  const nulls = (left.statistics.nulls ?? 0) + (right.statistics.nulls ?? 0);
  return {
    dictionary: undefined,
    pages: [...left.pages, ...right.pages],
    statistics: { min: undefined, max: undefined, nulls },
  };
}

function textBytesOf({ present, table, base }: TextInput): number {
  let total = 0;
  for (let i = 0; i < present.count; i++) {
    const text = (present.slots[i] ?? 0) - base;
    total += (table.offsets[text + 1] ?? 0) - (table.offsets[text] ?? 0);
  }
  return total;
}
