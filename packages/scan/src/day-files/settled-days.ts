import type { ScanFile } from "../open-inputs.ts";
import type { DayPlan } from "../plan-days.ts";
import type { FooterDay, FooterFile } from "../scan-options.ts";

/**
 * The files of a shard-day that is settled: all its rows are in one file, or in files of disjoint
 * user ranges, and no two of them have the same key (protocol R4). undefined when it is not, or has
 * rows in the tail or in memory. Who made the files does not matter: equal keys have one user.
 */
export function settledFilesOf({ parts }: DayPlan): readonly ScanFile[] | undefined {
  const files: ScanFile[] = [];
  for (const { input } of parts) {
    if (input.file === undefined || !input.file.entry.distinct) return undefined;
    files.push(input.file);
  }
  return areDisjoint(files) ? files : undefined;
}

function areDisjoint(files: readonly ScanFile[]): boolean {
  const ascending = files
    .map(({ entry }) => entry)
    .sort((a, b) => (a.firstPlace < b.firstPlace ? -1 : 1));
  return ascending.every((entry, index) => {
    const next = ascending[index + 1];
    return next === undefined || entry.lastPlace < next.firstPlace;
  });
}

export function footerDayOf({ shard, day }: DayPlan, files: readonly FooterFile[]): FooterDay {
  const events = new Map<string, number>();
  let [rows, users] = [0, 0];
  for (const { footer } of files) {
    rows += footer.rows;
    users += footer.users;
    for (const { event, rows: count } of footer.events) {
      events.set(event, (events.get(event) ?? 0) + count);
    }
  }
  return { shard, day, rows, users, events, files };
}
