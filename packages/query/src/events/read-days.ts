import type { Env } from "@shale/env";
import type { Pin, ScanBatch, TailCache } from "@shale/scan";
import { withCohorts } from "../cohort/load-cohorts.ts";
import { compileSelect, propertiesOf } from "../filter/row-select.ts";
import type { ParsedSelect } from "../parse/parsed-query.ts";
import type { OnProgress } from "../progress.ts";
import { createRowsReporter } from "../progress.ts";
import { createQueryGuard } from "../query-guard.ts";
import { createQueryRun } from "../query-run.ts";
import { MEMORY_BYTES_MAX } from "../run-query.ts";
import type { DayRows } from "./day-order.ts";
import { createDayOrder } from "./day-order.ts";

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

/** The rows wanted of one UTC day, in order. */
export interface ReadDay {
  readonly day: DayRows;
  /** For work on the rows: throws when it is time to stop, lets others run now and then. */
  breathe(): Promise<void>;
}

/**
 * The events of a pin, a UTC day after the other; inside a day by (time, user_id, event,
 * insert_id), texts bytewise. `columns`: the properties that the batches are to have.
 *
 * @throws {ShaleError} CANCELLED, and what a scan throws
 */
export async function* readDays(
  env: Env,
  pin: Pin,
  options: EventsOptions,
  columns?: "all",
): AsyncGenerator<ReadDay> {
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
  const range = { fromMs, toMs };
  const ways = { order: "none", detail: "events", major: "day" } as const;
  const scan = { ...range, ...ways, columns: columns ?? propertiesOf(select?.where) };
  try {
    const time = { asOfMs: env.clock.nowMs(), timezone: options.timezone ?? "UTC" };
    const { cohorts } = await withCohorts(run, select, time);
    const order = createDayOrder(select && compileSelect(select, cohorts), range);
    for await (const batches of daysOf(run.scan(scan, "read"))) {
      yield { day: order.rowsOf(batches), breathe: guard.breathe };
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
