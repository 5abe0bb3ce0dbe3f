import { crc32 } from "node:zlib";
import type { LoggedBatch } from "@shale/columns";
import { ShaleError, writerOrdinal } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryBatch } from "../../../columns/test/arbitrary-batch.ts";
import { batchOf, type Row } from "../../../columns/test/batch-of.ts";
import { comparable } from "../../../columns/test/comparable.ts";
import { scanWal, type WalScan } from "./scan-wal.ts";
import { encodeWalFileHeader, WAL_FILE_HEADER_BYTES } from "./wal-file-header.ts";
import { encodeWalRecord } from "./wal-record.ts";

const { SHALE_TEST_LONG } = process.env;
const runs = SHALE_TEST_LONG === "1" ? 5000 : 300;

const nonce = "00112233445566778899aabbccddeeff";
const file = "wal/3/000001.wal";
const header = { writer: writerOrdinal(3), segment: 7, nonce };

function oneRow(seq: number, changes: Partial<Row> = {}): LoggedBatch {
  const row: Row = {
    event: "view",
    user_id: "u1",
    timeMs: 1_700_000_000_000,
    insert_id: undefined,
    properties: {},
    ...changes,
  };
  return batchOf([row], { writer: 3, seqs: [seq] });
}

/** A log in the making: append() gives the offset of the record, sync() makes all of it durable. */
function openLog() {
  const chunks: Uint8Array[] = [encodeWalFileHeader(header)];
  const sizeBytes = () => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let durableBytes = WAL_FILE_HEADER_BYTES;
  return {
    append(batch: LoggedBatch): number {
      const offsetBytes = sizeBytes();
      chunks.push(...encodeWalRecord({ batch, durableBytes, nonce }));
      return offsetBytes;
    },
    sync(): void {
      durableBytes = sizeBytes();
    },
    durableBytes: () => durableBytes,
    bytes: () => new Uint8Array(Buffer.concat(chunks)),
  };
}

/** Two records synced together, then two that were never synced. */
function smallLog() {
  const log = openLog();
  const offsets = [log.append(oneRow(1)), log.append(oneRow(2))];
  log.sync();
  offsets.push(log.append(oneRow(3)), log.append(oneRow(4)));
  return { bytes: log.bytes(), offsets };
}

function scanned(bytes: Uint8Array): WalScan | "WAL_CORRUPT" {
  try {
    return scanWal(bytes, { file });
  } catch (error) {
    if (!(error instanceof ShaleError) || error.code !== "WAL_CORRUPT") throw error;
    expect(error.message).toContain(file);
    expect(error.message).toMatch(/offset \d+/);
    return "WAL_CORRUPT";
  }
}

function offsetsOf(scan: WalScan | "WAL_CORRUPT"): number[] | "WAL_CORRUPT" {
  return scan === "WAL_CORRUPT" ? scan : scan.records.map((record) => record.offsetBytes);
}

