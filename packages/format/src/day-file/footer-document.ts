import { crc32 } from "node:zlib";
import { writerOrdinal } from "@shale/model";
import { corrupt, formatUnknown } from "../damage.ts";
import {
  freeText,
  listOf,
  objectOf,
  oneOf,
  type Place,
  type Shape,
  textOf,
  truth,
  wholeFrom,
} from "../json-shape.ts";
import type { DayFileEventCount, DayFileFooter, DayFileRowGroup, NamedColumn } from "./day-file.ts";
import type { RowGroupFacts } from "./row-groups/row-group-facts.ts";

/** Version of the layout and of the document. A reader refuses what it does not know. */
export const DAY_FILE_FORMAT_VERSION = 2;
/** Row groups tell no facts of their own: all files of one row group, and older ones. */
const PLAIN_FORMAT_VERSION = 1;
/** Keys of the file's key-value metadata. */
export const DOCUMENT_KEY = "shale";
/** CRC-32 of the end of the file with these digits read as zeros; the last pair of all. */
export const CHECKSUM_KEY = "shale.crc32";
export const CHECKSUM_ZEROS = "00000000";

export interface StoredRowGroup extends DayFileRowGroup {
  /** CRC-32 of each chunk, 8 hex digits a column. */
  readonly crcs: string;
  /** undefined: the document tells those of the whole file alone. */
  readonly facts: RowGroupFacts | undefined;
}

/** The document in the file's metadata: the footer, and what only the codec needs. */
export interface FooterDocument extends Omit<DayFileFooter, "columns" | "rowGroups"> {
  readonly format: number;
  readonly columns: readonly NamedColumn[];
  readonly rowGroups: readonly StoredRowGroup[];
}

/** Days and times may lie before 1970. */
const wholeNumber: Shape<number> = (value, place) =>
  wholeFrom(-Number.MAX_SAFE_INTEGER)(value, place);
const ordinal: Shape<ReturnType<typeof writerOrdinal>> = (value, place) =>
  writerOrdinal(wholeFrom(1)(value, place));
const placeDigits = textOf(/^[0-9a-f]{16}$/);
const kind = oneOf("string", "list", "number", "boolean");

const digest = textOf(/^[0-9a-f]{32}$/);
const generationShapes = listOf(objectOf({ generation: wholeFrom(0), rows: wholeFrom(0), digest }));
const seqShapes = listOf(objectOf({ writer: ordinal, min: wholeFrom(0), max: wholeFrom(0) }));

const documentShapes = {
  format: wholeFrom(1),
  project: freeText,
  spec: freeText,
  shard: wholeFrom(0),
  shards: wholeFrom(1),
  day: wholeNumber,
  tombstone: wholeFrom(0),
  rows: wholeFrom(1),
  clientRows: wholeFrom(0),
  users: wholeFrom(0),
  minTimeMs: wholeNumber,
  maxTimeMs: wholeNumber,
  firstPlace: placeDigits,
  lastPlace: placeDigits,
  distinct: truth,
  generations: generationShapes,
  seqs: seqShapes,
  events: listOf(objectOf({ event: freeText, rows: wholeFrom(1), clientRows: wholeFrom(0) })),
  columns: listOf(objectOf({ name: freeText, kind, rows: wholeFrom(1), column: freeText })),
  compression: oneOf("none", "lz4", "snappy", "zstd"),
} as const;

const rowGroupShapes = {
  start: wholeFrom(0),
  rows: wholeFrom(1),
  firstPlace: placeDigits,
  lastPlace: placeDigits,
  crcs: textOf(/^([0-9a-f]{8})+$/),
} as const;

/** Facts as they are written: rows and client rows of every event of the file, in its order. */
const factShapes = {
  users: wholeFrom(0),
  minTimeMs: wholeNumber,
  maxTimeMs: wholeNumber,
  generations: generationShapes,
  seqs: seqShapes,
  eventRows: listOf(wholeFrom(0)),
  eventClientRows: listOf(wholeFrom(0)),
} as const;

const plainDocument = objectOf({
  ...documentShapes,
  rowGroups: listOf(objectOf(rowGroupShapes)),
});
const factsDocument = objectOf({
  ...documentShapes,
  rowGroups: listOf(objectOf({ ...rowGroupShapes, ...factShapes })),
});

