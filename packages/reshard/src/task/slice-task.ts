import { createTombstoneFilter, type UserHasher } from "@shale/columns";
import type { DayFileIndex, RowGroupFacts } from "@shale/format";
import { decodeDayFileUsers, joinRowGroups, openDayFile, sumFacts } from "@shale/format";
import { invariant, shardId } from "@shale/model";
import type { PlaceShift } from "../slice/plan-slices.ts";
import { shiftedPlace } from "../slice/plan-slices.ts";
import type { CopyInput, CopyOutput, CopySource } from "./copy-task.ts";
import { copyRows } from "./copy-task.ts";

/** Row groups of a file of the old spec, all of whose rows are copied. */
export interface SliceSource extends CopySource {
  /** Highest tombstone that was applied to them. */
  readonly tombstone: number;
  readonly shift: PlaceShift;
}

export interface SliceInput extends CopyInput {
  /** Of the new spec: all rows are of it. */
  readonly shard: number;
  /** Places in it ascend, no two meet. */
  readonly sources: readonly SliceSource[];
}

/**
 * Row groups of files of the old spec as one file of a shard of the new one, without decoding them;
 * where one of their users may have been deleted since, as `copyRows` does it.
 *
 * @throws {ShaleError} OBJECT_CORRUPT when a chunk or a footer is not what it says, FORMAT_UNKNOWN
 */
export function sliceRows(input: SliceInput, hasher: UserHasher): CopyOutput {
  const { place, day } = input;
  const { key, tombstones } = input.tombstones;
  const filter = createTombstoneFilter(key, tombstones);
  const sources = input.sources.map(openSource);
  const isDeleted = sources.some(
    ({ source, index }) =>
      source.tombstone < filter.highestNumber &&
      filter.limitsOf(usersOf(source, index)) !== undefined,
  );
  if (isDeleted) return copyRows(input, hasher);
  const shard = shardId(input.shard, place.shards);
  const { bytes, footer, footerBytes } = joinRowGroups({
    ...{ ...place, shard, day, tombstone: filter.highestNumber },
    sources: sources.map(({ source: { file, shift }, index, rowGroups }) => ({
      ...{ key: file.key, parts: file.parts, index, rowGroups },
      placeOf: (one) => shiftedPlace(one, shift),
    })),
  });
  return {
    files: [{ shard, day, bytes, footer, footerBytes }],
    taken: footer.generations,
    deleted: [],
    read: sources.map(({ facts }) => sumFacts(facts).generations),
  };
}

interface OpenSource {
  readonly source: SliceSource;
  readonly index: DayFileIndex;
  readonly rowGroups: readonly number[];
  readonly facts: readonly RowGroupFacts[];
}

function openSource(source: SliceSource): OpenSource {
  const { key, size, tail, rowGroups } = source.file;
  const index = openDayFile(tail, { key, size });
  const numbers = rowGroups ?? index.chunks.map((_group, number) => number);
  const facts = numbers.flatMap((number) => index.rowGroupFacts?.[number] ?? []);
  invariant(facts.length === numbers.length, `${key} tells the facts of its row groups`);
  return { source, index, rowGroups: numbers, facts };
}

function usersOf({ file }: SliceSource, index: DayFileIndex) {
  return decodeDayFileUsers(index, file.rowGroups, file.parts, { key: file.key });
}
