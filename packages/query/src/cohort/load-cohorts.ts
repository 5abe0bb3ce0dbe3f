import { DAY_MS, invariant } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import { propertiesOf } from "../filter/row-select.ts";
import { usersOfFunnel } from "../funnel/funnel-users.ts";
import type { ParsedCohort, ParsedFunnelCohort } from "../parse/cohort/parsed-cohort.ts";
import type { QueryRun, RunScanOptions } from "../query-run.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import { createUserMarks } from "../segmentation/user-marks.ts";
import { cohortKey, cohortsIn, membersOf } from "./cohort-members.ts";
import type { CohortLeaf, LeafJudges } from "./compile-cohort.ts";
import { compileCohort, holdsIdle, leavesOf } from "./compile-cohort.ts";
import type { CohortTime, LeafCounter, ParsedLeaf } from "./leaf-counter.ts";
import { createLeafCounter } from "./leaf-counter.ts";
import type { ShardBits, UserSet, UserSetBuilder } from "./user-set.ts";
import { addUser, createUserSet, hasUser, wordsOf } from "./user-set.ts";

/**
 * The run of a query, with the users of all cohorts that its filters name: filters are compiled
 * with `run.cohorts`. Each executor does this for the shards that it is asked for.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function withCohorts(
  run: QueryRun,
  parsed: unknown,
  time: CohortTime,
): Promise<QueryRun> {
  const cohorts = cohortsIn(parsed);
  if (cohorts.length === 0) return run;
  const sets = await loadCohorts(run, cohorts, { time, listed: undefined });
  return { ...run, cohorts: membersOf(sets), memoryBytesMax: memoryBeside(run, sets) };
}

function memoryBeside({ memoryBytesMax }: QueryRun, sets: ReadonlyMap<string, UserSet>): number {
  let byteCount = 0;
  for (const set of sets.values()) byteCount += set.byteCount;
  return memoryBytesMax - byteCount;
}

export interface CohortsWanted {
  readonly time: CohortTime;
  /**
   * The sets hold exactly the users of the cohort who have an event in this range. undefined: for
   * filters, where whoever is asked about has an event, since a row asks.
   */
  readonly listed: TimeRange | undefined;
}

interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The users of cohorts, by `cohortKey`: one pass over the rows for all of them. */
export async function loadCohorts(
  run: QueryRun,
  cohorts: readonly ParsedCohort[],
  { time, listed }: CohortsWanted,
): Promise<ReadonlyMap<string, UserSet>> {
  const leaves = cohorts.flatMap(leavesOf);
  // Filters of the leaves may name cohorts in turn, which have to be known first.
  const inner = await withCohorts(run, leaves.filter(isRowLeaf), time);
  const funnels = await loadFunnels(run, leaves.filter(isFunnelLeaf), time);
  const budget = createMemoryBudget(memoryBeside(inner, funnels));
  const counters = new Map<string, LeafCounter>();
  for (const leaf of leaves.filter(isRowLeaf)) {
    const context = { time, cohorts: inner.cohorts, budget };
    counters.set(cohortKey(leaf), createLeafCounter(leaf, context));
  }
  const judges: LeafJudges = {
    judgeOf(leaf, batch) {
      const users = funnels.get(cohortKey(leaf))?.bitsOf(batch);
      if (users !== undefined) return (user) => hasUser(users, user);
      const counter = counters.get(cohortKey(leaf));
      invariant(counter !== undefined, "each leaf of a cohort is counted");
      return counter.judge(batch);
    },
  };
  const judged = new Map<string, { cohort: ParsedCohort; users: UserSetBuilder }>();
  for (const cohort of cohorts) {
    const holdsOthers = listed === undefined && holdsIdle(cohort);
    judged.set(cohortKey(cohort), { cohort, users: createUserSet(budget, { holdsOthers }) });
  }
  const seen = listed && createUserMarks(budget);
  function endShard(batch: ScanBatch | undefined): void {
    if (batch === undefined) return;
    const marks = seen?.of(batch).marks;
    for (const { cohort, users } of judged.values()) {
      users.put(judgeUsers(batch, marks, compileCohort(cohort, batch, judges)));
    }
  }
  let last: ScanBatch | undefined;
  const scan = scanOf(leaves, [...counters.values()], listed);
  for await (const batch of scan === undefined ? [] : inner.scan(scan, "cohorts")) {
    if (last?.shard !== batch.shard) endShard(last);
    for (const counter of counters.values()) if (isTouched(counter, batch)) counter.add(batch);
    if (seen !== undefined) markUsers(batch, listed, seen.of(batch).marks);
    last = batch;
  }
  endShard(last);
  return new Map(Array.from(judged, ([key, { users }]) => [key, users]));
}

