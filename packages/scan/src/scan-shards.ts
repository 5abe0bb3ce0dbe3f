import type { Pin } from "@shale/catalog";
import type { Env } from "@shale/env";
import { footerDayOf } from "./day-files/settled-days.ts";
import { openInputs } from "./open-inputs.ts";
import type { DayPlan } from "./plan-days.ts";
import { planDays } from "./plan-days.ts";
import { beginDay } from "./read-day.ts";
import { deletionsOf } from "./rows/deletions.ts";
import type { ScanBatch } from "./scan-batch.ts";
import type { FooterFile, ScanOptions } from "./scan-options.ts";

/**
 * The rows of a pin, one shard's UTC day at a time, whole days, deduplicated by R3. The one place
 * where rows of the tail and of memory come together.
 *
 * @throws {ShaleError} PIN_UNSTABLE when an object of the pin has gone (see `runWithPin`);
 *   OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE; the signal's reason
 */
export async function* scanShards(
  env: Env,
  pin: Pin,
  options: ScanOptions,
): AsyncGenerator<ScanBatch> {
  const { stats, signal } = options;
  const inputs = await openInputs(env, pin, options);
  const plans = planDays(pin, inputs, options);
  if (stats !== undefined) stats.rowsPlanned += rowsOf(plans);
  const dictionaries = options.cache.dictionariesOf(pin.catalog.project, pin.spec.shards);
  const deletions = deletionsOf(pin.catalog);
  const begin = (plan: DayPlan) => beginDay(pin, plan, { dictionaries, deletions, options });
  for await (const { plan, read } of inAdvance(plans, begin)) {
    signal?.throwIfAborted();
    if (read.kind === "footers") {
      takeFooters(plan, read.files, options);
      continue;
    }
    if (read.kind === "nothing") {
      if (stats !== undefined) {
        stats.filesPruned += read.files;
        stats.rowsPlanned -= rowsOf([plan]);
      }
      continue;
    }
    const batch = read.batch();
    if (stats !== undefined) stats.rowsScanned += batch.rowsRead;
    if (batch.rowCount > 0) yield batch;
  }
}

/** Shard-days that are read while an earlier one is worked on: enough to hide the store's latency. */
const DAYS_IN_ADVANCE = 16;
/** Rows beyond which no further day is begun, so that memory is bounded. */
const ROWS_IN_ADVANCE = 262_144;

/** What `begin` gives for each plan, in order; reading runs ahead of the consumer. */
async function* inAdvance<Read>(
  plans: readonly DayPlan[],
  begin: (plan: DayPlan) => Promise<Read>,
): AsyncGenerator<{ readonly plan: DayPlan; readonly read: Read }> {
  const begun: { plan: DayPlan; rows: number; reading: Promise<Read> }[] = [];
  let next = 0;
  let rows = 0;
  try {
    while (next < plans.length || begun.length > 0) {
      while (begun.length < DAYS_IN_ADVANCE && (begun.length === 0 || rows < ROWS_IN_ADVANCE)) {
        const plan = plans[next++];
        if (plan === undefined) break;
        const one = { plan, rows: rowsOf([plan]), reading: begin(plan) };
        // A failure is met when its turn comes; until then it is no unhandled one.
        one.reading.catch(() => undefined);
        rows += one.rows;
        begun.push(one);
      }
      const first = begun[0];
      if (first === undefined) return;
      const read = await first.reading;
      begun.shift();
      rows -= first.rows;
      yield { plan: first.plan, read };
    }
  } finally {
    await Promise.allSettled(begun.map(({ reading }) => reading)); // No read outlives the scan.
  }
}

function takeFooters(
  plan: DayPlan,
  files: readonly FooterFile[],
  { stats, takeFooter }: ScanOptions,
): void {
  if (stats !== undefined) {
    stats.filesFromFooter += files.length;
    stats.rowsPlanned -= rowsOf([plan]);
  }
  takeFooter?.(footerDayOf(plan, files));
}

function rowsOf(plans: readonly DayPlan[]): number {
  let sum = 0;
  for (const { parts } of plans) {
    for (const { input, part } of parts) {
      sum += (input.parts.starts[part + 1] ?? 0) - (input.parts.starts[part] ?? 0);
    }
  }
  return sum;
}
