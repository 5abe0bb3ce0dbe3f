import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, DuckDBTimestampTZValue } from "@duckdb/node-api";
import { parquetReadObjects } from "hyparquet";
import { plainDecompress } from "../src/blocks/block-codec.ts";

/** A row as another reader shows it: whole numbers as bigint, times in microseconds. */
export type OpenRow = Readonly<Record<string, unknown>>;

/** Runs `use` with the bytes in a file of a folder that is removed afterwards. */
export async function withFile<T>(
  bytes: Uint8Array,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "shale-day-file-"));
  try {
    const path = join(folder, "file.parquet");
    writeFileSync(path, bytes);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function duckdbQuery(sql: string): Promise<readonly OpenRow[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  try {
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(sql);
    const rows = reader.getRowObjects().map((row) => valuesOf(row, duckdbValue));
    connection.closeSync();
    return rows;
  } finally {
    instance.closeSync();
  }
}

export async function readByDuckdb(bytes: Uint8Array): Promise<readonly OpenRow[]> {
  return withFile(bytes, (path) => duckdbQuery(`SELECT * FROM read_parquet('${path}')`));
}

function duckdbValue(value: unknown): unknown {
  return value instanceof DuckDBTimestampTZValue ? value.micros : value;
}

export async function readByHyparquet(bytes: Uint8Array): Promise<readonly OpenRow[]> {
  const rows = await parquetReadObjects({
    file: bytes.slice().buffer as ArrayBuffer,
    compressors: {
      LZ4_RAW: (input, size) => plainDecompress("lz4", input, size, "hyparquet"),
      ZSTD: (input, size) => plainDecompress("zstd", input, size, "hyparquet"),
    },
    // A column without a value in a row gives undefined to a parser.
    parsers: {
      timestampFromMilliseconds: (millis: bigint) => millis,
      timestampFromMicroseconds: (micros: bigint) => micros,
      stringFromBytes: textOf,
      jsonFromBytes: textOf,
    },
  });
  return rows.map((row) => valuesOf(row as OpenRow, (value) => value));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : decoder.decode(bytes);
}

function valuesOf(row: OpenRow, shownAs: (value: unknown) => unknown): OpenRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, shownAs(value) ?? null]),
  );
}
