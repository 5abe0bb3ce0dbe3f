import { parseDigest } from "@shale/columns";
import type { DayFileEntry } from "@shale/format";
import { invariant } from "@shale/model";
import type { ShardDay } from "@shale/scan";
import type { UnitSums } from "./unit-sums.ts";
import { addUnit } from "./unit-sums.ts";

type Parts = Pick<ShardDay, "files" | "tail">;

/**
 * Whether what the manifest says of a shard-day's files is what its rows would give: each row is
 * logical and counted once (as R4, where a generation has files of its own), and no user of a
 * generation is in two files.
 *
 * @param newestTombstone Its number, 0 for none.
 */
export function canFootersAnswer({ files, tail }: Parts, newestTombstone: number): boolean {
  if (tail.length > 0) return false;
  const isEachWhole = files.every(
    ({ distinct, tombstone, generations }) =>
      distinct && tombstone >= newestTombstone && generations.length === 1,
  );
  return isEachWhole && files.every((file, at) => files.slice(0, at).every((o) => fit(file, o)));
}

function fit(one: DayFileEntry, other: DayFileEntry): boolean {
  if (one.lastPlace < other.firstPlace || other.lastPlace < one.firstPlace) return true;
  // Only rows with a client's insert id have duplicates, and one file has none inside.
  const mayRepeat = one.clientRows > 0 && other.clientRows > 0;
  return !mayRepeat && generationOf(one) !== generationOf(other);
}

function generationOf({ generations: [only] }: DayFileEntry): number {
  invariant(only !== undefined, "a day file has rows of a generation");
  return only.generation;
}

/** @param parts For which `canFootersAnswer`. */
export function addFooters(sums: UnitSums, { files }: Parts): void {
  for (const { users, generations } of files) {
    for (const { generation, rows, digest } of generations) {
      addUnit(sums, generation, { events: rows, users, digest: parseDigest(digest) });
    }
  }
}
