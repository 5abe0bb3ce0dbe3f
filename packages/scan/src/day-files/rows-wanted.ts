import type { DayFileIndex } from "@shale/format";
import { columnExtents, createEventTest } from "@shale/format";
import type { ScanFile } from "../open-inputs.ts";
import type { DayPlan } from "../plan-days.ts";
import type { RowsWanted } from "../scan-options.ts";

/**
 * Why no row of a file matters: it has none of the events by its manifest, or by its footer, or no
 * such value of a property by its footer.
 */
export type Unwanted = "events" | "footerEvents" | "values";

/** Whether no file of the shard-day has one of the events, by their entries alone. */
export function hasNoEventOf({ parts }: DayPlan, { events }: RowsWanted): boolean {
  if (events === undefined) return false;
  const mayHave = createEventTest(events);
  return parts.every(({ input }) => input.file !== undefined && lacksEvents(input.file, mayHave));
}

function lacksEvents({ entry }: ScanFile, mayHave: (hashes: string) => boolean): boolean {
  return entry.eventHashes !== undefined && !mayHave(entry.eventHashes);
}

/**
 * Why no row of the shard-day matters; undefined: one may. It is left out as a whole or not at all:
 * a file whose rows do not matter may have the newest of rows with one key (R3). Footers are read
 * of the files whose entries do not tell.
 */
export async function whyUnwanted(
  { parts }: DayPlan,
  wanted: RowsWanted,
): Promise<Unwanted | undefined> {
  if (wanted.events === undefined && wanted.values.length === 0) return undefined;
  const files = parts.flatMap(({ input }) => input.file ?? []);
  if (files.length < parts.length) return undefined; // Rows of the tail say nothing of themselves.
  const mayHave = wanted.events && createEventTest(wanted.events);
  let why: Unwanted | undefined;
  for (const file of files) {
    const isTold = mayHave !== undefined && lacksEvents(file, mayHave);
    const own = isTold ? "events" : unwantedIn(await file.loadIndex(), wanted);
    if (own === undefined) return undefined;
    why ??= own;
  }
  return why;
}

function unwantedIn(index: DayFileIndex, { events, values }: RowsWanted): Unwanted | undefined {
  const names = new Set(events);
  if (events !== undefined && !index.footer.events.some(({ event }) => names.has(event))) {
    return "footerEvents";
  }
  const mayHoldAll = values.every(({ property, mayHold }) =>
    columnExtents(index, property).some(mayHold),
  );
  return mayHoldAll ? undefined : "values";
}
