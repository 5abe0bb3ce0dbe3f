import { textAt } from "@shale/columns";
import { ShaleError } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryBatch } from "../../../columns/test/arbitrary-batch.ts";
import { batchOf, type Row } from "../../../columns/test/batch-of.ts";
import { comparable } from "../../../columns/test/comparable.ts";
import { decodeBatch } from "./decode-batch.ts";
import { encodeBatch } from "./encode-batch.ts";

const { SHALE_TEST_LONG } = process.env;
const runs = SHALE_TEST_LONG === "1" ? 20_000 : 400;

function row(changes: Partial<Row> = {}): Row {
  return {
    event: "view",
    user_id: "u1",
    timeMs: 1_700_000_000_000,
    insert_id: undefined,
    properties: {},
    ...changes,
  };
}

describe("encodeBatch() and decodeBatch()", () => {
  test("give back every batch, byte for byte the same when encoded again", () => {
    fc.assert(
      fc.property(arbitraryBatch(), ({ batch }) => {
        const bytes = encodeBatch(batch);
        expect(bytes.length % 8).toBe(0);
        const decoded = decodeBatch(bytes);
        expect(comparable(decoded)).toEqual(comparable(batch));
        expect(comparable(encodeBatch(decoded))).toEqual(comparable(bytes));
      }),
      { numRuns: runs },
    );
  });

  test("give back an empty batch", () => {
    const batch = batchOf([], { seqs: [] });
    expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
  });

  test("keep codes of 1, 2 and 4 bytes", () => {
    for (const count of [255, 256, 257, 65_536]) {
      const rows = Array.from({ length: count }, (_, index) =>
        row({ user_id: `u${index}`, insert_id: `i${index}` }),
      );
      const batch = batchOf(rows);
      const decoded = decodeBatch(encodeBatch(batch));
      expect(comparable(decoded)).toEqual(comparable(batch));
    }
  });

  test("keep times that span more than 32 bits, and seqs up to 2^53 - 1", () => {
    const batch = batchOf(
      [row({ timeMs: -62_135_596_800_000 }), row({ timeMs: 8.64e15 }), row({ timeMs: 0 })],
      { seqs: [1, 2 ** 53 - 2, 2 ** 53 - 1] },
    );
    expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
  });

  test("lay columns over the bytes, and copy only what does not start on a multiple of 8", () => {
    const batch = batchOf([row({ properties: { price: 1.5 } }), row({ properties: { price: 2 } })]);
    const bytes = encodeBatch(batch);
    const price = decodeBatch(bytes).properties[0]!;
    expect(price.kind === "number" && price.values.buffer).toBe(bytes.buffer);
    for (let shift = 1; shift < 8; shift++) {
      const shifted = Buffer.alloc(bytes.length + 8).subarray(shift, shift + bytes.length);
      shifted.set(bytes);
      expect(comparable(decodeBatch(shifted))).toEqual(comparable(batch));
    }
  });

  test("cost no more than a run of seqs for a million consecutive rows", () => {
    const rows = Array.from({ length: 1000 }, () => row());
    const single = encodeBatch(batchOf(rows.slice(0, 1))).length;
    // Three codes of one byte and a time of four bytes a row.
    expect(encodeBatch(batchOf(rows)).length - single).toBeLessThan(1000 * 7 + 8);
  });
});

/** Everything that a later stage reads, without a check of its own. */
function readAll(bytes: Uint8Array): void {
  const batch = decodeBatch(bytes);
  for (let i = 0; i < batch.rowCount; i++) {
    textAt(batch.users.ids, batch.userCodes[i]!);
    textAt(batch.events, batch.eventCodes[i]!);
    if (batch.insertIdCodes[i]! > 0) textAt(batch.insertIds, batch.insertIdCodes[i]! - 1);
    new Date(batch.timesMs[i]!).toISOString();
  }
  for (const column of batch.properties) {
    if (column.kind !== "string" && column.kind !== "list") continue;
    for (const code of column.codes) if (code > 0) textAt(column.values, code - 1);
  }
}

function expectTyped(bytes: Uint8Array): void {
  try {
    readAll(bytes);
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    expect(["OBJECT_CORRUPT", "FORMAT_UNKNOWN"]).toContain(error.code);
  }
}

describe("decodeBatch() of damaged bytes", () => {
  test("throws nothing but typed errors, whatever bytes change", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        arbitraryBatch({ rowCountMax: 12 }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        ({ batch }, changes) => {
          const bytes = encodeBatch(batch);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          expectTyped(bytes);
        },
      ),
      { numRuns: runs },
    );
  });

  test("throws nothing but typed errors for every number set to every extreme", () => {
    const rows = [
      row({ insert_id: "i", properties: { a: "x", b: 1, c: true, d: ["y"] } }),
      row({ user_id: "u2", properties: { a: "z" } }),
    ];
    const isSparse = (key: string) => key === "number b";
    const bytes = encodeBatch(batchOf(rows, { isSparse }));
    for (let at = 0; at + 4 <= bytes.length; at += 4) {
      for (const extreme of [0, 1, 2, 7, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff]) {
        const changed = bytes.slice();
        new DataView(changed.buffer).setUint32(at, extreme, true);
        expectTyped(changed);
      }
    }
  });

  test("throws nothing but typed errors for a batch cut off or grown anywhere", () => {
    const bytes = encodeBatch(batchOf([row({ properties: { a: "x" } })]));
    for (let size = 0; size < bytes.length; size++) {
      expect(() => decodeBatch(bytes.slice(0, size))).toThrow(ShaleError);
    }
    expect(() => decodeBatch(new Uint8Array([...bytes, ...new Uint8Array(8)]))).toThrow(ShaleError);
  });

  test("throws nothing but typed errors for random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectTyped(bytes);
      }),
    );
  });

  test("names what it decodes, and refuses a later version as such", () => {
    const bytes = encodeBatch(batchOf([row()]));
    bytes[4] = 2;
    expect(() => decodeBatch(bytes, { source: "tail/1" })).toThrow(
      expect.objectContaining({
        code: "FORMAT_UNKNOWN",
        message: "Cannot decode tail/1: format version 2, above 1, is not known here",
      }),
    );
    bytes[4] = 0;
    expect(() => decodeBatch(bytes)).toThrow(expect.objectContaining({ code: "OBJECT_CORRUPT" }));
  });
});
