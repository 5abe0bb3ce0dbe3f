import type { CatalogVector, DayFileEntry, ManifestCopy } from "@shale/format";
import type { Day } from "@shale/model";
import { SHARDS_PER_GROUP } from "@shale/model";
import { covers, mayHoldRows } from "./vectors.ts";

/** A day of one shard of the old spec, as a manifest of it lists it. */
export interface SourceDay {
  readonly shard: number;
  readonly day: Day;
  readonly files: readonly DayFileEntry[];
  /** What is to be copied: the group's watermarks, capped by the cut once that is taken. */
  readonly upTo: CatalogVector;
}

/** The part of a source day that belongs to one group of the new spec (protocol S2). */
export interface CopyUnit extends SourceDay {
  /** Group of the new spec. */
  readonly group: number;
  /** What has been copied of it before; null: nothing. */
  readonly after: CatalogVector | null;
  /** Files that may have a row to copy. */
  readonly needed: readonly DayFileEntry[];
  readonly isDone: boolean;
}

export interface SpecPair {
  /** Shards of the old spec and of the new one. */
  readonly from: number;
  readonly to: number;
}

/**
 * Numbers of the groups of the new spec that have a shard with users of the source shard. A user of
 * shard s is in shard t of the other spec only if t and s leave the same rest by the greatest
 * common divisor of the two numbers of shards.
 */
export function groupsFedBy(shard: number, { from, to }: SpecPair): readonly number[] {
  const divisor = greatestDivisor(from, to);
  const groups: number[] = [];
  for (let first = 0; first < to; first += SHARDS_PER_GROUP) {
    const last = Math.min(to, first + SHARDS_PER_GROUP) - 1;
    const least = first + ((((shard - first) % divisor) + divisor) % divisor);
    if (least <= last) groups.push(first / SHARDS_PER_GROUP);
  }
  return groups;
}

export function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * The units of the source days, by group of the new spec, then by day and shard. A day without a
 * row at or below its vector is none.
 *
 * @param copied What the manifest of each group of the new spec says.
 */
export function planUnits(
  days: readonly SourceDay[],
  pair: SpecPair,
  copied: (group: number) => readonly ManifestCopy[],
): readonly CopyUnit[] {
  const vectors = new Map<number, ReadonlyMap<string, CatalogVector>>();
  function vectorsOf(group: number): ReadonlyMap<string, CatalogVector> {
    const known = vectors.get(group);
    if (known !== undefined) return known;
    const fresh = new Map(copied(group).map((copy) => [nameOf(copy), copy.vector] as const));
    vectors.set(group, fresh);
    return fresh;
  }
  const units = days
    .filter(({ files, upTo }) => files.some((file) => mayHoldRows(file, null, upTo)))
    .flatMap((source) =>
      groupsFedBy(source.shard, pair).map((group): CopyUnit => {
        const after = vectorsOf(group).get(nameOf(source)) ?? null;
        // A writer may have moved to infinity since: what counts is whether a row is left.
        const isLeft = source.files.some((file) => mayHoldRows(file, after, source.upTo));
        const isDone = after !== null && (!isLeft || covers(after, source.upTo));
        const needed = isDone
          ? []
          : source.files.filter((file) => mayHoldRows(file, after, source.upTo));
        return { ...source, group, after, needed, isDone };
      }),
    );
  return units.sort((a, b) => a.group - b.group || a.day - b.day || a.shard - b.shard);
}

function nameOf({ shard, day }: Pick<SourceDay, "shard" | "day">): string {
  return `${shard}/${day}`;
}

/** Units that one job copies: of one group, whole days where they fit. */
export interface CopyJob {
  readonly group: number;
  readonly units: readonly CopyUnit[];
  /** Of the source files. */
  readonly bytes: number;
}

export interface CopyJobLimits {
  /** Source bytes; a unit that is larger stands alone. */
  readonly bytesMax: number;
  readonly unitCountMax: number;
}
/** What a crash can undo, and how often a vector is written. */
export const copyJobDefaults: CopyJobLimits = { bytesMax: 33_554_432, unitCountMax: 1_024 };

/** What is left to be done, as jobs. Units of a day stay together: they go into one file a shard. */
export function planCopyJobs(
  units: readonly CopyUnit[],
  limits: CopyJobLimits = copyJobDefaults,
): readonly CopyJob[] {
  const jobs: { group: number; units: CopyUnit[]; bytes: number }[] = [];
  for (const unit of units) {
    if (unit.isDone) continue;
    const bytes = bytesOf(unit);
    const last = jobs.at(-1);
    const isFull =
      last === undefined ||
      last.group !== unit.group ||
      last.units.length >= limits.unitCountMax ||
      last.bytes + bytes > limits.bytesMax;
    if (isFull) jobs.push({ group: unit.group, units: [unit], bytes });
    else {
      last.units.push(unit);
      last.bytes += bytes;
    }
  }
  return jobs;
}

export function bytesOf({ needed }: Pick<CopyUnit, "needed">): number {
  return needed.reduce((sum, { bytes }) => sum + bytes, 0);
}
