import type { ColumnKind } from "@shale/columns";

/** "SHLB" read as a little-endian number. The layout is described in docs/formats/batch.md. */
export const BATCH_MAGIC = 0x424c_4853;
export const BATCH_VERSION = 1;
export const BATCH_HEADER_BYTES = 32;
export const SECTION_HEADER_BYTES = 16;

/** Kind byte of a section. Sections follow each other in one fixed order. */
export const sectionKinds = {
  seqs: 1,
  times: 2,
  textLengths: 3,
  textBytes: 4,
  userHashes: 5,
  codes: 6,
  propertyKinds: 7,
  rows: 8,
  numbers: 9,
  booleans: 10,
} as const;
export type SectionName = keyof typeof sectionKinds;

/** How the bytes of a section are packed. Plain is the only one of version 1. */
export const CODEC_PLAIN = 0;

/** A property's byte in the propertyKinds section is its index here, plus SPARSE if it has rows. */
export const propertyKinds: readonly (ColumnKind | undefined)[] = [
  undefined,
  "string",
  "list",
  "number",
  "boolean",
];
export const SPARSE = 0x80;

/** The times a JavaScript Date can show, ms: what is outside is damage. */
export const TIME_MS_MAX = 8.64e15;
