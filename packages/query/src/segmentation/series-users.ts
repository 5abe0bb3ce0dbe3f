import { planIntervals } from "../calendar/plan-intervals.ts";
import { createUserCollector } from "../cohort/collect-users.ts";
import type { UserSet } from "../cohort/user-set.ts";
import { compileFilter } from "../filter/row-filter.ts";
import { compileSelect, isColumn, propertiesOf } from "../filter/row-select.ts";
import type { ParsedSegmentation } from "../parse/parsed-query.ts";
import type { SeriesCell } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import { membersOfCell } from "../shards/segment-index.ts";
import { createSegmentTest } from "../users/segment-test.ts";
import { createMemoryBudget } from "./memory-budget.ts";
import type { SegmentSpace } from "./segment-space.ts";
import { createSegmentSpace } from "./segment-space.ts";

export interface SeriesCellAsked {
  readonly of: ParsedSegmentation;
  readonly cell: SeriesCell;
  /** Segments that the answer lists, as JSON. */
  readonly listed: readonly string[];
}

/**
 * The users who have an event behind a number of a series.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function usersOfSeries(
  run: QueryRun,
  { of, cell, listed }: SeriesCellAsked,
): Promise<UserSet> {
  const { cohorts } = run;
  const { fromMs, toMs } = rangeOf(of, cell);
  const asked = of.series[cell.series]?.select ?? ANY_EVENT;
  const where = of.where === undefined ? undefined : compileFilter(of.where, cohorts);
  const select = compileSelect(asked, cohorts);
  const by = cell.segment === undefined ? undefined : of.by;
  const space = by && createSegmentSpace(by);
  const isWanted = createCellTest({ cell, listed }, space);
  const budget = createMemoryBudget(run.memoryBytesMax);
  const users = createUserCollector(budget);
  const names = [
    ...propertiesOf(of.where),
    ...propertiesOf(asked.where),
    ...(by ?? []).map(({ property }) => property).filter(isColumn),
  ];
  const scan = { fromMs, toMs, columns: [...new Set(names)], order: "none" } as const;
  for await (const batch of run.scan(scan, "list")) {
    const mask = select.maskOf(batch, where?.maskOf(batch));
    const cells = space?.cellsOf(batch, mask);
    if (space !== undefined) budget.hold(space, space.byteCount);
    users.begin(batch);
    const nobody = batch.users.codeOf("");
    for (let row = 0; row < batch.rowCount; row++) {
      if (mask !== undefined && mask[row] === 0) continue;
      const atMs = batch.timesMs[row] ?? 0;
      const user = batch.userCodes[row] ?? 0;
      if (atMs < fromMs || atMs >= toMs || user === nobody) continue;
      if (cells === undefined || isWanted(cells[row] ?? 0)) users.add(user);
    }
  }
  return users.finish();
}

const ANY_EVENT = { events: undefined, where: undefined, label: undefined };

/** The interval of the cell, cut to the range of the query. */
function rangeOf(of: ParsedSegmentation, { interval }: SeriesCell) {
  const { fromMs, toMs } = of;
  if (interval === undefined) return { fromMs, toMs };
  const { startsMs } = planIntervals(of);
  return {
    fromMs: Math.max(fromMs, startsMs[interval] ?? fromMs),
    toMs: Math.min(toMs, startsMs[interval + 1] ?? toMs),
  };
}

/** Whether rows of a cell of the breakdown are in the segment that is meant. */
function createCellTest(
  { cell: { segment }, listed }: Pick<SeriesCellAsked, "cell" | "listed">,
  space: SegmentSpace | undefined,
): (cell: number) => boolean {
  const isMeant = createSegmentTest(segment, listed);
  const verdicts = new Map<number, boolean>();
  return (cell) => {
    let verdict = verdicts.get(cell);
    if (verdict === undefined) {
      const segments = membersOfCell(space, cell);
      verdict = segments.some((one) => isMeant(space?.valuesOf(one) ?? []));
      verdicts.set(cell, verdict);
    }
    return verdict;
  };
}
