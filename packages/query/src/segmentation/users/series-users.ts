import type { ScanBatch } from "@shale/scan";
import { planIntervals } from "../../calendar/plan-intervals.ts";
import { createUserCollector } from "../../cohort/collect-users.ts";
import type { UserSet } from "../../cohort/user-set.ts";
import { compileFilter } from "../../filter/row-filter.ts";
import { compileSelect, isColumn, propertiesOf } from "../../filter/row-select.ts";
import { wantedRows } from "../../filter/wanted-rows.ts";
import type { ParsedSegmentation, ParsedSeries } from "../../parse/parsed-query.ts";
import type { SeriesCell } from "../../parse/users/parsed-users.ts";
import type { QueryRun } from "../../query-run.ts";
import { SESSION_MS_MAX } from "../../sessions/track-sessions.ts";
import { membersOfCell } from "../../shards/segment-index.ts";
import { createSegmentTest } from "../../users/segment-test.ts";
import { propertyOf } from "../measure-rules.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import { createMemoryBudget } from "../memory-budget.ts";
import { createSessionReader, sessionsFrom } from "../row-sessions.ts";
import type { SegmentSpace } from "../segment-space.ts";
import { createSegmentSpace } from "../segment-space.ts";
import { createStretchTest, spanOfCell, stretchesOfCell } from "./cell-rows.ts";
import { createEnteringRows } from "./entering-rows.ts";

export interface SeriesCellAsked {
  readonly of: ParsedSegmentation;
  readonly cell: SeriesCell;
  /** Segments that the answer lists, as JSON. */
  readonly listed: readonly string[];
}

/**
 * The users with a row that entered a number of a series.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function usersOfSeries(
  run: QueryRun,
  { of, cell, listed }: SeriesCellAsked,
): Promise<UserSet> {
  const { cohorts } = run;
  const series = of.series[cell.series] ?? ANY_EVENT;
  const where = of.where === undefined ? undefined : compileFilter(of.where, cohorts);
  const select = compileSelect(series.select, cohorts);
  const entering = createEnteringRows(series.measure);
  const by = cell.segment === undefined ? undefined : of.by;
  const space = by && createSegmentSpace(by);
  const isWanted = createCellTest({ cell, listed }, space);
  const budget = createMemoryBudget(run.memoryBytesMax);
  const source = await sourceOf(run, { of, series, cell }, budget);
  const users = createUserCollector(budget);
  const columns = columnsOf(of, series, by);
  const { fromMs, toMs, order, wanted } = source;
  for await (const batch of run.scan({ fromMs, toMs, columns, order, wanted }, "list")) {
    const isInside = source.insideOf(batch);
    const mask = select.maskOf(batch, where?.maskOf(batch));
    const enters = entering(batch, mask);
    const cells = space?.cellsOf(batch, mask);
    if (space !== undefined) budget.hold(space, space.byteCount);
    users.begin(batch);
    const nobody = batch.users.codeOf("");
    for (let row = 0; row < batch.rowCount; row++) {
      if (mask?.[row] === 0 || enters?.[row] === 0 || !isInside(row)) continue;
      const user = batch.userCodes[row] ?? 0;
      if (user === nobody) continue;
      if (cells === undefined || isWanted(cells[row] ?? 0)) users.add(user);
    }
  }
  return users.finish();
}

const ANY_EVENT: ParsedSeries = {
  select: { events: undefined, where: undefined, label: undefined },
  measure: { kind: "total" },
  label: "",
};

function columnsOf(
  { where }: ParsedSegmentation,
  { select, measure }: ParsedSeries,
  by: ParsedSegmentation["by"],
): string[] {
  const names = [
    ...propertiesOf(where),
    ...propertiesOf(select.where),
    ...[propertyOf(measure) ?? [], ...(by ?? []).map(({ property }) => property)]
      .flat()
      .filter(isColumn),
  ];
  return [...new Set(names)];
}

/** Where the rows of a cell are, and which of a batch are of it by their time or session. */
interface CellSource {
  readonly fromMs: number;
  readonly toMs: number;
  readonly order: "none" | "user";
  readonly wanted: ReturnType<typeof wantedRows> | undefined;
  /** Of each batch once, in the order of the scan. */
  insideOf(batch: ScanBatch): (row: number) => boolean;
}

interface CellOfSeries extends Pick<SeriesCellAsked, "of" | "cell"> {
  readonly series: ParsedSeries;
}

async function sourceOf(
  run: QueryRun,
  { of, series, cell }: CellOfSeries,
  budget: MemoryBudget,
): Promise<CellSource> {
  if (series.measure.kind === "sessions") {
    return await sessionSource(run, { of, series, cell }, budget);
  }
  const stretches = stretchesOfCell(of, series.measure, cell);
  const isIn = createStretchTest(stretches);
  return {
    fromMs: stretches.startsMs[0] ?? of.fromMs,
    toMs: stretches.endsMs.at(-1) ?? of.toMs,
    order: "none",
    wanted: wantedRows(of.where, [series.select]),
    insideOf: (batch) => (row) => isIn(batch.timesMs[row] ?? 0),
  };
}

/** A session is in the interval in which it began, with rows behind that too. */
async function sessionSource(
  run: QueryRun,
  { of, series, cell }: CellOfSeries,
  budget: MemoryBudget,
): Promise<CellSource> {
  const intervals = planIntervals(of);
  const { first, last } = spanOfCell(of, series.measure, { cell, count: intervals.count });
  const sessionsFromMs = await sessionsFrom(run, { ...of, series: [series] }, budget);
  const sessionsIn = createSessionReader(of, { intervals, budget, sessionsFromMs });
  return {
    fromMs: sessionsFromMs,
    toMs: Math.min(of.toMs, intervals.startsMs[last + 1] ?? of.toMs) + SESSION_MS_MAX,
    order: "user",
    wanted: undefined, // A session may begin with any event.
    insideOf(batch) {
      const { serials, places } = sessionsIn(batch);
      return (row) => {
        const place = places[row] ?? -1;
        return serials[row] !== 0 && place >= first && place <= last;
      };
    },
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
