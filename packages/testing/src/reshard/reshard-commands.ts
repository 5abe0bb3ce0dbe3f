import type { ProcessCommand, StoreCommand } from "../commands/store-command.ts";
import { processCommand } from "../commands/store-command.ts";
import type { CommandRun } from "../world/running-process.ts";
import { noteReached } from "../world/store-system.ts";
import { checkSpecs } from "./check-specs.ts";
import { peekCatalog } from "./peek-catalog.ts";
import type { Moved } from "./reshard-call.ts";
import { reshardCall, stateIn } from "./reshard-call.ts";

export interface BeginDraft {
  readonly shards: number;
  readonly strategy: "tee" | "chunked";
  readonly horizonDays: number;
}

export function beginReshardCommand(seat: number, draft: BeginDraft): ProcessCommand {
  return processCommand(seat, `reshard begin ${JSON.stringify(draft)}`, async (run) => {
    const { shards } = run.system;
    const catalog = await peekCatalog(run);
    const now = catalog?.specs.find(({ spec }) => spec === catalog.live)?.shards ?? shards;
    // One that changes nothing is refused.
    const options = { ...draft, shards: draft.shards === now ? now + 1 : draft.shards };
    await reshardCall(run, {
      ...{ seat, verb: "begin" },
      call: (reshard) => reshard.begin({ ...options, retention: 0 }),
      judge({ state, generation }, moved) {
        if (moved === undefined) return;
        const wanted = draft.strategy === "tee" ? "teeing" : "copying";
        if (state !== wanted || (state === "teeing" && generation === null)) {
          throw new Error(`begin says ${state}, generation ${generation}`);
        }
      },
    });
  });
}

/** Copies; with `stopAfter` a signal ends it before that job. */
export function backfillCommand(
  seat: number,
  draft: { readonly stopAfter?: number | undefined } = {},
): ProcessCommand {
  const { stopAfter } = draft;
  const text = stopAfter === undefined ? "" : `, stopped at job ${stopAfter}`;
  return processCommand(seat, `reshard backfill${text}`, async (run) => {
    let isComplete = false;
    const controller = new AbortController();
    let jobs = 0;
    await reshardCall(run, {
      ...{ seat, verb: "backfill" },
      call: (reshard) =>
        reshard.backfill({
          signal: controller.signal,
          mayCopy() {
            if (++jobs === stopAfter) controller.abort();
            return true;
          },
        }),
      judge({ complete, jobsDone, jobsTotal, state }, moved) {
        isComplete = complete;
        const wasPaused = moved === undefined || moved.before.operation?.paused === true;
        if (!complete && !wasPaused) throw new Error(`backfill ends in ${state}, incomplete`);
        if (complete && moved !== undefined && jobsDone !== jobsTotal) {
          throw new Error(`backfill is complete with ${jobsDone} of ${jobsTotal} jobs`);
        }
      },
    });
    if (!isComplete) return;
    await noteCaughtUp(run);
    await checkSpecs(run, seat, { isCopied: true });
  });
}

/** Counts the copies that brought a spec back which rows had gone past. */
async function noteCaughtUp(run: CommandRun): Promise<void> {
  const { system, model } = run;
  const { appendsBeforeBehind } = system;
  if (appendsBeforeBehind === undefined || (await peekCatalog(run))?.behind.length !== 0) return;
  const missed = [...model.appends.values()].slice(appendsBeforeBehind);
  noteReached(system, "a spec has caught up");
  if (missed.some(({ isShared }) => isShared)) noteReached(system, "over rows that it missed");
  system.appendsBeforeBehind = undefined;
}

export function pauseBackfillCommand(seat: number, what: "pause" | "resume"): ProcessCommand {
  return processCommand(seat, `reshard ${what}`, async (run) => {
    await reshardCall(run, { seat, verb: what, call: (reshard) => reshard[what]() });
  });
}

/** Compares both specs: whatever goes on beside it, they must be equal. */
export function validateCommand(seat: number, full: boolean): ProcessCommand {
  return processCommand(seat, `reshard validate${full ? " --full" : ""}`, async (run) => {
    await reshardCall(run, {
      ...{ seat, verb: "validate" },
      call: (reshard) => reshard.validate({ full }),
      mayRefuse: (before) => before.behind.length > 0 || stateIn(before) !== "validating",
      judge({ matched, misplaced, token, differences, units, objects }, moved) {
        if (!matched || misplaced > 0) {
          const wrong = units.filter(({ equal }) => !equal);
          const found = { differences, misplaced, wrong, objects };
          throw new Error(`validate found differences: ${JSON.stringify(found)}`);
        }
        if (moved && moved.after.operation?.token !== token) {
          throw new Error(`validate gives token ${token}, and the catalog another one`);
        }
      },
    });
  });
}

export type TokenDraft = "last" | "stale" | "foreign";

