import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { duckdbQuery, readByHyparquet, withFile } from "./other-readers.ts";
import { readByShale } from "./read-parquet.ts";

/** What fixtures/README.md says that parquetjs-lite was given. */
const parquetjsRows = Array.from({ length: 100 }, (_one, i) => ({
  user_id: `u${i % 7}`,
  event: i % 3 === 0 ? "" : "Ωμέγα 𝄞",
  time: 1_767_225_600_000n + BigInt(i) * 1001n,
  at: 1_767_225_600_000_000n + BigInt(i) * 1_001_001n,
  insert_id: i % 4 ? `i${i}` : null,
  count: BigInt(i) * 4_503_599_627n,
  small: i % 5 ? i - 50 : null,
  price: i % 2 ? i / 8 : null,
  is_new: i % 6 ? i % 6 < 3 : null,
  list: i % 9 === 0 ? JSON.stringify({ list: [i, "x"] }) : null,
}));

describe("files of other writers", () => {
  test.each(["v1", "v2"])(
    "parquetjs-lite, data pages %s: hyparquet and we read them right",
    async (version) => {
      const url = new URL(`./fixtures/parquetjs-lite-${version}.parquet`, import.meta.url);
      const bytes = new Uint8Array(readFileSync(url));
      expect(await readByHyparquet(bytes)).toEqual(parquetjsRows);
      expect(readByShale(bytes)).toEqual(parquetjsRows);
    },
  );

  test.each(["uncompressed", "snappy", "zstd", "lz4_raw"])(
    "DuckDB, %s: we read what it wrote",
    async (compression) => {
      const select = `
      SELECT i AS id, i * i * 1000003 AS wide, (i % 4000)::INTEGER AS "int", 'page' || (i * 7919 % 700) AS page,
        CASE WHEN i % 3 = 0 THEN NULL WHEN i % 5 = 0 THEN '' ELSE 'v' || i END AS mostly,
        CASE WHEN i % 7 = 0 THEN NULL ELSE i / 3.0::DOUBLE END AS number,
        i % 11 = 0 AS flag, CASE WHEN i > 4990 THEN 'late' END AS late,
        repeat('long ', (i % 50)::INTEGER) AS long
      FROM range(5000) AS t(i)`;
      await withFile(new Uint8Array(0), async (path) => {
        const options = `FORMAT parquet, COMPRESSION ${compression}, ROW_GROUP_SIZE 2048`;
        await duckdbQuery(`COPY (${select}) TO '${path}' (${options})`);
        const wanted = await duckdbQuery(`SELECT * FROM read_parquet('${path}')`);
        expect(wanted).toHaveLength(5000);
        expect(readByShale(new Uint8Array(readFileSync(path)))).toEqual(wanted);
      });
    },
  );

  test("DuckDB, version 2 of its writer: we read packed differences that it wrote", async () => {
    const select = `
      SELECT i * 1000 AS id, (i * 7919 % 100000) * (i - 2500) AS wide,
        (hash(i) >> 13)::BIGINT AS far,
        CASE WHEN i % 3 > 0 THEN 'some text ' || i END AS text, (i % 900 - 450)::INTEGER AS small
      FROM range(5000) AS t(i)`;
    await withFile(new Uint8Array(0), async (path) => {
      await duckdbQuery(`COPY (${select}) TO '${path}' (FORMAT parquet, PARQUET_VERSION v2)`);
      const wanted = await duckdbQuery(`SELECT * FROM read_parquet('${path}')`);
      const used = await duckdbQuery(
        `SELECT DISTINCT encodings FROM parquet_metadata('${path}') ORDER BY 1`,
      );
      expect(used.map(({ encodings }) => encodings)).toEqual([
        "DELTA_BINARY_PACKED",
        "DELTA_LENGTH_BYTE_ARRAY",
        "RLE_DICTIONARY",
      ]);
      expect(readByShale(new Uint8Array(readFileSync(path)))).toEqual(wanted);
    });
  });
});
