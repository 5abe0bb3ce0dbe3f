import { readFileSync } from "node:fs";
import { eventAt, type LoggedBatch } from "@shale/columns";
import { describe, expect, test } from "vitest";
import { decodeBatch } from "../src/batch/decode-batch.ts";
import { openDayFile } from "../src/day-file/open-day-file.ts";
import { checkFacts } from "../src/day-file/row-groups/row-group-facts.ts";
import { decodeTailHeader, decodeTailObject } from "../src/tail/tail-codec.ts";
import { scanWal } from "../src/wal/scan-wal.ts";
import { fixtureBatch } from "./day-file-example.ts";
import { rowsOf as dayFileRowsOf, readBack, wanted } from "./day-file-rows.ts";

const DAY_FILE_FOOTER_BYTES = 7634;
const DAY_FILE_2_FOOTER_BYTES = 7184;

/** Written once by the first version, and never again: what was kept stays readable. */
function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/v1/${name}`, import.meta.url));
}

/** The 300 events of the fixtures with their seqs and hashes, one JSON object a line. */
const expected = Buffer.from(fixture("events.ndjson"))
  .toString()
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as unknown);

function rowsOf(batch: LoggedBatch): unknown[] {
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const code = batch.userCodes[row]!;
    const hash = [batch.users.hashHigh[code], batch.users.hashLow[code]];
    return JSON.parse(JSON.stringify({ seq: batch.seqs[row], hash, ...eventAt(batch, row) }));
  });
}

const nonce = "c41d8e0b92f74a35b0e6d7c8a9f01234";

describe("files of format version 1 stay readable", () => {
  test("batch.bin", () => {
    const batch = decodeBatch(fixture("batch.bin"));
    expect(batch.writer).toBe(12);
    expect(rowsOf(batch)).toEqual(expected);
  });

  test("wal.bin, three records and a torn one", () => {
    const bytes = fixture("wal.bin");
    const { header, records, validBytes, tornBytes } = scanWal(bytes, { file: "wal.bin" });
    expect(header).toEqual({ writer: 12, segment: 4, nonce });
    expect(records.map(({ batch }) => batch.rowCount)).toEqual([1, 99, 200]);
    expect(records.flatMap(({ batch }) => rowsOf(batch))).toEqual(expected);
    expect([validBytes + tornBytes, tornBytes]).toEqual([bytes.length, 100]);
  });

  test("tail-object.bin, tail-object-idle.bin and tail-object-sealed.bin", () => {
    const object = decodeTailObject(fixture("tail-object.bin"), { key: "tail-object.bin" });
    expect(rowsOf(object.batch!)).toEqual(expected);
    expect(object).toMatchObject({ writer: 12, n: 5, nonce, rowCount: 300, sealed: false });
    expect(object).toMatchObject({
      clientInsertIds: 75,
      minTimeMs: 0,
      maxTimeMs: 1_767_225_600_298,
    });
    const { lastSeq } = object;
    const empty = { writer: 12, nonce, firstSeq: lastSeq + 1, lastSeq, rowCount: 0 };
    for (const [name, n, sealed] of [
      ["tail-object-idle.bin", 6, false],
      ["tail-object-sealed.bin", 7, true],
    ] as const) {
      const header = decodeTailHeader(fixture(name), { key: name });
      expect(header).toMatchObject({ ...empty, n, sealed });
      expect(decodeTailObject(fixture(name), { key: name }).batch).toBeUndefined();
    }
  });

  test("day-file.parquet, three row groups by LZ4", () => {
    const bytes = fixture("day-file.parquet");
    const read = readBack(bytes, DAY_FILE_FOOTER_BYTES);
    expect(dayFileRowsOf(read)).toEqual(wanted(fixtureBatch.rows));
  });
});

test("day-file.parquet of format version 2 stays readable, and what its four row groups tell", () => {
  const bytes = readFileSync(new URL("../fixtures/v2/day-file.parquet", import.meta.url));
  const read = readBack(bytes, DAY_FILE_2_FOOTER_BYTES);
  expect(dayFileRowsOf(read)).toEqual(wanted(fixtureBatch.rows));
  const tail = bytes.subarray(bytes.length - DAY_FILE_2_FOOTER_BYTES);
  const { footer, rowGroupFacts } = openDayFile(tail, { key: "k", size: bytes.length });
  expect(rowGroupFacts).toHaveLength(4);
  checkFacts(footer, rowGroupFacts!, { key: "k" });
});
