import type { DayFileIndex } from "@shale/format";
import { columnExtents } from "@shale/format";
import type { DayPlan } from "../plan-days.ts";
import type { RowsWanted } from "../scan-options.ts";

/** Why no row of a file matters: it has none of the events, or no such value of a property. */
export type Unwanted = "events" | "values";

/**
 * Why no row of the shard-day matters; undefined: one may. It is left out as a whole or not at all:
 * a file whose rows do not matter may have the newest of rows with one key (R3).
 */
export async function whyUnwanted(
  { parts }: DayPlan,
  wanted: RowsWanted,
): Promise<Unwanted | undefined> {
  if (wanted.events === undefined && wanted.values.length === 0) return undefined;
  let why: Unwanted | undefined;
  for (const { input } of parts) {
    const own = input.file && unwantedIn(await input.file.loadIndex(), wanted);
    if (own === undefined) return undefined;
    why ??= own;
  }
  return why;
}

function unwantedIn(index: DayFileIndex, { events, values }: RowsWanted): Unwanted | undefined {
  const names = new Set(events);
  if (events !== undefined && !index.footer.events.some(({ event }) => names.has(event))) {
    return "events";
  }
  const mayHoldAll = values.every(({ property, mayHold }) =>
    columnExtents(index, property).some(mayHold),
  );
  return mayHoldAll ? undefined : "values";
}
