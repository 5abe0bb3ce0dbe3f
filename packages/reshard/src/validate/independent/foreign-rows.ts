import { createHmac } from "node:crypto";
import type { CatalogDocument } from "@shale/format";
import type { ShardDay } from "@shale/scan";
import type { RowReading } from "../own-rows.ts";
import { readOwnRows } from "../own-rows.ts";
import type { PlainRow } from "./canonical-row.ts";
import { canonicalText, plainRowOf } from "./canonical-row.ts";
import type { ForeignRow } from "./foreign-file.ts";
import { readForeignRows } from "./foreign-file.ts";
import { secondShardOf } from "./xxhash64.ts";

/** Takes the logical rows of a shard-day. */
export interface RowSink<Kept> {
  /** What is kept of a row while a newer one of its key may come. */
  keep(text: string): Kept;
  add(row: { readonly generation: number; readonly user: string }, kept: Kept): void;
}

export interface ForeignCounts {
  readonly rowsRead: number;
  readonly misplaced: number;
}

interface Candidate<Kept> {
  readonly row: Pick<ForeignRow, "generation" | "user" | "seq" | "writer">;
  readonly kept: Kept;
}

/**
 * The logical rows of one shard-day, its day files read by the second reader, by rules written a
 * second time: of equal (user, event, insert id) the greatest (seq, writer) stays (R3), rows under
 * tombstones go (D1), a user's shard is told by the second hash. Tail objects, which both specs
 * share, come through the store's own reader. Generations are those stored in the files.
 *
 * Holds a row group, and something of each row that has an insert id.
 *
 * @throws {ShaleError} as `scanShards`
 */
export async function readForeignShardDay<Kept>(
  reading: RowReading,
  { shard, day, files, tail }: ShardDay,
  sink: RowSink<Kept>,
): Promise<ForeignCounts> {
  const { env, pin, signal } = reading;
  const limitOf = tombstoneLimits(pin.catalog);
  const users = new Map<string, { readonly limit: number; readonly isHome: boolean }>();
  const newest = new Map<string, Candidate<Kept>>();
  let [rowsRead, misplaced] = [0, 0];

  function take(row: ForeignRow): void {
    const known = users.get(row.user) ?? {
      limit: limitOf(row.user),
      isHome: secondShardOf(row.user, pin.spec.shards) === shard,
    };
    users.set(row.user, known);
    rowsRead++;
    if (!known.isHome) misplaced++;
    if (row.seq <= known.limit) return;
    const { generation, user, seq, writer } = row;
    const kept = sink.keep(canonicalText(row));
    if (row.insertId === undefined) {
      sink.add({ generation, user }, kept);
      return;
    }
    const key = JSON.stringify([user, row.event, row.insertId]);
    const other = newest.get(key)?.row;
    if (other !== undefined && !isAfter(row, other)) return;
    newest.set(key, { row: { generation, user, seq, writer }, kept });
  }

  for (const entry of files) {
    const ref = { project: pin.catalog.project, spec: pin.spec, entry };
    for await (const rows of readForeignRows(env, ref, signal)) rows.forEach(take);
  }
  if (tail.length > 0) {
    for await (const { batch } of readOwnRows(tailOf(reading), day, [shard])) {
      for (let row = 0; row < batch.rowCount; row++) {
        take({ ...plainRowOf(batch, row), generation: batch.generations[row] ?? 0 });
      }
    }
  }
  for (const { row, kept } of newest.values()) sink.add(row, kept);
  return { rowsRead, misplaced };
}

function isAfter(
  one: Pick<PlainRow, "seq" | "writer">,
  other: Pick<PlainRow, "seq" | "writer">,
): boolean {
  return one.seq !== other.seq ? one.seq > other.seq : one.writer > other.writer;
}

/** Rows of a user at or below the limit are hidden; 0 for none. */
function tombstoneLimits({ tombstones, tombstoneKey }: CatalogDocument): (user: string) => number {
  const limits = new Map<string, number>();
  for (const { userHash, seq } of tombstones) {
    limits.set(userHash, Math.max(seq, limits.get(userHash) ?? 0));
  }
  const key = Buffer.from(tombstoneKey, "hex");
  return (user) => {
    if (limits.size === 0) return 0;
    const hash = createHmac("sha256", key).update(user, "utf8").digest("hex").slice(0, 32);
    return limits.get(hash) ?? 0;
  };
}

/** The pin without its day files. */
function tailOf(reading: RowReading): RowReading {
  const groups = new Map(
    [...reading.pin.groups].map(([group, { watermarks }]) => [
      group,
      { watermarks, manifest: undefined },
    ]),
  );
  return { ...reading, pin: { ...reading.pin, groups } };
}