describe("scanWal() of an undamaged log", () => {
  test("gives back the header and every record with its offset", () => {
    fc.assert(
      fc.property(fc.array(arbitraryBatch({ rowCountMax: 5 }), { maxLength: 5 }), (made) => {
        const log = openLog();
        const expected = made.map(({ batch }, index) => {
          const risen = { ...batch, seqs: batch.seqs.map((seq) => seq + 1e14 * index) };
          return { offsetBytes: log.append(risen), batch: risen };
        });
        const bytes = log.bytes();
        const whole = { header, records: expected, validBytes: bytes.length, tornBytes: 0 };
        expect(comparable(scanWal(bytes, { file }))).toEqual(comparable(whole));
      }),
      { numRuns: 50 },
    );
  });

  test("reads bytes that do not start on a multiple of 8", () => {
    const { bytes, offsets } = smallLog();
    const shifted = Buffer.alloc(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(offsetsOf(scanned(shifted))).toEqual(offsets);
  });

  test("refuses records of another writer, or whose seqs do not rise", () => {
    const other = openLog();
    other.append(batchOf([], { writer: 4, seqs: [] }));
    expect(scanned(other.bytes())).toBe("WAL_CORRUPT");
    const falling = openLog();
    falling.append(oneRow(5));
    falling.append(oneRow(5));
    expect(scanned(falling.bytes())).toBe("WAL_CORRUPT");
  });

  test("refuses a file of a later version as such", () => {
    const { bytes } = smallLog();
    const view = new DataView(bytes.buffer);
    view.setUint16(4, 2, true);
    view.setUint32(44, crc32(bytes.subarray(0, 44)), true);
    expect(() => scanWal(bytes, { file })).toThrow(
      expect.objectContaining({
        code: "FORMAT_UNKNOWN",
        message: expect.stringContaining(file) as string,
      }),
    );
  });
});

describe("W1: damage above what was fsynced is a torn tail, damage below it is corruption", () => {
  test("a log cut at any byte is torn there, and gives back the whole records before it", () => {
    const { bytes, offsets } = smallLog();
    const ends = [...offsets.slice(1), bytes.length];
    for (let size = 0; size < bytes.length; size++) {
      const scan = scanWal(bytes.slice(0, size), { file });
      const kept = offsets.filter((_offset, index) => ends[index]! <= size);
      expect(scan.records.map((record) => record.offsetBytes)).toEqual(kept);
      expect(scan.header).toEqual(size < WAL_FILE_HEADER_BYTES ? undefined : header);
      const start = size < WAL_FILE_HEADER_BYTES ? 0 : WAL_FILE_HEADER_BYTES;
      expect(scan.validBytes).toBe(kept.length === 0 ? start : ends[kept.length - 1]);
      expect(scan.tornBytes).toBe(size - scan.validBytes);
    }
  });

  test("a log with any bit flipped is corrupt below the last sync, and torn above it", () => {
    const { bytes, offsets } = smallLog();
    const synced = offsets[2]!;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3;
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (bit & 7);
      const expected =
        at < synced ? "WAL_CORRUPT" : offsets.filter((_, i) => at >= (offsets[i + 1] ?? Infinity));
      expect(offsetsOf(scanned(flipped)), `bit ${bit}`).toEqual(expected);
    }
  });

  test("a crash keeps any part of what was not synced, and every synced record is given back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(arbitraryBatch({ rowCountMax: 3 }), fc.boolean()), { maxLength: 6 }),
        fc.array(fc.constantFrom("kept", "zeros", "garbage"), { minLength: 1, maxLength: 9 }),
        fc.nat(),
        (appends, fates, cut) => {
          const log = openLog();
          let syncedRecords = 0;
          const offsets: number[] = [];
          for (const [{ batch }, syncs] of appends) {
            const lift = 1e14 * offsets.length;
            offsets.push(log.append({ ...batch, seqs: batch.seqs.map((seq) => seq + lift) }));
            if (!syncs) continue;
            log.sync();
            syncedRecords = offsets.length;
          }
          const whole = log.bytes();
          const durable = log.durableBytes();
          const bytes = whole.slice(0, durable + (cut % (whole.length - durable + 1)));
          for (let at = durable; at < bytes.length; at++) {
            const fate = fates[Math.floor(at / 64) % fates.length];
            if (fate === "zeros") bytes[at] = 0;
            if (fate === "garbage") bytes[at] = (at * 31) & 0xff;
          }
          const found = offsetsOf(scanned(bytes));
          expect(found).toEqual(offsets.slice(0, found.length));
          expect(found.length).toBeGreaterThanOrEqual(syncedRecords);
        },
      ),
      { numRuns: runs },
    );
  });

  test("damage is corruption also where only the torn last record tells of the sync", () => {
    const log = openLog();
    const first = log.append(oneRow(1));
    log.sync();
    log.append(oneRow(2));
    const bytes = log.bytes().slice(0, -8);
    expect(offsetsOf(scanned(bytes))).toEqual([first]);
    bytes[first + 40]! ^= 1;
    expect(scanned(bytes)).toBe("WAL_CORRUPT");
  });

  test("a file torn in its header is empty, one with a damaged header and a record is corrupt", () => {
    const empty = encodeWalFileHeader(header);
    empty[30]! ^= 1;
    expect(scanWal(empty, { file })).toEqual({
      header: undefined,
      records: [],
      validBytes: 0,
      tornBytes: WAL_FILE_HEADER_BYTES,
    });
    expect(scanWal(new Uint8Array(4096), { file }).tornBytes).toBe(4096);
    const log = openLog();
    log.append(oneRow(1));
    const bytes = log.bytes();
    bytes[30]! ^= 1;
    expect(scanned(bytes)).toBe("WAL_CORRUPT");
  });
});

describe("what looks like a record", () => {
  test("of another file is not taken for one of this file", () => {
    const log = openLog();
    const first = log.append(oneRow(1));
    const stale = encodeWalRecord({
      batch: oneRow(2),
      durableBytes: 1e9,
      nonce: "ffeeddccbbaa99887766554433221100",
    });
    const bytes = new Uint8Array(Buffer.concat([log.bytes(), ...stale]));
    expect(offsetsOf(scanned(bytes))).toEqual([first]);
  });

  test("inside an event is no evidence when that event's record is torn", () => {
    /** What becomes of a torn record with the forgery in a property, at each alignment. */
    function outcomes(forgedNonce: string): unknown[] {
      const forged = Buffer.concat([
        ...encodeWalRecord({ batch: oneRow(9), durableBytes: 1e9, nonce: forgedNonce }),
      ]);
      return Array.from({ length: 8 }, (_, pad) => {
        const log = openLog();
        log.append(oneRow(1, { properties: { a: " ".repeat(pad) + "x".repeat(forged.length) } }));
        const bytes = log.bytes();
        // Set in the file, which tears the record: its checksum was of the x's.
        bytes.set(forged, Buffer.from(bytes).indexOf("xxxx"));
        return offsetsOf(scanned(bytes));
      });
    }
    expect(outcomes("ffeeddccbbaa99887766554433221100")).toEqual(Array(8).fill([]));
    expect(outcomes(nonce)).toContain("WAL_CORRUPT");
  });
});
