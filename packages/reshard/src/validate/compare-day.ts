import type { PinPair } from "@shale/catalog";
import { digestText } from "@shale/columns";
import type { Day } from "@shale/model";
import { dayText } from "@shale/model";
import type { ShardDay } from "@shale/scan";
import type { ComparedUnit, DayComparison, UnitFacts } from "./comparison.ts";
import { findDifferences } from "./find-differences.ts";
import { addFooters, canFootersAnswer } from "./footer-sums.ts";
import { proofOf } from "./independent/canonical-row.ts";
import { readForeignShardDay } from "./independent/foreign-rows.ts";
import type { RowReading } from "./own-rows.ts";
import { countMisplaced, readOwnRows } from "./own-rows.ts";
import type { UnitSum, UnitSums } from "./unit-sums.ts";
import { addRows, addUnit, noRows } from "./unit-sums.ts";

export interface DayReading {
  readonly pair: PinPair;
  readonly source: RowReading;
  readonly target: RowReading;
  readonly full: boolean;
  /** Events to list at most. */
  readonly eventsMax: number;
}

/** One spec's side of a day. */
interface SideSums {
  readonly sums: UnitSums;
  /** As the second reader sees the rows; undefined where it did not read. */
  readonly second: UnitSums | undefined;
  readonly misplaced: number;
  readonly rowsRead: number;
  readonly fromFooters: number;
}

/** Compares one UTC day, and looks for the events where it differs or has rows on wrong shards. */
export async function compareDay(
  reading: DayReading,
  day: Day,
  sourceDays: readonly ShardDay[],
  targetDays: readonly ShardDay[],
): Promise<{ readonly comparison: DayComparison; readonly isCut: boolean }> {
  const { source, target, full, eventsMax } = reading;
  const old = await sumSide(source, sourceDays, { full, isTarget: false });
  const fresh = await sumSide(target, targetDays, { full, isTarget: true });
  const generations = new Set([...old.sums.keys(), ...fresh.sums.keys()]);
  for (const generation of fresh.second?.keys() ?? []) generations.add(generation);
  const units = [...generations]
    .sort((one, other) => one - other)
    .map((generation) => unitOf(day, generation, old, fresh));
  const isRight = units.every(({ equal }) => equal) && fresh.misplaced === 0;
  const { differences, isCut } = isRight
    ? { differences: [], isCut: false }
    : await findDifferences({
        ...{ source, target, sourceDays, targetDays, full, eventsMax },
        isSourceMixed: old.misplaced > 0,
      });
  const comparison = {
    misplaced: old.misplaced + fresh.misplaced,
    units,
    differences,
    rowsRead: old.rowsRead + fresh.rowsRead,
    shardDaysFromFooters: old.fromFooters + fresh.fromFooters,
  };
  return { comparison, isCut };
}

function unitOf(day: Day, generation: number, old: SideSums, fresh: SideSums): ComparedUnit {
  const [one, other] = [old, fresh].map(({ sums }) => sums.get(generation) ?? noRows);
  const second = fresh.second?.get(generation) ?? noRows;
  const [was, is] = [factsOf(one), factsOf(other)];
  const isSame = was.events === is.events && was.users === is.users && was.digest === is.digest;
  const isProved =
    fresh.second === undefined ||
    (was.events === second.events && was.users === second.users && one?.proof === second.proof);
  return { day: dayText(day), generation, equal: isSame && isProved, old: was, new: is };
}

function factsOf({ events, users, digest }: UnitSum = noRows): UnitFacts {
  return { events, users, digest: digestText(digest) };
}

interface SideOptions {
  readonly full: boolean;
  readonly isTarget: boolean;
}

async function sumSide(
  reading: RowReading,
  shardDays: readonly ShardDay[],
  { full, isTarget }: SideOptions,
): Promise<SideSums> {
  const { tombstones } = reading.pin.catalog;
  const newest = tombstones.at(-1)?.number ?? 0;
  const answered = new Set(full ? [] : shardDays.filter((one) => canFootersAnswer(one, newest)));
  const sums: UnitSums = new Map();
  for (const shardDay of answered) addFooters(sums, shardDay);
  const read = shardDays.filter((one) => !answered.has(one));
  const own = await sumOwnRows(reading, read, sums, { proves: full && !isTarget });
  const fromFooters = answered.size;
  if (!full || !isTarget) return { sums, second: undefined, ...own, fromFooters };
  const second: UnitSums = new Map();
  const foreign = await sumForeignRows(reading, shardDays, second);
  return {
    sums,
    second,
    // Both readers see a row on a wrong shard, if neither hash is wrong.
    misplaced: Math.max(own.misplaced, foreign.misplaced),
    rowsRead: own.rowsRead + foreign.rowsRead,
    fromFooters,
  };
}

type ReadCounts = Pick<SideSums, "misplaced" | "rowsRead">;

async function sumOwnRows(
  reading: RowReading,
  shardDays: readonly ShardDay[],
  sums: UnitSums,
  options: { readonly proves: boolean },
): Promise<ReadCounts> {
  let [misplaced, rowsRead] = [0, 0];
  const [first] = shardDays;
  if (first === undefined) return { misplaced, rowsRead };
  const shards = shardDays.map(({ shard }) => shard);
  for await (const rows of readOwnRows(reading, first.day, shards)) {
    addRows(sums, rows.batch, options);
    misplaced += countMisplaced(rows, reading.pin.spec.shards, options);
    rowsRead += rows.rowsRead;
  }
  return { misplaced, rowsRead };
}

async function sumForeignRows(
  reading: RowReading,
  shardDays: readonly ShardDay[],
  sums: UnitSums,
): Promise<ReadCounts> {
  let [misplaced, rowsRead] = [0, 0];
  for (const shardDay of shardDays) {
    const users = new Map<number, Set<string>>();
    const counts = await readForeignShardDay(reading, shardDay, {
      keep: proofOf,
      add({ generation, user }, proof) {
        addUnit(sums, generation, { events: 1, proof });
        const known = users.get(generation) ?? new Set();
        if (user !== "") known.add(user);
        users.set(generation, known);
      },
    });
    for (const [generation, { size }] of users) addUnit(sums, generation, { users: size });
    misplaced += counts.misplaced;
    rowsRead += counts.rowsRead;
  }
  return { misplaced, rowsRead };
}
