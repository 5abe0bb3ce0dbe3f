import type { DayFileEntry } from "@shale/format";

/**
 * Files of one shard-day that share no user: one file, or those that one job cut by users. A run is
 * merged whole or not at all, so that a shard-day can stay settled (protocol R4).
 */
export interface FileRun {
  /** By place of their users. */
  readonly files: readonly DayFileEntry[];
  readonly rows: number;
  readonly bytes: number;
  /** No two rows of the run have the same key (R3). */
  readonly distinct: boolean;
}

/** The job that made the file. */
export function claimOf({ id }: Pick<DayFileEntry, "id">): string {
  const end = id.lastIndexOf("-");
  return end < 0 ? id : id.slice(0, end);
}

/** The runs of one shard-day, in the order in which their first files stand in `entries`. */
export function runsOf(entries: readonly DayFileEntry[]): readonly FileRun[] {
  const byClaim = new Map<string, DayFileEntry[]>();
  for (const entry of entries) {
    const claim = claimOf(entry);
    const files = byClaim.get(claim);
    if (files === undefined) byClaim.set(claim, [entry]);
    else files.push(entry);
  }
  return [...byClaim.values()].flatMap((files) => {
    const ordered = files.sort((a, b) => (a.firstPlace < b.firstPlace ? -1 : 1));
    return areDisjoint(ordered) ? [runOf(ordered)] : ordered.map((file) => runOf([file]));
  });
}

/** One run without repeats: the footers of its files may answer in place of rows (R4). */
export function isSettled(runs: readonly FileRun[]): boolean {
  const [run] = runs;
  return runs.length === 1 && run !== undefined && run.distinct;
}

function areDisjoint(ordered: readonly DayFileEntry[]): boolean {
  return ordered.every((file, i) => {
    const before = ordered[i - 1];
    return before === undefined || before.lastPlace < file.firstPlace;
  });
}

function runOf(files: readonly DayFileEntry[]): FileRun {
  return {
    files,
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    distinct: files.every(({ distinct }) => distinct),
  };
}
