import type { LifecycleAnswer } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import type { Intervals } from "../calendar/plan-intervals.ts";
import { planIntervals } from "../calendar/plan-intervals.ts";
import { createUserCollector } from "../cohort/collect-users.ts";
import type { UserSet } from "../cohort/user-set.ts";
import { compileFilter } from "../filter/row-filter.ts";
import { compileSelect, propertiesOf } from "../filter/row-select.ts";
import { wantedRows } from "../filter/wanted-rows.ts";
import type { ParsedLifecycle } from "../parse/parsed-query.ts";
import type { LifecycleCell } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import type { IntervalRuns } from "../segmentation/interval-runs.ts";
import { createRunsReader } from "../segmentation/interval-runs.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import type { UserMarks } from "../segmentation/user-marks.ts";
import { createUserMarks } from "../segmentation/user-marks.ts";
import { addUp } from "../shards/add-up.ts";

/** The mark of a user that was seen, but in none of the intervals; interval i is KNOWN + 1 + i. */
const KNOWN = 1;

/** Users of some shards by interval, the one before the range included. Parts add up. */
export interface LifecyclePart {
  readonly active: Float64Array;
  readonly fresh: Float64Array;
  readonly returning: Float64Array;
}

/** @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws */
export async function scanLifecycle(
  run: QueryRun,
  parsed: ParsedLifecycle,
  watch?: LifecycleWatch,
): Promise<LifecyclePart> {
  const { fromMs, toMs } = parsed;
  const intervals = planWithOneBefore(parsed);
  const history = { endMs: intervals.startsMs[0] ?? 0, gapMs: intervals.startsMs[1] ?? 0, fromMs };
  const where = parsed.where === undefined ? undefined : compileFilter(parsed.where, run.cohorts);
  const select = compileSelect(parsed.select, run.cohorts);
  const reader = createRunsReader({ intervals, fromMs: history.endMs, toMs });
  const marks = createUserMarks(createMemoryBudget(run.memoryBytesMax));
  const counts = createLifecycleCounts(intervals, watch);
  const options = {
    fromMs: Number.NEGATIVE_INFINITY,
    toMs,
    columns: [...new Set([...propertiesOf(parsed.where), ...propertiesOf(parsed.select.where)])],
    order: "none",
    wanted: wantedRows(parsed.where, [parsed.select]),
  } as const;
  for await (const batch of run.scan(options, "count")) {
    const mask = select.maskOf(batch, where?.maskOf(batch));
    const users = marks.of(batch);
    watch?.begin(batch);
    const counted = markHistory(batch, mask, { ...history, users });
    counts.add(batch, reader.of(batch, counted), users);
  }
  return counts.part;
}

export function answerLifecycle(
  parsed: ParsedLifecycle,
  parts: readonly LifecyclePart[],
): Omit<LifecycleAnswer, "meta"> {
  const intervals = planWithOneBefore(parsed);
  const active = addUp(parts.map((part) => part.active));
  const fresh = addUp(parts.map((part) => part.fresh));
  const again = addUp(parts.map((part) => part.returning));
  const numbers: LifecycleNumbers = { new: [], returning: [], resurrecting: [], dormant: [] };
  for (let interval = 1; interval < intervals.count; interval++) {
    const [news, returning] = [fresh[interval] ?? 0, again[interval] ?? 0];
    numbers.new.push(news);
    numbers.returning.push(returning);
    numbers.resurrecting.push((active[interval] ?? 0) - news - returning);
    numbers.dormant.push((active[interval - 1] ?? 0) - returning);
  }
  return { kind: "lifecycle", intervals: [...planIntervals(parsed).labels], ...numbers };
}

/** The intervals that are asked for, and before them the one that goes before. */
function planWithOneBefore(parsed: ParsedLifecycle): Intervals {
  const asked = planIntervals(parsed);
  return planIntervals({ ...parsed, fromMs: (asked.startsMs[0] ?? parsed.fromMs) - 1 });
}

