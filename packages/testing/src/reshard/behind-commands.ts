import { markBehind } from "@shale/catalog";
import type { CatalogDocument } from "@shale/format";
import { compactAt, compactCommand, flushCommand } from "../commands/compaction-commands.ts";
import { inTurn } from "../commands/schedules.ts";
import type { ProcessCommand, StoreCommand } from "../commands/store-command.ts";
import { processCommand } from "../commands/store-command.ts";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, processAt, tolerate } from "../world/running-process.ts";
import type { RunningProcess } from "../world/store-system.ts";
import { isCalm, noteReached } from "../world/store-system.ts";
import { checkSpecs } from "./check-specs.ts";
import { peekCatalog, project } from "./peek-catalog.ts";
import type { BeginDraft } from "./reshard-commands.ts";
import {
  abortReshardCommand,
  backfillCommand,
  beginReshardCommand,
  collectReshardCommand,
} from "./reshard-commands.ts";

/** The spec that is fed and does not answer. */
function otherSpecIn({ fed, live }: CatalogDocument): string | undefined {
  return fed.find((name) => name !== live);
}

/** The spec that does not answer falls behind: its disk is full, say. */
export function fallBehindCommand(seat: number): ProcessCommand {
  return processCommand(seat, "the other spec falls behind", async (run) => {
    const running = await processAt(run, seat);
    const catalog = await peekCatalog(run);
    const spec = catalog?.fed.find((name) => name !== catalog.live);
    if (running === undefined || spec === undefined) return;
    const why = { spec, why: "the disk is full", by: "test" };
    run.system.reshards.begun++;
    run.system.disturbances++;
    const outcome = await callOf(running.env, () => markBehind(running.env, project, why));
    tolerate(run, running, outcome);
    await noteBehind(run);
  });
}

/** Remembers which rows a spec that has fallen behind will have to catch up with. */
async function noteBehind({ model, system }: CommandRun): Promise<void> {
  const catalog = await peekCatalog({ model, system });
  if (catalog === undefined || catalog.behind.length === 0) return;
  system.appendsBeforeBehind ??= model.appends.size;
}

/** Every file of a spec finds no room, as far as one process writes it. Returns what ends that. */
function fillDisk(run: CommandRun, { env }: RunningProcess, spec: string): () => void {
  return run.system.world.faults.addRule({
    process: env.position,
    where: "store",
    what: ["put"],
    keyIncludes: `p/spec=${spec}/shard=`,
    fault: { kind: "full" },
  });
}

/** How often the disk was full for a process since that operation. */
function refusedSince({ system }: CommandRun, { number }: RunningProcess, begun: number): number {
  const { trace } = system.world.faults;
  return trace.filter(
    ({ process, outcome, index }) => process === number && outcome === "full" && index > begun,
  ).length;
}

/** What ends a change that has nothing left to copy, and begins another one. */
function stepsToCopying(
  seat: number,
  draft: BeginDraft,
  { operation }: CatalogDocument,
): readonly StoreCommand[] {
  const begin = beginReshardCommand(seat, draft);
  switch (operation?.state) {
    case undefined:
      return [begin];
    case "validating":
    case "aborting":
      return [abortReshardCommand(seat), begin];
    case "finalized":
      return [collectReshardCommand(seat), begin];
    default:
      return [];
  }
}

/** A backfill whose files of the new spec find no room: the spec is behind, and nothing else. */
export function fullDiskCommand(seat: number, draft: BeginDraft): ProcessCommand {
  return processCommand(seat, "reshard backfill on a full disk", async (run) => {
    const { system, model } = run;
    const found = await peekCatalog(run);
    const steps = found === undefined ? [] : stepsToCopying(seat, draft, found);
    for (const step of steps) await step.run(model, system);
    const running = await processAt(run, seat);
    const catalog = await peekCatalog(run);
    if (running === undefined || catalog?.operation == null) return;
    const begun = system.world.faults.begun.length;
    const takeAway = fillDisk(run, running, catalog.operation.spec);
    system.strikes++;
    try {
      await backfillCommand(seat).run(model, system);
    } finally {
      takeAway();
      system.strikes--;
    }
    await noteBehind(run);
    if (refusedSince(run, running, begun) > 0) noteReached(system, "a backfill met a full disk");
  });
}

/**
 * A drain for the spec that does not answer finds no room: that spec is behind. The other one is
 * drained, takes appends and answers, while the disk is still full.
 */
export function fullDiskDrainCommand(append: ProcessCommand): StoreCommand {
  const { seat } = append;
  const drain = processCommand(seat, "compact on a full disk", async (run) => {
    const { system, model } = run;
    const running = await processAt(run, seat);
    const before = await peekCatalog(run);
    const spec = before && otherSpecIn(before);
    if (running === undefined || before === undefined || spec === undefined) return;
    const begun = system.world.faults.begun.length;
    const { begun: reshardsBegun, open } = system.reshards;
    const wasCalm = isCalm(system) && open === 0 && system.lapses === 0 && !running.isStruck;
    const takeAway = fillDisk(run, running, spec);
    system.strikes++;
    system.disturbances++;
    try {
      await compactAt(run, running, "full");
    } finally {
      system.strikes--;
    }
    const isSole = wasCalm && isCalm(system) && system.reshards.begun === reshardsBegun;
    await judgeDrain(run, { running, before, spec, begun, isSole });
    await noteBehind(run);
    try {
      await append.run(model, system);
      await flushCommand(seat).run(model, system);
      await checkSpecs(run, seat);
    } finally {
      takeAway();
    }
  });
  return inTurn(String(drain), [append, flushCommand(seat), drain]);
}

async function judgeDrain(
  run: CommandRun,
  drain: {
    readonly running: RunningProcess;
    readonly before: CatalogDocument;
    readonly spec: string;
    readonly begun: number;
    readonly isSole: boolean;
  },
): Promise<void> {
  const { running, before, spec, begun, isSole } = drain;
  if (refusedSince(run, running, begun) === 0) return;
  noteReached(run.system, "a drain met a full disk");
  const after = await peekCatalog(run);
  if (after === undefined || !isSole || !isSameOperation(before, after)) return;
  if (after.behind.some((one) => one.spec === spec)) return;
  throw new Error(`The disk is full for spec ${spec}, and it is not behind`);
}

function isSameOperation(before: CatalogDocument, after: CatalogDocument): boolean {
  const { operation, live } = after;
  return before.operation?.id === operation?.id && before.live === live;
}

/** A spec falls behind, rows go past it into the other one, and it has to catch up with them. */
export function missedRowsCommand(append: ProcessCommand, copier: number): StoreCommand {
  const { seat } = append;
  return inTurn(`process ${seat}: rows go past a spec that is behind`, [
    fallBehindCommand(seat),
    append,
    flushCommand(seat),
    compactCommand(seat, "full"),
    backfillCommand(copier),
  ]);
}
