import type { TextTable } from "@shale/columns";
import type { ChunkContent, PageContent } from "../../parquet/chunk-writer.ts";
import type { ChunkStatistics } from "../../parquet/file-metadata.ts";
import { codeWidthFor, DICTIONARY_COUNT_MAX, encodeCodes } from "../../parquet/hybrid-runs.ts";
import { encodings } from "../../parquet/parquet-codes.ts";
import {
  deltaLengthTexts,
  gatheredTexts,
  plainTexts,
  textExtent,
} from "../../parquet/text-pages.ts";
import type { PresentSlots, Scratch } from "./present-slots.ts";

/** Longer texts are left out of statistics. */
const STATISTIC_BYTES_MAX = 64;

export interface TextInput {
  readonly present: PresentSlots<Uint32Array>;
  readonly table: TextTable;
  /** What a code is above the index of its text. */
  readonly base: 0 | 1;
  /** "shorter": a dictionary where that takes fewer bytes, else each text by itself. */
  readonly form: "dictionary" | "direct" | "shorter";
  /** Statistics of JSON texts have no use. */
  readonly extent: "wanted" | "unwanted";
}

/** A chunk of texts. */
export function encodeTexts(input: TextInput, scratch: Scratch): ChunkContent {
  const { present, form } = input;
  if (present.count === 0) return encodeNothing(present);
  if (form !== "direct") {
    const distinct = localCodes(input, scratch);
    if (form === "dictionary" || isShorter(input, distinct, scratch)) {
      return encodeDictionary(input, distinct, scratch);
    }
  }
  const texts = gatheredTexts(input.table, present.slots, {
    count: present.count,
    base: input.base,
  });
  const values = deltaLengthTexts(texts);
  return {
    dictionary: undefined,
    pages: [pageOf(present, encodings.deltaLengthByteArray, values)],
    statistics: statisticsOf(texts, input),
  };
}

/** A chunk in which no row has a value. */
export function encodeNothing(present: PresentSlots<unknown>): ChunkContent {
  return {
    dictionary: undefined,
    pages: [pageOf(present, encodings.plain, [])],
    statistics: { min: undefined, max: undefined, nulls: present.rows },
  };
}

export function pageOf(
  { rows, levels }: PresentSlots<unknown>,
  encoding: number,
  values: readonly Uint8Array[],
): PageContent {
  return { rows, encoding, parts: levels === undefined ? values : [levels, ...values] };
}

/** The page of codes into a dictionary of `distinct` values. */
export function codePage(
  codes: Uint32Array,
  present: PresentSlots<unknown>,
  distinct: number,
): PageContent {
  const width = codeWidthFor(distinct);
  const runs = encodeCodes(codes, present.count, width);
  return pageOf(present, encodings.rleDictionary, [Uint8Array.of(width), ...runs]);
}

/** Numbers the texts that occur by their first row: `scratch.codes`, and `scratch.used` back. */
function localCodes({ present, base }: TextInput, scratch: Scratch): number {
  const { slots, count } = present;
  const { codes, used, known } = scratch;
  let distinct = 0;
  for (let i = 0; i < count; i++) {
    const text = (slots[i] ?? 0) - base;
    let local = known[text] ?? 0;
    if (local === 0) {
      used[distinct] = text;
      local = ++distinct;
      known[text] = local;
    }
    codes[i] = local - 1;
  }
  for (let i = 0; i < distinct; i++) known[used[i] ?? 0] = 0;
  return distinct;
}

function isShorter({ present, table }: TextInput, distinct: number, { used }: Scratch): boolean {
  if (distinct > DICTIONARY_COUNT_MAX) return false;
  let texts = 0;
  for (let i = 0; i < distinct; i++) {
    const text = used[i] ?? 0;
    texts += (table.offsets[text + 1] ?? 0) - (table.offsets[text] ?? 0);
  }
  const average = texts / distinct;
  const dictionaryBytes = texts + 4 * distinct + (present.count * codeWidthFor(distinct)) / 8;
  return dictionaryBytes < present.count * (average + 1);
}

function encodeDictionary(input: TextInput, distinct: number, scratch: Scratch): ChunkContent {
  const texts = gatheredTexts(input.table, scratch.used, { count: distinct, base: 0 });
  return {
    dictionary: { count: distinct, bytes: plainTexts(texts) },
    pages: [codePage(scratch.codes, input.present, distinct)],
    statistics: statisticsOf(texts, input),
  };
}

function statisticsOf(texts: TextTable, { present, extent }: TextInput): ChunkStatistics {
  const nulls = present.rows - present.count;
  const unknown = { min: undefined, max: undefined, nulls };
  if (extent === "unwanted") return unknown;
  const { min, max } = textExtent(texts);
  const isShort = min.length <= STATISTIC_BYTES_MAX && max.length <= STATISTIC_BYTES_MAX;
  return isShort ? { min, max, nulls } : unknown;
}
