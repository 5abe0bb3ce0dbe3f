import type { Env } from "@shale/env";
import type { StoredEvent } from "@shale/model";
import type { Pin } from "@shale/scan";
import { placeAt } from "./events/day-order.ts";
import type { EventsOptions } from "./events/read-days.ts";
import { readDays } from "./events/read-days.ts";

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
  let count = 0;
  for await (const { day, breathe } of readDays(env, pin, options)) {
    for (let index = 0; index < day.count; index++) {
      const { batch, row } = placeAt(day, index);
      yield batch.eventAt(row);
      if (++count % EVENTS_PER_BREATH === 0) await breathe();
    }
  }
}
