import { ShaleError } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparable } from "../../../columns/test/comparable.ts";
import { contentOf, type StoredRow, storedBatchOf } from "../../test/stored-batch-of.ts";
import type { DayFileRows, DayFileSelection } from "./day-file.ts";
import { decodeDayFileRows } from "./decode-day-file-rows.ts";
import { encodeDayFile } from "./encode-day-file.ts";
import { checksumAt, checksumOf } from "./footer-document.ts";
import { openDayFile } from "./open-day-file.ts";
import { planDayFileRead } from "./plan-day-file-read.ts";

const all: DayFileSelection = { places: true, properties: "all" };

const rows: readonly StoredRow[] = Array.from({ length: 300 }, (_one, i) => ({
  user_id: `u${i % 37}`,
  event: i % 4 === 0 ? "buy" : "view",
  timeMs: Date.UTC(2026, 0, 1) + 1000 * i,
  insert_id: i % 5 === 0 ? undefined : `insert-${i}`,
  seq: 1000 + i,
  writer: 1 + (i % 2),
  generation: 0,
  properties: {
    page: `/page/${i % 50}`,
    ...(i % 3 === 0 ? { price: i / 4 } : { isNew: i % 2 === 0 }),
  },
}));
const { batch } = storedBatchOf(rows, { shards: 1 });
const file = encodeDayFile(contentOf(batch, 1), { compression: "lz4", rowGroupRowsMax: 100 });

function opened(bytes: Uint8Array) {
  const tail = bytes.subarray(bytes.length - file.footerBytes);
  return openDayFile(tail, { key: "p/file", size: bytes.length });
}

function read(bytes: Uint8Array): DayFileRows {
  const index = opened(bytes);
  const parts = planDayFileRead(index, all).map(({ offset, length }) =>
    bytes.subarray(offset, offset + length),
  );
  return decodeDayFileRows(index, all, parts, { key: "p/file" });
}

/** The code of what is thrown; whatever else is thrown fails the test. */
function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    expect(error.message).toContain("p/file");
    return error.code;
  }
}

/** The file with another document, its checksum right. */
function withDocument(edit: (text: string) => string): Uint8Array {
  const bytes = file.bytes.slice();
  const tail = bytes.subarray(bytes.length - file.footerBytes);
  const text = Buffer.from(tail).toString("latin1");
  const edited = edit(text);
  expect(edited).not.toBe(text);
  expect(edited).toHaveLength(text.length);
  tail.set(Buffer.from(edited, "latin1"));
  const digitsAt = checksumAt(tail);
  tail.set(Buffer.from(checksumOf(tail, digitsAt)), digitsAt);
  return bytes;
}

describe("a damaged day file", () => {
  const whole = comparable(read(file.bytes));

  test("with one byte changed is refused, or gives exactly what it gave", () => {
    let refused = 0;
    const change = fc.record({
      at: fc.nat(file.bytes.length - 1),
      flip: fc.integer({ min: 1, max: 255 }),
    });
    const checkChange = ({ at, flip }: { at: number; flip: number }) => {
      const bytes = file.bytes.slice();
      bytes[at] = bytes[at]! ^ flip;
      let decoded: unknown = whole;
      const code = refusalOf(() => {
        decoded = comparable(read(bytes));
      });
      if (code !== undefined) refused++;
      expect(code ?? "OBJECT_CORRUPT").toBe("OBJECT_CORRUPT");
      // Only the magic at the beginning is never read.
      expect(code === undefined, `byte ${at}`).toBe(at < 4);
      expect(decoded).toEqual(whole);
    };
    fc.assert(fc.property(change, checkChange), { numRuns: 1500 });
    expect(refused).toBeGreaterThan(1400);
  });

  test("with any bit of its end flipped is refused as damage, not as a later version", () => {
    const start = file.bytes.length - file.footerBytes;
    for (let at = start; at < file.bytes.length; at++) {
      const bytes = file.bytes.slice();
      bytes[at] = bytes[at]! ^ (1 << (at % 8));
      expect(
        refusalOf(() => opened(bytes)),
        `byte ${at}`,
      ).toBe("OBJECT_CORRUPT");
    }
  });

  test("cut short, or with too much or too little taken for its end, is refused", () => {
    const { bytes, footerBytes } = file;
    for (const size of [0, 1, 4, 11, 12, footerBytes - 1, footerBytes + 1, bytes.length]) {
      const tail = bytes.subarray(bytes.length - size);
      const open = () => openDayFile(tail, { key: "p/file", size: bytes.length });
      expect(refusalOf(open), `${size} bytes`).toBe("OBJECT_CORRUPT");
    }
    const tail = bytes.subarray(bytes.length - footerBytes);
    const open = () => openDayFile(tail, { key: "p/file", size: bytes.length - 1 });
    expect(refusalOf(open)).toBe("OBJECT_CORRUPT");
  });

  test("of which a part came back short is refused", () => {
    const index = opened(file.bytes);
    const [range] = planDayFileRead(index, all);
    const part = file.bytes.subarray(range!.offset, range!.offset + range!.length - 1);
    expect(refusalOf(() => decodeDayFileRows(index, all, [part], { key: "p/file" }))).toBe(
      "OBJECT_CORRUPT",
    );
  });

  test("of a later format version is unknown", () => {
    const later = withDocument((text) => text.replace('{"format":2,', '{"format":3,'));
    expect(refusalOf(() => opened(later))).toBe("FORMAT_UNKNOWN");
    const none = withDocument((text) => text.replace('{"format":2,', '{"format":0,'));
    expect(refusalOf(() => opened(none))).toBe("OBJECT_CORRUPT");
    const older = withDocument((text) => text.replace('{"format":2,', '{"format":1,'));
    expect(refusalOf(() => opened(older))).toBe("OBJECT_CORRUPT");
  });

  test("whose document disagrees with its Parquet metadata is refused", () => {
    const edits: ((text: string) => string)[] = [
      (text) => text.replace('"column":"page"', '"column":"pagE"'),
      (text) => text.replace('"rows":300,', '"rows":301,'),
      (text) => text.replace('"start":0,', '"start":1,'),
      (text) => text.replace('"digest":"0123', '"digest":"x123'),
      (text) => text.replace(/(?<="eventRows":\[\d+),\d+/, (one) => one.replace(/./g, " ")),
      (text) => text.replace('"eventClientRows":[', '"eventClientRowS":['),
    ];
    for (const edit of edits)
      expect(refusalOf(() => opened(withDocument(edit)))).toBe("OBJECT_CORRUPT");
  });
});
