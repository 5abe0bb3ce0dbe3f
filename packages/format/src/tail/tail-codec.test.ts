import { crc32 } from "node:zlib";
import { ShaleError, tailNumber, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryBatch } from "../../../columns/test/arbitrary-batch.ts";
import { batchOf, type Row } from "../../../columns/test/batch-of.ts";
import { comparable } from "../../../columns/test/comparable.ts";
import {
  decodeTailHeader,
  decodeTailObject,
  encodeTailObject,
  TAIL_HEADER_BYTES,
} from "./tail-codec.ts";
import { emptyTailObject, tailObjectOf } from "./tail-object.ts";

const nonce = "00112233445566778899aabbccddeeff";
const key = "default/tail/0000000000000003/0000000000000002";
const n = tailNumber(2);
const writer = writerOrdinal(3);

function rows(): Row[] {
  const row = { event: "view", user_id: "u1", insert_id: undefined, properties: { a: "x" } };
  return [
    { ...row, timeMs: 1_700_000_000_000, insert_id: "i1" },
    { ...row, timeMs: 1_600_000_000_000, insert_id: "~1-77" },
    { ...row, timeMs: 1_650_000_000_000 },
    { ...row, timeMs: 1_650_000_000_000, insert_id: "" },
  ];
}

function smallObject() {
  return tailObjectOf({ n, nonce, batch: batchOf(rows(), { writer, seqs: [5, 6, 7, 9] }) });
}
const empties = [
  emptyTailObject({ writer, n, nonce, lastSeq: 9, sealed: false }),
  emptyTailObject({ writer, n, nonce, lastSeq: 0, sealed: true }),
];

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!(error instanceof ShaleError)) throw error;
    expect(error.message).toContain(key);
    return error.code;
  }
  return "none";
}

describe("tail objects", () => {
  test("come back as they were, and their header from their first bytes alone", () => {
    fc.assert(
      fc.property(arbitraryBatch(), fc.nat({ max: 1000 }), ({ batch }, number) => {
        fc.pre(batch.rowCount > 0);
        const object = tailObjectOf({ n: tailNumber(number + 1), nonce, batch });
        const bytes = encodeTailObject(object);
        expect(comparable(decodeTailObject(bytes, { key }))).toEqual(comparable(object));
        const { batch: _batch, ...header } = object;
        expect(decodeTailHeader(bytes.slice(0, TAIL_HEADER_BYTES), { key })).toEqual(header);
      }),
      { numRuns: 150 },
    );
  });

  test("say what lies in them without a look at the rows", () => {
    const { batch: _batch, ...header } = smallObject();
    expect(header).toEqual({
      writer: 3,
      n: 2,
      nonce,
      firstSeq: 5,
      lastSeq: 9,
      rowCount: 4,
      clientInsertIds: 2,
      minTimeMs: 1_600_000_000_000,
      maxTimeMs: 1_700_000_000_000,
      sealed: false,
    });
  });

  test("without rows stand behind the seqs that the tail covers; a seal is told from an idle mark", () => {
    expect(empties.map((object) => [object.firstSeq, object.lastSeq])).toEqual([
      [10, 9],
      [1, 0],
    ]);
    for (const object of empties) {
      const bytes = encodeTailObject(object);
      expect(bytes.length).toBe(TAIL_HEADER_BYTES);
      expect(decodeTailObject(bytes, { key })).toEqual(object);
    }
  });

  test("are refused for every flipped bit, and for every other length", () => {
    for (const object of [smallObject(), ...empties]) {
      const bytes = encodeTailObject(object);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(codeOf(() => decodeTailObject(flipped, { key }))).toBe("OBJECT_CORRUPT");
      }
      for (let size = 0; size < bytes.length; size++) {
        expect(codeOf(() => decodeTailObject(bytes.slice(0, size), { key }))).toBe(
          "OBJECT_CORRUPT",
        );
      }
      const longer = new Uint8Array([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]);
      expect(codeOf(() => decodeTailObject(longer, { key }))).toBe("OBJECT_CORRUPT");
    }
  });

  test("are refused where the header, rightly summed, contradicts the rows or itself", () => {
    const changes: [offset: number, byte: number][] = [
      [6, 1], // Sealed, with rows.
      [6, 2], // A flag that is not known.
      [8, 4], // Another writer.
      [8, 0],
      [16, 0],
      [40, 4],
      [48, 10],
      [56, 3],
      [60, 3],
      [64, 1],
      [80, 0],
    ];
    for (const [offset, byte] of changes) {
      const bytes = encodeTailObject(smallObject());
      bytes[offset] = byte;
      new DataView(bytes.buffer).setUint32(92, crc32(bytes.subarray(0, 92)), true);
      expect(
        codeOf(() => decodeTailObject(bytes, { key })),
        `byte ${offset}`,
      ).toBe("OBJECT_CORRUPT");
    }
  });

  test("of a later version are refused as such", () => {
    const bytes = encodeTailObject(smallObject());
    bytes[4] = 2;
    new DataView(bytes.buffer).setUint32(92, crc32(bytes.subarray(0, 92)), true);
    expect(codeOf(() => decodeTailObject(bytes, { key }))).toBe("FORMAT_UNKNOWN");
    expect(codeOf(() => decodeTailHeader(bytes, { key }))).toBe("FORMAT_UNKNOWN");
  });

  test("cannot be encoded where the header does not follow from the rows", () => {
    expect(() => encodeTailObject({ ...smallObject(), lastSeq: 8 })).toThrow(/lastSeq 8/);
    expect(() => encodeTailObject({ ...smallObject(), sealed: true })).toThrow(/sealed/);
    expect(() => encodeTailObject({ ...smallObject(), nonce: "x" })).toThrow(/nonce/);
  });
});
