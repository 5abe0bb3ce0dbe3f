import type { ShardId } from "@shale/model";
import { dayText } from "@shale/model";
import type { ShardDay } from "@shale/scan";
import type { UnitDifference } from "./comparison.ts";
import {
  addProofs,
  canonicalText,
  eventOfText,
  plainRowOf,
  proofOf,
} from "./independent/canonical-row.ts";
import { readForeignShardDay } from "./independent/foreign-rows.ts";
import type { RowReading } from "./own-rows.ts";
import { homesOf, readOwnRows } from "./own-rows.ts";

export interface DifferenceSearch {
  readonly source: RowReading;
  readonly target: RowReading;
  /** The shard-days of one day. */
  readonly sourceDays: readonly ShardDay[];
  readonly targetDays: readonly ShardDay[];
  /** The target is read by the second reader. */
  readonly full: boolean;
  /** The source has rows on wrong shards: those of a target shard may be in any of its shards. */
  readonly isSourceMixed: boolean;
  /** Events to list at most. */
  readonly eventsMax: number;
}

export interface FoundDifferences {
  readonly differences: readonly UnitDifference[];
  /** There were more events than may be listed. */
  readonly isCut: boolean;
}

interface VisitedRow {
  readonly generation: number;
  /** Of the target. */
  readonly shard: number;
  readonly text: string;
}
type Visit = (row: VisitedRow) => void;

/**
 * The events in which a day differs, of all generations: one that a manifest counts for another is
 * missing in the first and extra in the second. Which shards of the target differ is found by sums;
 * then it holds the rows of one of them at a time, and reads of the source only the shards that
 * share users with it: t and s do where t ≡ s modulo gcd(N, M).
 */
export async function findDifferences(search: DifferenceSearch): Promise<FoundDifferences> {
  const [first] = [...search.sourceDays, ...search.targetDays];
  if (first === undefined) return { differences: [], isCut: false };
  if (search.eventsMax === 0) return { differences: [], isCut: true };
  const day = dayText(first.day);
  const differences: UnitDifference[] = [];
  let left = search.eventsMax;
  let isCut = false;
  for (const shard of await shardsThatDiffer(search)) {
    if (left === 0) {
      isCut = true;
      break;
    }
    const found = await differencesIn(search, shard);
    for (const [generation, { missing, extra }] of found) {
      const shown = missing.slice(0, left);
      const shownExtra = extra.slice(0, left - shown.length);
      left -= shown.length + shownExtra.length;
      isCut ||= shown.length < missing.length || shownExtra.length < extra.length;
      const events = { missing: shown.map(eventOfText), extra: shownExtra.map(eventOfText) };
      if (shown.length + shownExtra.length > 0) {
        differences.push({ day, generation, shard, ...events });
      }
    }
  }
  differences.sort((a, b) => a.generation - b.generation || a.shard - b.shard);
  return { differences, isCut };
}

/** Shards of the target, ascending. */
async function shardsThatDiffer(search: DifferenceSearch): Promise<readonly number[]> {
  const sums = new Map<string, { readonly shard: number; sum: bigint }>();
  const add = ({ generation, shard, text }: VisitedRow, sign: 1n | -1n): void => {
    const key = `${generation} ${shard}`;
    const before = sums.get(key)?.sum ?? 0n;
    sums.set(key, { shard, sum: addProofs(before, sign * proofOf(text)) });
  };
  await visitSource(search, search.sourceDays, (row) => add(row, 1n));
  await visitTarget(search, search.targetDays, (row) => add(row, -1n));
  const shards = [...sums.values()].flatMap(({ shard, sum }) => (sum === 0n ? [] : [shard]));
  return [...new Set(shards)].sort((one, other) => one - other);
}

interface TextsApart {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/** By generation, ascending; those without a difference left out. */
async function differencesIn(
  search: DifferenceSearch,
  shard: number,
): Promise<readonly (readonly [number, TextsApart])[]> {
  const counts = new Map<number, Map<string, number>>();
  const count = ({ generation, text, shard: own }: VisitedRow, step: number): void => {
    if (own !== shard) return;
    const texts = counts.get(generation) ?? new Map<string, number>();
    counts.set(generation, texts);
    const sum = (texts.get(text) ?? 0) + step;
    if (sum === 0) texts.delete(text);
    else texts.set(text, sum);
  };
  const { source, target, isSourceMixed } = search;
  const step = greatestDivisor(source.pin.spec.shards, target.pin.spec.shards);
  const sharing = search.sourceDays.filter(
    (one) => isSourceMixed || (one.shard - shard) % step === 0,
  );
  const own = search.targetDays.filter((one) => one.shard === shard);
  await visitSource(search, sharing, (row) => count(row, 1), shard);
  await visitTarget(search, own, (row) => count(row, -1));
  return [...counts]
    .filter(([, texts]) => texts.size > 0)
    .sort(([one], [other]) => one - other)
    .map(([generation, texts]) => [generation, textsApart(texts)]);
}

function textsApart(texts: ReadonlyMap<string, number>): TextsApart {
  const repeated = (sign: 1 | -1): string[] =>
    [...texts]
      .filter(([, count]) => count * sign > 0)
      .flatMap(([text, count]) => Array.from({ length: Math.abs(count) }, () => text))
      .sort();
  return { missing: repeated(1), extra: repeated(-1) };
}

export function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}

/** @param only A shard of the target: the rows of its users alone. */
async function visitSource(
  { source, target }: DifferenceSearch,
  shardDays: readonly ShardDay[],
  visit: Visit,
  only?: number,
): Promise<void> {
  for await (const { batch } of ownRowsOf(source, shardDays)) {
    const homes = homesOf(batch, target.pin.spec.shards);
    for (let row = 0; row < batch.rowCount; row++) {
      const generation = batch.generations[row] ?? 0;
      const shard = homes[batch.userCodes[row] ?? 0] ?? 0;
      if (only !== undefined && shard !== only) continue;
      visit({ generation, shard, text: canonicalText(plainRowOf(batch, row)) });
    }
  }
}

/** Rows as they are found: one on a wrong shard is too much there, and missing where it belongs. */
async function visitTarget(
  { target, full }: DifferenceSearch,
  shardDays: readonly ShardDay[],
  visit: Visit,
): Promise<void> {
  if (full) {
    for (const shardDay of shardDays) {
      await readForeignShardDay(target, shardDay, {
        keep: (text) => text,
        add({ generation }, text) {
          visit({ generation, shard: shardDay.shard, text });
        },
      });
    }
    return;
  }
  for await (const { batch, shard } of ownRowsOf(target, shardDays)) {
    for (let row = 0; row < batch.rowCount; row++) {
      const generation = batch.generations[row] ?? 0;
      visit({ generation, shard, text: canonicalText(plainRowOf(batch, row)) });
    }
  }
}

async function* ownRowsOf(reading: RowReading, shardDays: readonly ShardDay[]) {
  const [first] = shardDays;
  if (first === undefined) return;
  const shards: ShardId[] = shardDays.map(({ shard }) => shard);
  yield* readOwnRows(reading, first.day, shards);
}