/** Version of a document with these row groups. */
export function formatOf(rowGroups: readonly StoredRowGroup[]): number {
  const isTold = rowGroups.length > 1 && rowGroups.every(({ facts }) => facts !== undefined);
  return isTold ? DAY_FILE_FORMAT_VERSION : PLAIN_FORMAT_VERSION;
}

/** The document as it is written: fields in the order of docs/formats/day-file.md. */
export function encodeFooterDocument({ rowGroups, ...document }: FooterDocument): string {
  const { format, project, spec, shard, shards, day, tombstone, ...others } = document;
  const { rows, clientRows, users, minTimeMs, maxTimeMs, firstPlace, lastPlace } = others;
  const { distinct, generations, seqs, events, columns, compression } = others;
  return JSON.stringify({
    ...{ format, project, spec, shard, shards, day, tombstone },
    ...{ rows, clientRows, users, minTimeMs, maxTimeMs, firstPlace, lastPlace },
    ...{ distinct, generations, seqs, events, columns },
    rowGroups: rowGroups.map(({ facts, ...group }) =>
      facts === undefined || format === PLAIN_FORMAT_VERSION
        ? group
        : { ...group, ...writtenFacts(facts, events) },
    ),
    compression,
  });
}

function writtenFacts(facts: RowGroupFacts, events: readonly DayFileEventCount[]) {
  const { users, minTimeMs, maxTimeMs, generations, seqs } = facts;
  const own = new Map(facts.events.map((one) => [one.event, one]));
  return {
    ...{ users, minTimeMs, maxTimeMs, generations, seqs },
    eventRows: events.map(({ event }) => own.get(event)?.rows ?? 0),
    eventClientRows: events.map(({ event }) => own.get(event)?.clientRows ?? 0),
  };
}

/**
 * The document of a file, checked for its version and shape.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 */
export function parseFooterDocument(text: string, key: string): FooterDocument {
  const place: Place = { key, path: DOCUMENT_KEY };
  const value = parsed(text, key);
  const format: unknown =
    typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
  if (typeof format === "number" && format > DAY_FILE_FORMAT_VERSION) {
    throw formatUnknown(key, `format version ${format}, above ${DAY_FILE_FORMAT_VERSION},`);
  }
  if (format !== DAY_FILE_FORMAT_VERSION) {
    const { rowGroups, ...document } = plainDocument(value, place);
    const facts = undefined;
    return { ...document, rowGroups: rowGroups.map((group) => ({ ...group, facts })) };
  }
  const { rowGroups, ...document } = factsDocument(value, place);
  return {
    ...document,
    rowGroups: rowGroups.map(({ eventRows, eventClientRows, ...group }, number) => {
      const { start, rows, firstPlace, lastPlace, crcs, ...facts } = group;
      if (new Set([document.events, eventRows, eventClientRows].map((a) => a.length)).size > 1) {
        throw corrupt(key, `row group ${number} does not count every event`);
      }
      const events = document.events
        .map(({ event }, at) => ({
          event,
          rows: eventRows[at] ?? 0,
          clientRows: eventClientRows[at] ?? 0,
        }))
        .filter((count) => count.rows > 0);
      return { start, rows, firstPlace, lastPlace, crcs, facts: { ...facts, events } };
    }),
  };
}

function parsed(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(key, "its document is not JSON", error);
  }
}

const encoder = new TextEncoder();
const zeros = encoder.encode(CHECKSUM_ZEROS);

/** Where the digits of the checksum stand in the end of a file; -1 where there are none. */
export function checksumAt(tail: Uint8Array): number {
  const at = Buffer.from(tail.buffer, tail.byteOffset, tail.length).lastIndexOf(CHECKSUM_KEY);
  // Behind the key: the head of the value's field and its length, a byte each.
  const digitsAt = at + CHECKSUM_KEY.length + 2;
  return at < 0 || digitsAt + zeros.length > tail.length ? -1 : digitsAt;
}

/** The checksum of the end of a file, its own digits counted as zeros; 8 hex digits. */
export function checksumOf(tail: Uint8Array, digitsAt: number): string {
  const head = crc32(zeros, crc32(tail.subarray(0, digitsAt)));
  return crcText(crc32(tail.subarray(digitsAt + zeros.length), head));
}

/** False also where there is no checksum. */
export function isChecksumRight(tail: Uint8Array): boolean {
  const digitsAt = checksumAt(tail);
  if (digitsAt < 0) return false;
  const digits = String.fromCharCode(...tail.subarray(digitsAt, digitsAt + zeros.length));
  return digits === checksumOf(tail, digitsAt);
}

export function crcText(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
