import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { defaultDayFileCompression, encodeDayFile } from "../src/day-file/encode-day-file.ts";
import { exampleDayFile, fixtureBatch } from "./day-file-example.ts";
import { readBack, rowsOf, wanted } from "./day-file-rows.ts";

vi.mock("../src/blocks/native-codecs.ts", () => ({ nativeCodec: () => undefined }));

describe("where no compiled library loads", () => {
  test("a compressed day file is read as it is anywhere else", () => {
    const url = new URL("../fixtures/v1/day-file.parquet", import.meta.url);
    expect(rowsOf(readBack(readFileSync(url), 7634))).toEqual(wanted(fixtureBatch.rows));
  });

  test("day files are written uncompressed, and another wish is refused", () => {
    expect(defaultDayFileCompression()).toBe("none");
    expect(encodeDayFile(exampleDayFile).footer.compression).toBe("none");
    expect(() => encodeDayFile(exampleDayFile, { compression: "lz4" })).toThrow(/lz4-napi/);
  });
});
