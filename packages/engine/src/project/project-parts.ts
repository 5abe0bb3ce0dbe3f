import type { PinMemo } from "@shale/catalog";
import type { UserHasher } from "@shale/columns";
import type { CompactionMemo } from "@shale/compaction";
import type { Env } from "@shale/env";
import type { Writer } from "@shale/ingest";
import type { ProjectId } from "@shale/model";
import type { ShardExecutor } from "@shale/query";
import type { TailCache } from "@shale/scan";
import type { HeldPin } from "./hold-work-pin.ts";

/** What the verbs of one project share in this process. */
export interface ProjectParts {
  readonly env: Env;
  readonly project: ProjectId;
  readonly hasher: UserHasher;
  readonly cache: TailCache;
  /** Threads that answer queries; none: this one does. */
  readonly executors: readonly ShardExecutor[];
  readonly fanOutRowsMin: number | undefined;
  /** The folder of the store; undefined where it is none. */
  readonly root: string | undefined;
  /** Threads that SQL may use. */
  readonly threads: number;
  /** What earlier pins learned of the tail, so that a query lists only what is new. */
  readonly pins: { memo: PinMemo };
  /** Pins of long work of this process: they are released when the project is closed. */
  readonly heldPins: Set<HeldPin>;
  readonly memoryBytesMax: number;
  readonly readOnly: boolean;
  /** What earlier compactions of this process learned. */
  readonly compactionMemo: CompactionMemo;
  /** True when the workers of `env` know the tasks of compaction. */
  readonly onWorkers: boolean;
  /** The writer of this process if it has appended, else undefined. */
  readonly currentWriter: () => Writer | undefined;
  /** Registers a writer at the first call. @throws {ShaleError} STORE_READ_ONLY */
  readonly openWriter: () => Promise<Writer>;
}