interface History {
  /** Events before it are in no interval. */
  readonly endMs: number;
  /** Nor are those from here to `fromMs`: the first interval is cut to the range. */
  readonly gapMs: number;
  readonly fromMs: number;
  readonly users: UserMarks;
}

/** Marks the users of rows that are in no interval, and gives back the mask of the other rows. */
function markHistory(
  { rowCount, timesMs, userCodes }: ScanBatch,
  mask: Uint8Array | undefined,
  { endMs, gapMs, fromMs, users }: History,
): Uint8Array | undefined {
  let counted = mask;
  for (let row = 0; row < rowCount; row++) {
    const atMs = timesMs[row] ?? 0;
    if (atMs >= fromMs || (atMs >= endMs && atMs < gapMs)) continue;
    if (mask !== undefined && mask[row] === 0) continue;
    const user = userCodes[row] ?? 0;
    if (users.marks[user] === 0) users.marks[user] = KNOWN;
    if (atMs < endMs) continue; // The reader leaves it out.
    if (counted === mask) counted = mask?.slice() ?? new Uint8Array(rowCount).fill(1);
    if (counted !== undefined) counted[row] = 0;
  }
  return counted;
}

/** What a user is in an interval with the mark `mark`, who had the mark `seen` before. */
function stateOf(seen: number, mark: number): ActiveState {
  if (seen === 0) return "new";
  return seen === mark - 1 && seen !== KNOWN ? "returning" : "resurrecting";
}

type ActiveState = "new" | "returning" | "resurrecting";

/** Sees each user once in each interval in which it is active, the one before the range included. */
interface LifecycleWatch {
  /** The users that follow are those of the batch's shard. */
  begin(batch: ScanBatch): void;
  add(user: number, interval: number, state: ActiveState): void;
}

/**
 * The users behind a number of a lifecycle.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function usersOfLifecycle(
  run: QueryRun,
  { of, cell }: { readonly of: ParsedLifecycle; readonly cell: LifecycleCell },
): Promise<UserSet> {
  const users = createUserCollector(createMemoryBudget(run.memoryBytesMax));
  const wanted = cell.interval + 1; // Behind the one before the range.
  await scanLifecycle(run, of, {
    begin: (batch) => users.begin(batch),
    add(user, interval, state) {
      if (cell.label !== "dormant") {
        if (interval === wanted && state === cell.label) users.add(user);
      } else if (interval === wanted - 1) users.add(user);
      else if (interval === wanted) users.remove(user);
    },
  });
  return users.finish();
}

type LifecycleNumbers = Pick<LifecycleAnswer, "new" | "returning" | "resurrecting" | "dormant">;

function createLifecycleCounts({ count }: Intervals, watch: LifecycleWatch | undefined) {
  const active = new Float64Array(count);
  const fresh = new Float64Array(count);
  const returning = new Float64Array(count);
  return {
    part: { active, fresh, returning },
    /** Batches of a shard come in order: it is enough to know of a user the interval seen last. */
    add({ userCodes }: ScanBatch, { rows, first, starts }: IntervalRuns, users: UserMarks): void {
      const { marks, nobody } = users;
      for (let run = 0; run + 1 < starts.length; run++) {
        const interval = first + run;
        const mark = KNOWN + 1 + interval;
        const end = starts[run + 1] ?? 0;
        let [activeCount, freshCount, returningCount] = [0, 0, 0];
        for (let i = starts[run] ?? 0; i < end; i++) {
          const user = userCodes[rows[i] ?? 0] ?? 0;
          const seen = marks[user] ?? 0;
          if (seen === mark || user === nobody) continue;
          marks[user] = mark;
          activeCount++;
          const state = stateOf(seen, mark);
          watch?.add(user, interval, state);
          if (state === "new") freshCount++;
          else if (state === "returning") returningCount++;
        }
        if (activeCount === 0) continue;
        active[interval] = (active[interval] ?? 0) + activeCount;
        fresh[interval] = (fresh[interval] ?? 0) + freshCount;
        returning[interval] = (returning[interval] ?? 0) + returningCount;
      }
    },
  };
}
