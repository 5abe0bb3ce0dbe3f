import type { StickinessAnswer } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import { planIntervals } from "../calendar/plan-intervals.ts";
import { createUserCollector } from "../cohort/collect-users.ts";
import type { UserSet } from "../cohort/user-set.ts";
import { compileFilter } from "../filter/row-filter.ts";
import { compileSelect, propertiesOf } from "../filter/row-select.ts";
import { wantedRows } from "../filter/wanted-rows.ts";
import type { ParsedStickiness } from "../parse/parsed-query.ts";
import type { StickinessCell } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import type { IntervalRuns } from "../segmentation/interval-runs.ts";
import { createRunsReader } from "../segmentation/interval-runs.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import { createUserMarks } from "../segmentation/user-marks.ts";
import { addUp } from "../shards/add-up.ts";

/** Users of some shards by the number of their active intervals, less 1. Parts add up. */
export interface StickinessPart {
  readonly users: Float64Array;
}

/** @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws */
export async function scanStickiness(
  run: QueryRun,
  parsed: ParsedStickiness,
  watch?: StickinessWatch,
): Promise<StickinessPart> {
  const { fromMs, toMs, minEvents } = parsed;
  const intervals = planIntervals(parsed);
  const where = parsed.where === undefined ? undefined : compileFilter(parsed.where, run.cohorts);
  const select = compileSelect(parsed.select, run.cohorts);
  const reader = createRunsReader({ intervals, fromMs, toMs });
  const budget = createMemoryBudget(run.memoryBytesMax);
  const states = {
    places: createUserMarks(budget),
    events: createUserMarks(budget),
    actives: createUserMarks(budget),
  };
  const users = new Float64Array(intervals.count);
  const columns = [...propertiesOf(parsed.where), ...propertiesOf(parsed.select.where)];
  const options = {
    fromMs,
    toMs,
    columns: [...new Set(columns)],
    order: "none",
    wanted: wantedRows(parsed.where, [parsed.select]),
  } as const;
  for await (const batch of run.scan(options, "count")) {
    watch?.begin(batch);
    const runs = reader.of(batch, select.maskOf(batch, where?.maskOf(batch)));
    countActive(batch, runs, {
      places: states.places.of(batch).marks,
      events: states.events.of(batch).marks,
      actives: states.actives.of(batch).marks,
      nobody: states.places.of(batch).nobody,
      minEvents,
      users,
      watch,
    });
  }
  return { users };
}

export function answerStickiness(
  parsed: ParsedStickiness,
  parts: readonly StickinessPart[],
): Omit<StickinessAnswer, "meta"> {
  const users = [...addUp(parts.map((part) => part.users))];
  if (parsed.mode === "atLeast") {
    for (let i = users.length - 2; i >= 0; i--) users[i] = (users[i] ?? 0) + (users[i + 1] ?? 0);
  }
  return { kind: "stickiness", intervalCount: planIntervals(parsed).count, users };
}

/** Sees each user with each further interval in which it is active. */
interface StickinessWatch {
  /** The users that follow are those of the batch's shard. */
  begin(batch: ScanBatch): void;
  /** `active`: intervals so far. */
  add(user: number, active: number): void;
}

/**
 * The users behind a number of a stickiness.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function usersOfStickiness(
  run: QueryRun,
  { of, cell }: { readonly of: ParsedStickiness; readonly cell: StickinessCell },
): Promise<UserSet> {
  const users = createUserCollector(createMemoryBudget(run.memoryBytesMax));
  await scanStickiness(run, of, {
    begin: (batch) => users.begin(batch),
    add(user, active) {
      if (active === cell.intervals) users.add(user);
      else if (active === cell.intervals + 1 && of.mode === "exact") users.remove(user);
    },
  });
  return users.finish();
}

/** The first three by user code. */
interface UserStates {
  /** 1 + the interval of the last event. */
  readonly places: Uint32Array;
  /** Events in that interval so far. */
  readonly events: Uint32Array;
  /** Active intervals so far. */
  readonly actives: Uint32Array;
  readonly nobody: number;
  readonly minEvents: number;
  readonly users: Float64Array;
  readonly watch: StickinessWatch | undefined;
}

/** Batches of a shard come in order, so the intervals of a user do, too. */
function countActive(
  { userCodes }: ScanBatch,
  { rows, first, starts }: IntervalRuns,
  { places, events, actives, nobody, minEvents, users, watch }: UserStates,
): void {
  for (let run = 0; run + 1 < starts.length; run++) {
    const place = first + run + 1;
    const end = starts[run + 1] ?? 0;
    for (let i = starts[run] ?? 0; i < end; i++) {
      const user = userCodes[rows[i] ?? 0] ?? 0;
      if (user === nobody) continue;
      const count = places[user] === place ? (events[user] ?? 0) + 1 : 1;
      places[user] = place;
      events[user] = count;
      if (count !== minEvents) continue;
      const active = actives[user] ?? 0;
      actives[user] = active + 1;
      watch?.add(user, active + 1);
      users[active] = (users[active] ?? 0) + 1;
      if (active > 0) users[active - 1] = (users[active - 1] ?? 0) - 1;
    }
  }
}
