import { createHash } from "node:crypto";
import type { PinPair } from "@shale/catalog";
import type { Day } from "@shale/model";
import type { ShardDay } from "@shale/scan";
import type { DayComparison } from "./comparison.ts";

/** What a day gave, and what it was made of then; plain JSON. */
export interface JournaledDay {
  /** 64 hex digits: as long as it is the same, the day's rows are. */
  readonly fingerprint: string;
  readonly comparison: DayComparison;
}

/** Remembers compared days, so that a comparison goes on where one before was ended. */
export interface ComparisonJournal {
  load(day: Day): Promise<JournaledDay | undefined>;
  save(day: Day, journaled: JournaledDay): Promise<void>;
}

/** One that lasts as long as the process. */
export function createComparisonJournal(): ComparisonJournal {
  const days = new Map<Day, JournaledDay>();
  return {
    load: async (day) => days.get(day),
    save: async (day, journaled) => {
      days.set(day, journaled);
    },
  };
}

export interface DayMakeup {
  readonly pair: PinPair;
  readonly full: boolean;
  readonly source: readonly ShardDay[];
  readonly target: readonly ShardDay[];
}

/**
 * Names everything that the comparison of a day follows from: both specs' files by id and checksum,
 * the tail objects that have rows of it, the cuts, and the tombstones. The first kept day is not
 * among it: a day is hidden as a whole, and then not compared.
 */
export function fingerprintOf({ pair, full, source, target }: DayMakeup): string {
  const { catalog, first, second } = pair;
  const content = [
    1, // Version of what follows.
    full,
    [first, second].map(({ spec }) => [spec.spec, spec.shards]),
    catalog.cuts,
    catalog.tombstones.map(({ number, userHash, seq }) => [number, userHash, seq]),
    [source, target].map((shardDays) => shardDays.map(partsOf).sort()),
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

function partsOf({ shard, files, tail }: ShardDay): string {
  const parts = [
    ...files.map(({ id, crc }) => `${id} ${crc}`),
    ...tail.map(({ writer, n }) => `${writer}/${n}`),
  ];
  return `${shard}: ${parts.sort().join()}`;
}
