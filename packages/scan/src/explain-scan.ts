import type { Pin } from "@shale/catalog";
import type { Env } from "@shale/env";
import { planDayFileRead } from "@shale/format";
import type { Day, ShardId } from "@shale/model";
import type { Unwanted } from "./day-files/rows-wanted.ts";
import { hasNoEventOf, whyUnwanted } from "./day-files/rows-wanted.ts";
import { settledFilesOf } from "./day-files/settled-days.ts";
import type { ScanInput } from "./open-inputs.ts";
import { openInputs } from "./open-inputs.ts";
import type { DayPlan } from "./plan-days.ts";
import { planDays } from "./plan-days.ts";
import { isFile, mayHide, needsPlaces } from "./read-day.ts";
import { deletionsOf } from "./rows/deletions.ts";
import type { ScanOptions } from "./scan-options.ts";
import { createScanStats } from "./scan-options.ts";

/** Why files are not read: no day of the range, not a shard that is asked, or see `Unwanted`. */
export type PruneReason = "day" | "shard" | Unwanted;

/** What a scan would read, from what manifests, headers and footers say. */
export interface ScanPlan {
  readonly days: readonly PlannedDay[];
  /** Tail objects of which rows are read: each has rows of many shards and days. */
  readonly tailObjects: number;
  readonly tailRows: number;
  /** Rows of this process that are in no object yet. */
  readonly memoryRows: number;
  readonly pruned: Readonly<Record<PruneReason, number>>;
}
/** One shard's UTC day and its day files. */
export interface PlannedDay {
  readonly shard: ShardId;
  readonly day: Day;
  readonly files: number;
  readonly rows: number;
  /** Of the columns that are read, or of the footers. */
  readonly bytes: number;
  readonly from: "rows" | "footers";
}

/** Plans a scan and does not do it. @throws as `scanShards` */
export async function explainScan(
  env: Env,
  pin: Pin,
  given: Omit<ScanOptions, "stats">,
): Promise<ScanPlan> {
  const stats = createScanStats();
  const options = { ...given, stats };
  const inputs = await openInputs(env, pin, options);
  const plans = planDays(pin, inputs, options);
  const pruned = { day: 0, shard: 0, events: 0, footerEvents: 0, values: 0 };
  const days: PlannedDay[] = [];
  const tail = new Map<ScanInput, number>();
  let memoryRows = 0;
  for (const plan of plans) {
    const files = plan.parts.filter(({ input }) => input.file !== undefined).length;
    for (const { input, part } of plan.parts) {
      const rows = (input.parts.starts[part + 1] ?? 0) - (input.parts.starts[part] ?? 0);
      if (input.n !== undefined) tail.set(input, (tail.get(input) ?? 0) + rows);
      else if (input.file === undefined) memoryRows += rows;
    }
    if (files === 0) continue;
    const planned = await planDay(pin, plan, options);
    if (typeof planned === "string") pruned[planned] += files;
    else days.push({ ...planned, shard: plan.shard, day: plan.day, files });
  }
  const isWhole = given.shards === undefined;
  const ranged = isWhole ? inputs : await openInputs(env, pin, { ...given, shards: undefined });
  const fileCount = inputs.filter(({ file }) => file !== undefined).length;
  const filesInRange = ranged.filter(({ file }) => file !== undefined).length;
  const tailOpen = inputs.filter(({ n }) => n !== undefined).length;
  pruned.shard = filesInRange - fileCount + (tailOpen - tail.size);
  pruned.day = stats.filesPlanned - filesInRange - tailOpen;
  const tailRows = [...tail.values()].reduce((sum, rows) => sum + rows, 0);
  return { days, tailObjects: tail.size, tailRows, memoryRows, pruned };
}

async function planDay(
  pin: Pin,
  plan: DayPlan,
  options: ScanOptions,
): Promise<Pick<PlannedDay, "rows" | "bytes" | "from"> | Unwanted> {
  if (options.wanted !== undefined && hasNoEventOf(plan, options.wanted)) return "events";
  const files = plan.parts.flatMap(({ input }) => input.file ?? []);
  const rows = files.reduce((sum, { entry }) => sum + entry.rows, 0);
  const deletions = deletionsOf(pin.catalog);
  const isHiding = mayHide(plan, deletions);
  if (options.takeFooter !== undefined && !isHiding && settledFilesOf(plan) !== undefined) {
    const bytes = files.reduce((sum, { entry }) => sum + entry.footerBytes, 0);
    return { rows, bytes, from: "footers" };
  }
  const why = options.wanted && (await whyUnwanted(plan, options.wanted));
  if (why !== undefined) return why;
  const mustOrder = options.order === "user" && !(plan.parts.length === 1 && isFile(plan));
  const wantsEvents = options.detail === "events" || mustOrder;
  const need = {
    places: wantsEvents || needsPlaces(plan, isHiding ? deletions : undefined),
    properties: wantsEvents ? ("all" as const) : options.columns,
  };
  let bytes = 0;
  for (const { entry, loadIndex } of files) {
    const ranges = planDayFileRead(await loadIndex(), { ...need, rowGroups: undefined });
    bytes += entry.footerBytes + ranges.reduce((sum, { length }) => sum + length, 0);
  }
  return { rows, bytes, from: "rows" };
}
