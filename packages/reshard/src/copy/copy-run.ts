import type { CompactionRun, GroupRun } from "@shale/compaction";
import type { CatalogDocument, CatalogOperation } from "@shale/format";
import { invariant } from "@shale/model";
import type { ReshardTasks } from "../task/reshard-tasks.ts";
import type { SpecPair } from "./plan-units.ts";

/** What every copy of one backfill is given. */
export interface CopyRun {
  readonly jobs: CompactionRun;
  readonly tasks: ReshardTasks;
  /** Names the operation whose rows are copied. */
  readonly operation: string;
  readonly pair: SpecPair;
  /** Groups of the old spec, … */
  readonly sources: readonly GroupRun[];
  /** … and of the new one, by number. */
  readonly targets: readonly GroupRun[];
  /** Of source files, what one task decodes at a time, about: a row group at least. */
  readonly bytesMax: number;
  /** Rows of a row group that is copied without being decoded, on the average. */
  readonly sliceRowsMin: number;
}

/** Why a copy may not go on; undefined when it may. */
export type CopyHalt = "over" | "paused" | "pending";

/** What the catalog says of going on with copies of the operation. */
export function haltOf(
  { operation, cutPending }: Pick<CatalogDocument, "operation" | "cutPending">,
  id: string,
): CopyHalt | undefined {
  if (operation?.id !== id || operation.state === "aborting") return "over";
  if (cutPending !== null || operation.state === "teeing") return "pending";
  return operation.paused ? "paused" : undefined;
}

export function operationIn({ operation }: CatalogDocument): CatalogOperation {
  invariant(operation !== null, "an operation is under way");
  return operation;
}
