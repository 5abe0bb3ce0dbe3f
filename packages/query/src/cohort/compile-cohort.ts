import { unreachable } from "@shale/model";
import type { ScanBatch } from "@shale/scan";
import type { ParsedCohort } from "../parse/cohort/parsed-cohort.ts";

export type JudgeUser = (user: number) => boolean;
export type CohortLeaf = Exclude<
  ParsedCohort,
  { readonly kind: "all" } | { readonly kind: "any" } | { readonly kind: "not" }
>;

/** What is known of the leaves of cohorts, for the users of the batch's shard. */
export interface LeafJudges {
  judgeOf(leaf: CohortLeaf, batch: ScanBatch): JudgeUser;
}

/** Whether users of the batch's shard are in a cohort, once all rows of the shard were added. */
export function compileCohort(
  cohort: ParsedCohort,
  batch: ScanBatch,
  judges: LeafJudges,
): JudgeUser {
  switch (cohort.kind) {
    case "all": {
      const parts = cohort.cohorts.map((part) => compileCohort(part, batch, judges));
      return (user) => parts.every((judge) => judge(user));
    }
    case "any": {
      const parts = cohort.cohorts.map((part) => compileCohort(part, batch, judges));
      return (user) => parts.some((judge) => judge(user));
    }
    case "not": {
      const judge = compileCohort(cohort.cohort, batch, judges);
      return (user) => !judge(user);
    }
    case "did":
    case "firstTime":
    case "active":
    case "funnel":
      return judges.judgeOf(cohort, batch);
    default:
      return unreachable(cohort);
  }
}

/** Whether a user is in a cohort who did nothing that a leaf asks for. */
export function holdsIdle(cohort: ParsedCohort): boolean {
  switch (cohort.kind) {
    case "all":
      return cohort.cohorts.every(holdsIdle);
    case "any":
      return cohort.cohorts.some(holdsIdle);
    case "not":
      return !holdsIdle(cohort.cohort);
    case "did":
      return cohort.times.op === "lte" || cohort.times.value === 0;
    case "firstTime":
    case "active":
    case "funnel":
      return false;
    default:
      return unreachable(cohort);
  }
}

export function leavesOf(cohort: ParsedCohort): CohortLeaf[] {
  switch (cohort.kind) {
    case "all":
    case "any":
      return cohort.cohorts.flatMap(leavesOf);
    case "not":
      return leavesOf(cohort.cohort);
    case "did":
    case "firstTime":
    case "active":
    case "funnel":
      return [cohort];
    default:
      return unreachable(cohort);
  }
}
