export type { Pin } from "@shale/catalog";
export type { TailCache, TailCacheOptions } from "./cache/tail-cache.ts";
export { createTailCache } from "./cache/tail-cache.ts";
export type { RowCounts } from "./count-rows.ts";
export { countRows } from "./count-rows.ts";
export type { FileReading, FileRef } from "./day-files/read-day-file.ts";
export { keyOfFile, readDayFileIndex, readDayFileRows } from "./day-files/read-day-file.ts";
export type { PlannedDay, PruneReason, ScanPlan } from "./explain-scan.ts";
export { explainScan } from "./explain-scan.ts";
export { missingKeyOf, pinBroken, runWithPin } from "./pin-broken.ts";
export { compareBytes } from "./rows/compare-bytes.ts";
export { compareRows } from "./rows/order-rows.ts";
export type { RowOutline, RowPartition } from "./rows/partition-rows.ts";
export { partitionRows } from "./rows/partition-rows.ts";
export type { StoredBatchOptions } from "./rows/stored-batch-of-scan.ts";
export { storedBatchOfScan } from "./rows/stored-batch-of-scan.ts";
export type { ScanBatch, ScanProperty, TextCodes, TextProperty } from "./scan-batch.ts";
export type {
  FooterDay,
  FooterFile,
  RowsWanted,
  ScanOptions,
  ScanStats,
  ValueWanted,
} from "./scan-options.ts";
export { createScanStats } from "./scan-options.ts";
export { scanShards } from "./scan-shards.ts";
export type { ShardDay, ShardDayReading, TailPart } from "./shard-days.ts";
export { countDays, listShardDays } from "./shard-days.ts";
