import type { DayFileEntry } from "@shale/format";
import type { Day, ShardId, WriterOrdinal } from "@shale/model";

export interface EntryShape {
  readonly claim: number;
  readonly number: number;
  readonly shard: number;
  readonly day: number;
  readonly rows: number;
  readonly bytes: number;
  readonly places: readonly [first: number, last: number];
  readonly distinct: boolean;
  readonly tombstone: number;
  readonly generations: readonly number[];
  readonly minSeq: number;
}

/** An entry whose file is nowhere, for planners. */
export function entryOf(shape: Partial<EntryShape>): DayFileEntry {
  const { claim = 0, number = 0, shard = 0, day = 100, rows = 1, bytes = rows * 20 } = shape;
  const { places = [0, 1_000], distinct = true, tombstone = 0, minSeq = 1 } = shape;
  const { generations = [0] } = shape;
  return {
    id: `${claim.toString(16).padStart(32, "0")}-${number}`,
    shard: shard as ShardId,
    day: day as Day,
    bytes,
    crc: "00000000",
    token: "t",
    footerBytes: 100,
    footerCrc: "00000000",
    rows,
    clientRows: 0,
    users: 1,
    minTimeMs: day * 86_400_000,
    maxTimeMs: day * 86_400_000,
    firstPlace: placeOf(places[0]),
    lastPlace: placeOf(places[1]),
    distinct,
    tombstone,
    generations: generations.map((generation) => ({
      generation,
      rows,
      digest: "0".repeat(32),
    })),
    seqs: [{ writer: 1 as WriterOrdinal, min: minSeq, max: minSeq + rows - 1 }],
  };
}

export function placeOf(place: number): string {
  return place.toString(16).padStart(16, "0");
}
