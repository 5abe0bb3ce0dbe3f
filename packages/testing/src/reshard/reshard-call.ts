import type { Reshard } from "@shale/engine";
import type { CatalogDocument } from "@shale/format";
import type { ShaleError } from "@shale/model";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, goOnBehind, mustSucceed, processAt } from "../world/running-process.ts";
import { noteCollected } from "../world/store-model.ts";
import type { RunningProcess } from "../world/store-system.ts";
import { peekCatalog } from "./peek-catalog.ts";

export type ReshardVerb =
  | "begin"
  | "backfill"
  | "pause"
  | "resume"
  | "validate"
  | "finalize"
  | "rollback"
  | "abort"
  | "collect";

const COPYING = ["copying", "teeing", "backfilling", "validating"];
/** Where each verb may run, as the design has it, and not as the code does. */
const allowedIn: Readonly<Record<ReshardVerb, readonly string[]>> = {
  begin: ["steady"],
  backfill: COPYING,
  pause: COPYING,
  resume: COPYING,
  validate: ["backfilling", "validating"],
  finalize: ["validating", "finalized"],
  rollback: ["finalized"],
  abort: [...COPYING, "aborting"],
  collect: ["finalized", "steady"],
};

export interface ReshardCall<T> {
  readonly seat: number;
  readonly verb: ReshardVerb;
  readonly call: (reshard: Reshard, running: RunningProcess) => Promise<T>;
  /** Refusals that the verb may give although its state allows it. */
  readonly mayRefuse?: ((before: CatalogDocument) => boolean) | undefined;
  /** Throws what is wrong with the answer; `moved` tells what one call alone did to the catalog. */
  readonly judge?: ((value: T, moved: Moved | undefined) => void) | undefined;
}

/** The catalog around a call with which no other change of the number of shards met. */
export interface Moved {
  readonly before: CatalogDocument;
  readonly after: CatalogDocument;
}

export function stateIn({ operation }: CatalogDocument): string {
  return operation?.state ?? "steady";
}

/** Calls one verb of resharding; undefined when it did not come back, or failed and may have. */
export async function reshardCall<T>(
  run: CommandRun,
  { seat, verb, call, mayRefuse, judge }: ReshardCall<T>,
): Promise<T | undefined> {
  const running = await processAt(run, seat);
  if (running === undefined) return undefined;
  const { reshards } = run.system;
  const before = await peekCatalog(run);
  const isFirst = reshards.open === 0;
  const number = ++reshards.begun;
  reshards.open++;
  const startMs = running.env.clock.nowMs();
  // An abort and a collect of the old spec collect the whole project, as far as they come.
  const noteDays = (): void => {
    const endMs = running.env.clock.nowMs();
    const isCollector = verb === "abort" || verb === "collect";
    if (isCollector) noteCollected(run.model, [startMs, endMs], "doubtful");
  };
  const outcome = await callOf(running.env, () => call(running.project.reshard, running));
  if (outcome.kind === "stopped") {
    const late = outcome.later.then((end) => {
      reshards.open--;
      noteDays();
      if (end.kind === "failed") checkFailure(run, running, end.error);
      if (end.kind === "done") judge?.(end.value, undefined);
    });
    noteDays();
    goOnBehind(run.system, late);
    return undefined;
  }
  reshards.open--;
  noteDays();
  run.system.disturbances++; // The live spec, or its objects, may have changed.
  const after = await peekCatalog(run);
  const isAlone = isFirst && reshards.begun === number && run.system.lapses === 0;
  const moved = isAlone && before && after && { before, after };
  if (outcome.kind === "failed") {
    checkFailure(run, running, outcome.error);
    if (moved && mustSucceed(run, running)) {
      checkRefusal(outcome.error, { verb, moved, mayRefuse: mayRefuse?.(before) ?? false });
    }
  }
  if (outcome.kind !== "done") return undefined;
  if (moved && mustSucceed(run, running) && !allowedIn[verb].includes(stateIn(before))) {
    throw new Error(`${verb} went through while the state was ${stateIn(before)}`);
  }
  judge?.(outcome.value, moved || undefined);
  return outcome.value;
}

/** Errors that no fault and no race explains. */
const NEVER = ["RESHARD_DIFFERENCES", "OBJECT_CORRUPT", "FORMAT_UNKNOWN"];
const REFUSALS = ["RESHARD_STATE", "VALIDATION_REQUIRED"];

function checkFailure(run: CommandRun, running: RunningProcess, error: ShaleError): void {
  if (NEVER.includes(error.code)) throw error;
  if (error.code === "OBJECT_MISSING" && run.system.lapses === 0) throw error;
  // Nobody is left to lose a race against: a change that does not get on is found here.
  if (run.system.isAlone) throw error;
  if (!mustSucceed(run, running) || run.system.lapses > 0) return;
  if (error.kind !== "conflict" && error.kind !== "unavailable") {
    if (error.code !== "CANCELLED") throw error;
  }
}

function checkRefusal(
  error: ShaleError,
  refused: { readonly verb: ReshardVerb; readonly moved: Moved; readonly mayRefuse: boolean },
): void {
  const { verb, moved, mayRefuse } = refused;
  const { before, after } = moved;
  if (!REFUSALS.includes(error.code)) return;
  const isUnchanged =
    before.transitions.length === after.transitions.length &&
    before.live === after.live &&
    before.operation?.token === after.operation?.token;
  if (!isUnchanged) throw new Error(`${verb} was refused and changed something: ${String(error)}`);
  if (allowedIn[verb].includes(stateIn(before)) && !mayRefuse) throw error;
}
