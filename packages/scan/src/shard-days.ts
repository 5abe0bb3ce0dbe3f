import type { Pin } from "@shale/catalog";
import type { CallOptions, Env } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import type { Day, ShardId, WriterOrdinal } from "@shale/model";
import { DAY_MS, dayStartMs } from "@shale/model";
import type { TailCache } from "./cache/tail-cache.ts";
import { withoutFiles } from "./count-rows.ts";
import { loadFiles } from "./day-files/file-inputs.ts";
import { hiddenBeforeMs, openInputs } from "./open-inputs.ts";
import { planDays } from "./plan-days.ts";

/** What a pin has of one shard's UTC day, duplicates and hidden rows included. */
export interface ShardDay {
  readonly shard: ShardId;
  readonly day: Day;
  readonly files: readonly DayFileEntry[];
  /** Rows that are not in day files yet. */
  readonly tail: readonly TailPart[];
}

/** Rows of a shard-day in one tail object. */
export interface TailPart {
  readonly writer: WriterOrdinal;
  readonly n: number;
  readonly rows: number;
}

export interface ShardDayReading extends CallOptions {
  readonly cache: TailCache;
}

/**
 * The shard-days of one UTC day, by shard. Reads pages of manifests and the tail, no day file. Rows
 * in memory do not count.
 *
 * @throws {ShaleError} as `scanShards`
 */
export async function listShardDays(
  env: Env,
  pin: Pin,
  day: Day,
  { cache, signal }: ShardDayReading,
): Promise<readonly ShardDay[]> {
  const fromMs = dayStartMs(day);
  const options = rangeOf({ cache, signal }, fromMs, fromMs + DAY_MS);
  const inputs = await openInputs(env, { ...pin, memory: [] }, options);
  return planDays(pin, inputs, options).map(({ shard, parts }) => ({
    shard,
    day,
    files: parts.flatMap(({ input }) => input.file?.entry ?? []),
    tail: parts.flatMap(({ input: { writer, n, parts: outline }, part }) => {
      if (writer === undefined || n === undefined) return [];
      const rows = (outline.starts[part + 1] ?? 0) - (outline.starts[part] ?? 0);
      return [{ writer, n, rows }];
    }),
  }));
}

/**
 * Rows by UTC day, ascending, as they lie: duplicates and rows of deleted users included, expired
 * days left out. Reads what `listShardDays` reads, one group of shards after the other.
 *
 * @throws {ShaleError} as `scanShards`
 */
export async function countDays(
  env: Env,
  pin: Pin,
  { cache, signal }: ShardDayReading,
): Promise<ReadonlyMap<Day, number>> {
  const everything = rangeOf({ cache, signal }, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  const counts = new Map<Day, number>();
  const add = (day: Day, rows: number) => counts.set(day, (counts.get(day) ?? 0) + rows);
  for (const [group, state] of pin.groups) {
    const files = await loadFiles(env, { ...pin, groups: new Map([[group, state]]) }, everything);
    for (const { day, rows } of files) if (day * DAY_MS >= hiddenBeforeMs(pin)) add(day, rows);
  }
  const tail: Pin = { ...pin, groups: withoutFiles(pin), memory: [] };
  for (const { day, parts } of planDays(pin, await openInputs(env, tail, everything), everything)) {
    for (const { input, part } of parts) {
      add(day, (input.parts.starts[part + 1] ?? 0) - (input.parts.starts[part] ?? 0));
    }
  }
  return new Map([...counts].sort(([one], [other]) => one - other));
}

function rangeOf({ cache, signal }: ShardDayReading, fromMs: number, toMs: number) {
  return { cache, signal, fromMs, toMs, columns: [], order: "none" } as const;
}
