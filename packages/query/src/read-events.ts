import type { Env } from "@shale/env";
import type { StoredEvent } from "@shale/model";
import type { Pin, ScanBatch, TailCache } from "@shale/scan";
import { withCohorts } from "./cohort/load-cohorts.ts";
import { createDayOrder } from "./events/day-order.ts";
import { compileSelect, propertiesOf } from "./filter/row-select.ts";
import type { ParsedSelect } from "./parse/parsed-query.ts";
import type { OnProgress } from "./progress.ts";
import { createRowsReporter } from "./progress.ts";
import { createQueryGuard } from "./query-guard.ts";
import { createQueryRun } from "./query-run.ts";
import { MEMORY_BYTES_MAX } from "./run-query.ts";

export interface EventsOptions {
  readonly cache: TailCache;
  /** Half-open, epoch ms; all events when left out. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Any event when left out. Cohorts in it are those of now. */
  readonly select?: ParsedSelect | undefined;
  /** Whose days count in cohorts; default UTC. */
  readonly timezone?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Events given out between two looks at the caller's signal. */
const EVENTS_PER_BREATH = 256;

/**
 * The events of a pin: UTC days ascending, inside a day by (time, user_id, event, insert_id), texts
 * bytewise. Holds the rows of one day at a time. A caller that wants the first n stops after them.
 *
 * @throws {ShaleError} CANCELLED, and what a scan throws; PIN_UNSTABLE can come after events were
 *   given out
 */
export async function* readEvents(
  env: Env,
  pin: Pin,
  options: EventsOptions,
): AsyncGenerator<StoredEvent> {
  const { cache, onProgress, select } = options;
  const fromMs = options.fromMs ?? Number.NEGATIVE_INFINITY;
  const toMs = options.toMs ?? Number.POSITIVE_INFINITY;
  const guard = createQueryGuard(env, options);
  const run = createQueryRun(env, {
    pin,
    cache,
    guard,
    memoryBytesMax: MEMORY_BYTES_MAX,
    onRows: createRowsReporter(env, onProgress),
  });
  const columns = propertiesOf(select?.where);
  const scan = { fromMs, toMs, columns, order: "none", detail: "events", major: "day" } as const;
  let count = 0;
  try {
    const time = { asOfMs: env.clock.nowMs(), timezone: options.timezone ?? "UTC" };
    const { cohorts } = await withCohorts(run, select, time);
    const rows = createDayOrder(select && compileSelect(select, cohorts), { fromMs, toMs });
    for await (const batches of daysOf(run.scan(scan, "read"))) {
      for (const { batch, row } of rows.of(batches)) {
        yield batch.eventAt(row);
        if (++count % EVENTS_PER_BREATH === 0) await guard.breathe();
      }
    }
  } catch (error) {
    guard.signal.throwIfAborted();
    throw error;
  } finally {
    guard.close();
  }
}

/** The batches of one UTC day after the other. */
async function* daysOf(batches: AsyncIterable<ScanBatch>): AsyncGenerator<ScanBatch[]> {
  let day: ScanBatch[] = [];
  for await (const batch of batches) {
    if (day[0] !== undefined && day[0].day !== batch.day) {
      yield day;
      day = [];
    }
    day.push(batch);
  }
  if (day.length > 0) yield day;
}
