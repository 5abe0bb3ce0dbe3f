import { invariant } from "@shale/model";
import type { ParsedCohort } from "../parse/cohort/parsed-cohort.ts";
import type { UserSet } from "./user-set.ts";

/** Who is in each cohort that a query names, in the shards that are asked. */
export interface CohortMembers {
  of(cohort: ParsedCohort): UserSet;
}

/** For queries without a cohort. */
export const noCohorts: CohortMembers = membersOf(new Map());

/** Sets by `cohortKey`. */
export function membersOf(sets: ReadonlyMap<string, UserSet>): CohortMembers {
  return {
    of(cohort) {
      const key = cohortKey(cohort);
      const set = sets.get(key);
      invariant(set !== undefined, `the users of a cohort are known before its filter: ${key}`);
      return set;
    },
  };
}

/** Equal for cohorts of one query that mean the same. */
export function cohortKey(cohort: ParsedCohort): string {
  return JSON.stringify(cohort);
}

/**
 * The cohorts that filters of a parsed query name, not those inside of another cohort. A parsed
 * query is plain data, and only a filter on a cohort has `kind: "cohort"`.
 */
export function cohortsIn(parsed: unknown): ParsedCohort[] {
  if (typeof parsed !== "object" || parsed === null) return [];
  if (isCohortFilter(parsed)) return [parsed.cohort];
  return Object.values(parsed).flatMap(cohortsIn);
}

function isCohortFilter(value: object): value is { readonly cohort: ParsedCohort } {
  return "kind" in value && value.kind === "cohort" && "cohort" in value;
}
