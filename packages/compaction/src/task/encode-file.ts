import type { StoredBatch } from "@shale/columns";
import { digestsByGeneration } from "@shale/columns";
import type { DayFileCompression, DayFileGeneration } from "@shale/format";
import { encodeDayFile } from "@shale/format";
import type { Day, ShardId } from "@shale/model";
import type { EncodedFile, TaskPlace } from "./task-place.ts";

export interface FileFacts {
  readonly place: TaskPlace;
  readonly shard: ShardId;
  readonly day: Day;
  readonly tombstone: number;
  readonly distinct: boolean;
  readonly compression: DayFileCompression;
  /** Of the rows, where they are known without digesting them; reading back checks them (C3). */
  readonly generations?: readonly DayFileGeneration[] | undefined;
}

/** @param batch A row at least, in the order of `gatherSorted`. */
export function encodeFile(batch: StoredBatch, facts: FileFacts): EncodedFile {
  const { place, shard, day, tombstone, distinct, compression } = facts;
  const generations = facts.generations ?? digestsByGeneration(batch);
  const content = { ...place, shard, day, tombstone, distinct, generations, batch };
  const { bytes, footer, footerBytes } = encodeDayFile(content, { compression });
  return { shard, day, bytes, footer, footerBytes };
}
