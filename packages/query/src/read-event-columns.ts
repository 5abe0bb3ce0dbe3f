import type { EventColumns, PropertyColumnPlan } from "@shale/columns";
import type { Env } from "@shale/env";
import type { Pin } from "@shale/scan";
import { createColumnsBuilder } from "./events/columns-builder.ts";
import type { EventsOptions } from "./events/read-days.ts";
import { readDays } from "./events/read-days.ts";

export interface EventColumnsOptions extends EventsOptions {
  readonly plans: readonly PropertyColumnPlan[];
  /** Gives rows whose client sent no insert_id the one that is shown. */
  readonly withDerivedIds: boolean;
  /** At most so many events. */
  readonly limit: number;
}

/** A part has at most so many rows, fewer where there are many columns, or texts are long. */
const PART_ROWS_MAX = 65_536;
const PART_ROWS_MIN = 1_024;
const PART_SLOTS_MAX = 2 ** 22;
const PART_TEXT_BYTES_MAX = 2 ** 25;
/** Rows that are added between two looks at the bytes of a part. */
const STRETCH_ROWS = 256;

/**
 * The events of a pin as columns, in the order of `readEvents`. Holds the rows of one UTC day and
 * one part at a time; a part may hold several days.
 *
 * @throws {ShaleError} CANCELLED, and what a scan throws; PIN_UNSTABLE can come after parts were
 *   given out
 */
export async function* readEventColumns(
  env: Env,
  pin: Pin,
  options: EventColumnsOptions,
): AsyncGenerator<EventColumns> {
  const { plans, withDerivedIds, limit } = options;
  const slots = Math.floor(PART_SLOTS_MAX / Math.max(1, plans.length));
  const rowsMax = Math.max(PART_ROWS_MIN, Math.min(PART_ROWS_MAX, slots));
  const builder = createColumnsBuilder({ plans, rowsMax, withDerivedIds });
  let left = limit;
  for await (const { day, breathe } of readDays(env, pin, options, "all")) {
    for (let start = 0; start < day.count && left > 0; ) {
      const room = Math.min(STRETCH_ROWS, rowsMax - builder.rowCount, left);
      const end = Math.min(day.count, start + room);
      builder.add({ day, start, end });
      left -= end - start;
      start = end;
      const isFull = builder.rowCount === rowsMax || builder.textBytes >= PART_TEXT_BYTES_MAX;
      if (isFull) yield builder.taken();
      await breathe();
    }
    if (left === 0) break;
  }
  if (builder.rowCount > 0) yield builder.taken();
}