/** The users of funnels, by `cohortKey`. A funnel has a now and a zone of its own. */
async function loadFunnels(
  run: QueryRun,
  leaves: readonly ParsedFunnelCohort[],
  { asOfMs }: CohortTime,
): Promise<ReadonlyMap<string, UserSet>> {
  const sets = new Map<string, UserSet>();
  for (const leaf of leaves) {
    const key = cohortKey(leaf);
    if (sets.has(key)) continue;
    const { funnel, step, outcome } = leaf;
    const time = { asOfMs: funnel.asOfMs ?? asOfMs, timezone: funnel.timezone };
    const inner = await withCohorts(run, funnel, time);
    const memoryBytesMax = memoryBeside(inner, sets);
    const cell = { step, outcome, segment: undefined, interval: undefined };
    const asked = { of: funnel, cell };
    sets.set(key, await usersOfFunnel({ ...inner, memoryBytesMax }, asked, time.asOfMs));
  }
  return sets;
}

function isRowLeaf(leaf: CohortLeaf): leaf is ParsedLeaf {
  return leaf.kind !== "funnel";
}

function isFunnelLeaf(leaf: CohortLeaf): leaf is ParsedFunnelCohort {
  return leaf.kind === "funnel";
}

/** Rows that decide who is in a cohort; undefined: none do. */
function scanOf(
  leaves: readonly CohortLeaf[],
  counters: readonly LeafCounter[],
  listed: TimeRange | undefined,
): RunScanOptions | undefined {
  const columns = [
    ...new Set(leaves.filter(isRowLeaf).flatMap(({ select }) => propertiesOf(select.where))),
  ];
  // Who is in a funnel has an event in its range: so each user that decides is met.
  const funnels = leaves.filter(isFunnelLeaf).map(({ funnel }) => funnel);
  const ranges: TimeRange[] = [...counters, ...funnels];
  if (listed !== undefined) ranges.push(listed);
  const fromMs = Math.min(...ranges.map((range) => range.fromMs));
  const toMs = Math.max(...ranges.map((range) => range.toMs));
  return fromMs < toMs ? { fromMs, toMs, columns, order: "none" } : undefined;
}

function isTouched({ fromMs, toMs }: LeafCounter, { day }: ScanBatch): boolean {
  return day * DAY_MS < toMs && (day + 1) * DAY_MS > fromMs;
}

function markUsers(
  { userCodes, timesMs }: ScanBatch,
  listed: TimeRange | undefined,
  marks: Uint32Array,
): void {
  if (listed === undefined) return;
  const { fromMs, toMs } = listed;
  for (let row = 0; row < userCodes.length; row++) {
    const atMs = timesMs[row] ?? 0;
    if (atMs >= fromMs && atMs < toMs) marks[userCodes[row] ?? 0] = 1;
  }
}

/** `seen`, where given: marks of the users who have an event. */
function judgeUsers(
  { shard, users }: ScanBatch,
  seen: Uint32Array | undefined,
  judge: (user: number) => boolean,
): ShardBits {
  const { count } = users;
  const bits = new Uint32Array(wordsOf(count));
  const nobody = users.codeOf("");
  for (let user = 0; user < count; user++) {
    if (user !== nobody && seen?.[user] !== 0 && judge(user)) addUser(bits, user);
  }
  return { shard, users, bits, count };
}
