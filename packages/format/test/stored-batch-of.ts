import type { StoredBatch } from "@shale/columns";
import { type BatchShape, batchOf, type Row } from "../../columns/test/batch-of.ts";
import type { DayFileContent } from "../src/day-file/day-file.ts";

export interface StoredRow extends Row {
  readonly seq: number;
  readonly writer: number;
  readonly generation: number;
}

/** bitrev64(floor(hash / shards)) digit by digit, sharing no code with what is tested. */
export function plainPlace(hashHigh: number, hashLow: number, shards: number): string {
  const quotient = ((BigInt(hashHigh) << 32n) | BigInt(hashLow)) / BigInt(shards);
  const digits = [...quotient.toString(2).padStart(64, "0")].reverse().join("");
  return BigInt(`0b${digits}`).toString(16).padStart(16, "0");
}

export interface StoredShape extends Pick<BatchShape, "isSparse" | "unused"> {
  readonly shards: number;
}

/** The rows in the order of a day file, and the batch that holds them so. */
export function storedBatchOf(
  rows: readonly StoredRow[],
  { shards, ...shape }: Partial<StoredShape> & { shards: number },
): { readonly rows: readonly StoredRow[]; readonly batch: StoredBatch } {
  const { users } = batchOf(rows, shape);
  const decoder = new TextDecoder();
  const places = new Map<string, string>();
  for (let user = 0; user < users.ids.count; user++) {
    const id = decoder.decode(
      users.ids.bytes.subarray(users.ids.offsets[user], users.ids.offsets[user + 1]),
    );
    places.set(id, plainPlace(users.hashHigh[user]!, users.hashLow[user]!, shards));
  }
  const key = (row: StoredRow): readonly (string | number)[] => [
    places.get(row.user_id)!,
    Buffer.from(row.user_id).toString("hex"),
    row.timeMs,
    Buffer.from(row.event).toString("hex"),
    Buffer.from(row.insert_id ?? `~${row.writer}-${row.seq}`).toString("hex"),
    row.seq,
    row.writer,
  ];
  const sorted = rows
    .map((row) => ({ row, key: key(row) }))
    .sort((left, right) => {
      const at = left.key.findIndex((one, index) => one !== right.key[index]);
      return at < 0 ? 0 : left.key[at]! < right.key[at]! ? -1 : 1;
    })
    .map(({ row }) => row);
  const { writer: _writer, ...batch } = batchOf(sorted, {
    ...shape,
    seqs: sorted.map((row) => row.seq),
  });
  return {
    rows: sorted,
    batch: {
      ...batch,
      writers: Float64Array.from(sorted, (row) => row.writer),
      generations: Uint32Array.from(sorted, (row) => row.generation),
    },
  };
}

/** What an encoder is told of a batch; digests are made up. */
export function contentOf(batch: StoredBatch, shards: number): DayFileContent {
  const generations = [...new Set(batch.generations)].sort((left, right) => left - right);
  return {
    project: "p",
    spec: "A",
    shard: 0,
    shards,
    day: Math.floor(batch.timesMs[0]! / 86_400_000),
    tombstone: 0,
    batch,
    distinct: true,
    generations: generations.map((generation) => ({
      generation,
      rows: batch.generations.filter((one) => one === generation).length,
      digest: "0123456789abcdef0123456789abcdef",
    })),
  };
}
