import type { CatalogOperationState } from "@shale/format";

/** Where a project stands: "steady" without an operation, else the operation's own state. */
export type ReshardState = "steady" | CatalogOperationState;

/** What moves it. All but "cut" are commands; the cut of a chunked operation comes by itself. */
export type ReshardVerb =
  | "begin"
  | "cut"
  | "backfill"
  | "validate"
  | "finalize"
  | "rollback"
  | "abort"
  | "collect";

export interface Transition {
  readonly verb: ReshardVerb;
  readonly from: ReshardState;
  readonly to: ReshardState;
  /** What has to hold, or what the step means where two have one name. */
  readonly when: string;
}

/**
 * Every step there is (resharding, section 1). Each is one commit to the catalog; what is not here
 * is refused with RESHARD_STATE. The drawing in docs/resharding.md is made from it.
 */
export const transitionTable: readonly Transition[] = [
  step("begin", "steady", "teeing", "strategy tee"),
  step("begin", "steady", "copying", "strategy chunked"),
  step("backfill", "copying", "copying", "copies what is older than the horizon"),
  step("cut", "copying", "teeing", "all of that has been copied"),
  step("backfill", "teeing", "backfilling", "the cut is taken"),
  step("backfill", "backfilling", "backfilling", "copies what is at or below the cut"),
  step("validate", "backfilling", "validating", "all of that has been copied"),
  step("validate", "validating", "validating", "again"),
  step("backfill", "validating", "validating", "the new spec was behind"),
  step("finalize", "validating", "finalized", "a valid token; the new spec is not behind"),
  step("rollback", "finalized", "validating", "the old spec was never behind since"),
  step("collect", "finalized", "steady", "the window of the rollback is over"),
  step("collect", "steady", "steady", "what a spec that was given up has left"),
  step("abort", "copying", "aborting", ""),
  step("abort", "teeing", "aborting", ""),
  step("abort", "backfilling", "aborting", ""),
  step("abort", "validating", "aborting", ""),
  step("abort", "aborting", "steady", "every group of the new spec is closed"),
];

function step(verb: ReshardVerb, from: ReshardState, to: ReshardState, when: string): Transition {
  return { verb, from, to, when };
}

/** Whether the verb may run in the state. */
export function allows(state: ReshardState, verb: ReshardVerb): boolean {
  return transitionTable.some((one) => one.from === state && one.verb === verb);
}

/** Commands that may run in the state, in the order of the table. */
export function commandsIn(state: ReshardState): readonly ReshardVerb[] {
  const verbs = transitionTable.filter(({ from, verb }) => from === state && verb !== "cut");
  return [...new Set(verbs.map(({ verb }) => verb))];
}
