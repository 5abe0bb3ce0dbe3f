import { readFileSync } from "node:fs";
import { columnAt, loadUserHasher, textAt } from "@shale/columns";
import { describe, expect, test } from "vitest";
import { comparable } from "../../columns/test/comparable.ts";
import { decodeBatch } from "../src/batch/decode-batch.ts";
import { encodeBatch } from "../src/batch/encode-batch.ts";
import { decodeDayFileRows } from "../src/day-file/decode-day-file-rows.ts";
import { encodeDayFile } from "../src/day-file/encode-day-file.ts";
import { openDayFile } from "../src/day-file/open-day-file.ts";
import { planDayFileRead } from "../src/day-file/plan-day-file-read.ts";
import { decodeTailObject, encodeTailObject } from "../src/tail/tail-codec.ts";
import { scanWal } from "../src/wal/scan-wal.ts";
import { exampleDayFile } from "./day-file-example.ts";
import { exampleBatch, exampleNonce, exampleSeal, exampleTail, exampleWal } from "./examples.ts";

/** The fenced hex blocks of a format's document; each line must stand at the offset it names. */
function dumpsIn(document: string): Uint8Array[] {
  const text = readFileSync(new URL(`../../../docs/formats/${document}`, import.meta.url), "utf8");
  return [...text.matchAll(/^```hex\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => {
    const bytes: number[] = [];
    for (const line of block.trimEnd().split("\n")) {
      const [, offset = "", digits = ""] = /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} )+) *\|/.exec(line)!;
      expect(Number.parseInt(offset, 16), line).toBe(bytes.length);
      bytes.push(
        ...digits
          .trim()
          .split(" ")
          .map((byte) => Number.parseInt(byte, 16)),
      );
    }
    return Uint8Array.from(bytes);
  });
}

describe("the bytes in docs/formats", () => {
  test("batch.md shows the batch that it describes", async () => {
    const [dump] = dumpsIn("batch.md");
    expect(comparable(encodeBatch(exampleBatch))).toBe(comparable(dump));
    expect(comparable(decodeBatch(dump!))).toEqual(comparable(exampleBatch));
    const hasher = await loadUserHasher();
    for (const [index, user] of ["u1", "u2"].entries()) {
      hasher.hashText(user);
      expect(exampleBatch.users.hashHigh[index]).toBe(hasher.high);
      expect(exampleBatch.users.hashLow[index]).toBe(hasher.low);
    }
  });

  test("wal.md shows a file with one record", () => {
    const [dump] = dumpsIn("wal.md");
    expect(comparable(exampleWal)).toBe(comparable(dump));
    const scan = scanWal(dump!, { file: "wal.md" });
    expect(scan.header).toEqual({ writer: 3, segment: 1, nonce: exampleNonce });
    expect(scan.records.map((record) => record.offsetBytes)).toEqual([48]);
  });

  test("tail-object.md shows an object with a row, and a seal", () => {
    const dumps = dumpsIn("tail-object.md");
    const objects = [exampleTail, exampleSeal];
    expect(objects.map((object) => comparable(encodeTailObject(object)))).toEqual(
      dumps.map(comparable),
    );
    for (const [index, dump] of dumps.entries()) {
      const decoded = decodeTailObject(dump, { key: "tail-object.md" });
      expect(comparable(decoded)).toEqual(comparable(objects[index]));
    }
  });

  test("day-file.md shows a file with a row", () => {
    const [dump] = dumpsIn("day-file.md");
    const { bytes, footer, footerBytes } = encodeDayFile(exampleDayFile, { compression: "none" });
    expect(comparable(bytes)).toBe(comparable(dump));
    const tail = dump!.subarray(dump!.length - footerBytes);
    const index = openDayFile(tail, { key: "day-file.md", size: dump!.length });
    expect(index.footer).toEqual(footer);
    const selection = { places: true, properties: "all" } as const;
    const parts = planDayFileRead(index, selection).map(({ offset, length }) =>
      dump!.subarray(offset, offset + length),
    );
    const rows = decodeDayFileRows(index, selection, parts, { key: "day-file.md" });
    expect(textAt(rows.userIds, 0)).toBe("u2");
    expect(rows.places!.seqs).toEqual(exampleDayFile.batch.seqs);
    expect(rows.properties.map((column) => columnAt(column, 0))).toEqual([true, 12]);
  });
});
