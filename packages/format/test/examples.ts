import type { LoggedBatch } from "@shale/columns";
import { tailNumber, writerOrdinal } from "@shale/model";
import { batchOf, type Row } from "../../columns/test/batch-of.ts";
import { emptyTailObject, tailObjectOf } from "../src/tail/tail-object.ts";
import { encodeWalFileHeader } from "../src/wal/wal-file-header.ts";
import { encodeWalRecord } from "../src/wal/wal-record.ts";

/** What docs/formats shows in hex. */
export const exampleNonce = "0f6f1f0c4b8f4ad2a1e4f6a3c9d20711";

const timeMs = Date.UTC(2026, 0, 1);
/** (2026-01-01 − 2020-01-01) × 4096. */
const firstSeq = 775_736_524_800_000;

const rows: readonly Row[] = [
  {
    event: "view",
    user_id: "u1",
    timeMs,
    insert_id: "a1",
    properties: { plan: "pro", price: 9.5 },
  },
  {
    event: "buy",
    user_id: "u2",
    timeMs: timeMs + 1500,
    insert_id: undefined,
    properties: { price: 12, new: true },
  },
];

function exampleOf(rows: readonly Row[]): LoggedBatch {
  const batch = batchOf(rows, {
    writer: 3,
    seqs: rows.map((_row, index) => firstSeq + index),
    isSparse: (key) => key === "boolean new",
  });
  // xxh64 of "u1" and "u2", seed 0.
  const hashHigh = Uint32Array.of(0x06e8417d, 0xf273e3df).slice(0, rows.length);
  const hashLow = Uint32Array.of(0x0fe6613f, 0xda204073).slice(0, rows.length);
  return { ...batch, users: { ids: batch.users.ids, hashHigh, hashLow } };
}

export const exampleBatch = exampleOf(rows);
/** One row without properties keeps the other dumps short. */
const shortBatch = exampleOf(rows.slice(0, 1).map((row) => ({ ...row, properties: {} })));

const writer = writerOrdinal(3);
export const exampleWal: Uint8Array = new Uint8Array(
  Buffer.concat([
    encodeWalFileHeader({ writer, segment: 1, nonce: exampleNonce }),
    ...encodeWalRecord({ batch: shortBatch, durableBytes: 48, nonce: exampleNonce }),
  ]),
);
export const exampleTail = tailObjectOf({
  n: tailNumber(2),
  nonce: exampleNonce,
  batch: shortBatch,
});
export const exampleSeal = emptyTailObject({
  writer,
  n: tailNumber(3),
  nonce: exampleNonce,
  lastSeq: firstSeq,
  sealed: true,
});
