import { invariant, unreachable } from "@shale/model";
import { cohortKey } from "../cohort/cohort-members.ts";
import { loadCohorts, withCohorts } from "../cohort/load-cohorts.ts";
import type { UserSet } from "../cohort/user-set.ts";
import { usersOfFlow } from "../flow/flow-users.ts";
import { usersOfFunnel } from "../funnel/funnel-users.ts";
import { usersOfLifecycle } from "../lifecycle/run-lifecycle.ts";
import type { ParsedCellOf, ParsedUsers } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import { usersOfRetention } from "../retention/retention-users.ts";
import { usersOfSeries } from "../segmentation/users/series-users.ts";
import { usersOfStickiness } from "../stickiness/run-stickiness.ts";
import { usersPositionOf } from "./users-cursor.ts";
import type { UsersPart } from "./users-part.ts";
import { firstUsersOf } from "./users-part.ts";

export interface UsersTask {
  readonly parsed: ParsedUsers;
  /** What the answer of the query inside lists (see `listedIn`), where the rest is asked for. */
  readonly listed?: readonly string[] | undefined;
}

/**
 * @throws {ShaleError} CURSOR_INVALID, MEMORY_EXCEEDED; QUERY_INVALID for too many intervals; what
 *   a scan throws
 */
export async function scanUsers(
  run: QueryRun,
  { parsed, listed = [] }: UsersTask,
  asOfMs: number,
): Promise<UsersPart> {
  const position = usersPositionOf(parsed);
  const { snapshot } = run.pin;
  invariant(
    position === undefined || position.snapshot === snapshot,
    "a list of users goes on at the snapshot of its cursor",
  );
  const set = await usersOf(run, { parsed, listed }, asOfMs);
  const wanted = { after: position?.userId, count: parsed.limit + 1 };
  return { snapshot, ...firstUsersOf(set, wanted) };
}

async function usersOf(
  run: QueryRun,
  { parsed, listed }: Required<UsersTask>,
  asOfMs: number,
): Promise<UserSet> {
  const { who, timezone } = parsed;
  if (who.kind !== "members") {
    const time = { asOfMs: who.of.asOfMs ?? asOfMs, timezone: who.of.timezone };
    const inner = await withCohorts(run, who.of, time);
    return usersOfCell(inner, { who, listed: listed ?? [] }, time.asOfMs);
  }
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = who;
  const wanted = { time: { asOfMs, timezone }, listed: { fromMs, toMs } };
  const set = (await loadCohorts(run, [who.cohort], wanted)).get(cohortKey(who.cohort));
  invariant(set !== undefined, "the cohort that was asked for is loaded");
  return set;
}

interface CellAsked {
  readonly who: ParsedCellOf;
  readonly listed: readonly string[];
}

function usersOfCell(run: QueryRun, { who, listed }: CellAsked, asOfMs: number): Promise<UserSet> {
  switch (who.kind) {
    case "retention":
      return usersOfRetention(run, { ...who, listed }, asOfMs);
    case "funnel":
      return usersOfFunnel(run, { ...who, listed }, asOfMs);
    case "segmentation":
      return usersOfSeries(run, { ...who, listed });
    case "flow":
      return usersOfFlow(run, { ...who, listed }, asOfMs);
    case "lifecycle":
      return usersOfLifecycle(run, who);
    case "stickiness":
      return usersOfStickiness(run, who);
    default:
      return unreachable(who);
  }
}
