import { DAY_MS } from "@shale/model";
import type { RowsWanted, ScanBatch, TextCodes } from "@shale/scan";
import type { CohortMembers } from "../cohort/cohort-members.ts";
import { compileFilter } from "../filter/row-filter.ts";
import { compileSelect, isColumn, propertiesOf } from "../filter/row-select.ts";
import { wantedRows } from "../filter/wanted-rows.ts";
import type { ParsedRetention } from "../parse/parsed-query.ts";
import type { QueryRun } from "../query-run.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import { createSegmentSpace } from "../segmentation/segment-space.ts";
import type { BirthRule } from "./birth-rule.ts";
import { createBirthRule } from "./birth-rule.ts";
import type { OpenEntries } from "./open-entries.ts";
import { createOpenEntries } from "./open-entries.ts";
import type { RetentionPlan } from "./plan-retention.ts";
import { planRetention } from "./plan-retention.ts";
import type { RetentionCounts } from "./retention-counts.ts";
import { createRetentionCounts } from "./retention-counts.ts";
import type { RetentionPart } from "./retention-part.ts";
import { retentionPart } from "./retention-part.ts";
import type { RetentionWatch } from "./retention-users.ts";
import { createRowIntervals } from "./row-intervals.ts";

/** @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws */
export async function scanRetention(
  run: QueryRun,
  parsed: ParsedRetention,
  asOfMs: number,
  watch?: RetentionWatch,
): Promise<RetentionPart> {
  const plan = planRetention(parsed, asOfMs);
  const budget = createMemoryBudget(run.memoryBytesMax);
  const { cohortCount } = plan;
  const bracketCount = plan.brackets.count;
  const space = parsed.by === undefined ? undefined : createSegmentSpace(parsed.by);
  const own = createRetentionCounts({ cohortCount, bracketCount, budget });
  const counts = watch?.counts(own, space) ?? own;
  const opened = createOpenEntries(plan, counts, budget);
  const entries = watch?.entries(opened) ?? opened;
  const births = createBirthRule(parsed, budget);
  const rowsOf = createRowReader(plan, run.cohorts);
  const options = {
    ...plan.scan,
    columns: columnsOf(parsed),
    order: "user",
    wanted: wantedOf(parsed),
  } as const;
  let users: TextCodes | undefined;
  for await (const batch of run.scan(options, "count")) {
    if (users !== batch.users) {
      users = batch.users;
      entries.beginShard();
      births.beginShard();
    }
    watch?.begin(batch);
    entries.reserveUsers(users.count);
    births.reserveUsers(users.count);
    const rows = rowsOf(batch);
    const cells = isInRange(batch, parsed) ? space?.cellsOf(batch, rows.births) : undefined;
    if (space !== undefined) budget.hold(space, space.byteCount);
    countRows({ plan, counts, entries, births }, batch, { ...rows, cells });
  }
  return retentionPart(counts, space);
}

/** False when no event of the day can be a birth. */
function isInRange({ day }: ScanBatch, { fromMs, toMs }: ParsedRetention): boolean {
  return (day + 1) * DAY_MS > fromMs && day * DAY_MS < toMs;
}

/** What the selects and the calendar say of the rows of a batch; a mask undefined: all rows. */
interface ReadRows {
  readonly births: Uint8Array | undefined;
  /** Rows that decide whether the user's first event is a birth. */
  readonly firsts: Uint8Array | undefined;
  readonly returns: Uint8Array | undefined;
  /** See `createRowIntervals`. */
  readonly intervals: Uint32Array;
}

function createRowReader(
  plan: RetentionPlan,
  cohorts: CohortMembers,
): (batch: ScanBatch) => ReadRows {
  const { parsed } = plan;
  const where = parsed.where === undefined ? undefined : compileFilter(parsed.where, cohorts);
  const birth = compileSelect(parsed.birth, cohorts);
  const returned = compileSelect(parsed.return, cohorts);
  const intervalsOf = createRowIntervals(plan);
  // A first event ever is one by its name alone: the filters say afterwards whether it counts.
  const named = compileSelect({ ...parsed.birth, where: undefined }, cohorts);
  return (batch) => {
    const isIn = where?.maskOf(batch);
    const births = birth.maskOf(batch, isIn);
    return {
      births,
      firsts: parsed.cohort === "firstEver" ? named.maskOf(batch, undefined) : births,
      returns: returned.maskOf(batch, isIn),
      intervals: intervalsOf(batch),
    };
  };
}

interface Counting {
  readonly plan: RetentionPlan;
  readonly counts: RetentionCounts;
  readonly entries: OpenEntries;
  readonly births: BirthRule;
}

/** Goes over the rows of each user in their order: a birth is no return of its own. */
function countRows(
  { plan, counts, entries, births: rule }: Counting,
  batch: ScanBatch,
  rows: ReadRows & { readonly cells: Uint32Array | undefined },
): void {
  const { returnsToMs, parsed } = plan;
  const { fromMs, toMs } = parsed;
  const { births, firsts, returns, intervals, cells } = rows;
  const { rowCount, userCodes, timesMs } = batch;
  const nobody = batch.users.codeOf("");
  for (let row = 0; row < rowCount; row++) {
    const user = userCodes[row] ?? 0;
    if (user === nobody) continue;
    const atMs = timesMs[row] ?? 0;
    const interval = intervals[row] ?? 0;
    const isReturn = returns === undefined || returns[row] === 1;
    if (isReturn && atMs < returnsToMs) entries.addReturn(user, atMs, interval);
    if (firsts !== undefined && firsts[row] === 0) continue;
    const isIn = atMs >= fromMs && atMs < toMs;
    if (!rule.isNext(user, interval, isIn) || !isIn) continue;
    if (births !== undefined && births[row] === 0) continue;
    const slot = counts.slotOf(cells?.[row] ?? 0);
    entries.open(user, { atMs, cohort: interval, slot, isReturn });
  }
}

function columnsOf(parsed: ParsedRetention): string[] {
  const names = [
    ...propertiesOf(parsed.where),
    ...propertiesOf(parsed.birth.where),
    ...propertiesOf(parsed.return.where),
    ...(parsed.by ?? []).map(({ property }) => property).filter(isColumn),
  ];
  return [...new Set(names)];
}

/** A first event ever is one by its name alone, whatever the filters say. */
function wantedOf({ where, birth, return: returned, cohort }: ParsedRetention): RowsWanted {
  return wantedRows(cohort === "firstEver" ? undefined : where, [birth, returned]);
}