export function finalizeCommand(seat: number, draft: TokenDraft): ProcessCommand {
  return processCommand(seat, `reshard finalize, ${draft} token`, async (run) => {
    const token = await tokenOf(run, draft);
    if (token === "none") return;
    await reshardCall(run, {
      ...{ seat, verb: "finalize" },
      call: (reshard) => reshard.finalize({ token }),
      mayRefuse: ({ operation, behind }) =>
        operation?.token === null ||
        (token !== undefined && token !== operation?.token) ||
        behind.length > 0,
      judge({ live }, moved) {
        if (moved === undefined) return;
        const { before, after } = moved;
        const { operation } = before;
        if (live !== operation?.spec || after.live !== live) {
          throw new Error(`finalize leaves ${after.live} live, and says ${live}`);
        }
        const isKnown = operation.token !== null && [undefined, operation.token].includes(token);
        if (operation.state === "validating" && !isKnown) {
          throw new Error(`finalize took the ${draft} token ${token}`);
        }
      },
    });
    await checkSpecs(run, seat);
  });
}

/** "none": there is no token of that kind. */
async function tokenOf(run: CommandRun, draft: TokenDraft): Promise<string | undefined> {
  if (draft === "last") return undefined;
  if (draft === "foreign") return "f".repeat(32);
  const catalog = await peekCatalog(run);
  const tokens = (catalog?.transitions ?? []).flatMap(({ verb, facts }) =>
    verb === "validate" && typeof facts["token"] === "string" ? [facts["token"]] : [],
  );
  return tokens.find((token) => token !== catalog?.operation?.token) ?? "none";
}

export function rollbackCommand(seat: number): ProcessCommand {
  return processCommand(seat, "reshard rollback", async (run) => {
    await reshardCall(run, {
      ...{ seat, verb: "rollback" },
      call: (reshard) => reshard.rollback(),
      mayRefuse: ({ operation, behind }) => operation?.sourceMissed === true || behind.length > 0,
      judge({ live, comparison }, moved) {
        if (!comparison.matched) throw new Error("a rollback found differences");
        checkLive(moved, live, ({ operation }) => operation?.source);
      },
    });
    await checkSpecs(run, seat);
  });
}

function checkLive(
  moved: Moved | undefined,
  live: string,
  wanted: (before: Moved["before"]) => string | undefined,
): void {
  if (moved === undefined) return;
  const name = wanted(moved.before);
  if (live === name && moved.after.live === name) return;
  throw new Error(`${live} is said to be live, ${moved.after.live} is, and ${name} should be`);
}

export function abortReshardCommand(seat: number): ProcessCommand {
  return processCommand(seat, "reshard abort", async (run) => {
    await reshardCall(run, {
      ...{ seat, verb: "abort" },
      call: (reshard) => reshard.abort({ graceMs: 0 }),
      judge: ({ live }, moved) => checkLive(moved, live, (before) => before.live),
    });
    await checkSpecs(run, seat);
  });
}

export function collectReshardCommand(seat: number): ProcessCommand {
  return processCommand(seat, "reshard collect", async (run) => {
    await reshardCall(run, {
      ...{ seat, verb: "collect" },
      call: (reshard) => reshard.collect({ graceMs: 0 }),
      // By the clock of another process the window may be open still.
      mayRefuse: () => run.model.areClocksApart,
      judge: ({ live }, moved) => checkLive(moved, live, (before) => before.live),
    });
    await checkSpecs(run, seat);
  });
}

export function checkSpecsCommand(seat: number): ProcessCommand {
  return processCommand(seat, "every spec is read", (run) => checkSpecs(run, seat));
}

/** The step that comes next in the life of a change, whichever that is. */
export function goOnReshardCommand(seat: number, draft: BeginDraft): ProcessCommand {
  return processCommand(seat, `reshard goes on ${JSON.stringify(draft)}`, async (run) => {
    const catalog = await peekCatalog(run);
    if (catalog === undefined) return;
    for (const step of nextSteps(seat, draft, catalog)) await step.run(run.model, run.system);
  });
}

function nextSteps(
  seat: number,
  draft: BeginDraft,
  { operation, behind }: NonNullable<Awaited<ReturnType<typeof peekCatalog>>>,
): readonly StoreCommand[] {
  const resumed = operation?.paused === true ? [pauseBackfillCommand(seat, "resume")] : [];
  switch (operation?.state) {
    case undefined:
      return [beginReshardCommand(seat, draft)];
    case "copying":
    case "teeing":
      return [...resumed, backfillCommand(seat)];
    case "backfilling":
      return [...resumed, backfillCommand(seat), validateCommand(seat, false)];
    case "validating":
      if (behind.length > 0) return [...resumed, backfillCommand(seat)];
      return operation.token === null
        ? [validateCommand(seat, true)]
        : [finalizeCommand(seat, "last")];
    case "finalized":
      return [collectReshardCommand(seat)];
    case "aborting":
      return [abortReshardCommand(seat)];
  }
}
