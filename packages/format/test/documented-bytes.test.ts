import { readFileSync } from "node:fs";
import { loadUserHasher } from "@shale/columns";
import { describe, expect, test } from "vitest";
import { comparable } from "../../columns/test/comparable.ts";
import { decodeBatch } from "../src/batch/decode-batch.ts";
import { encodeBatch } from "../src/batch/encode-batch.ts";
import { decodeTailObject, encodeTailObject } from "../src/tail/tail-codec.ts";
import { scanWal } from "../src/wal/scan-wal.ts";
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
});
