import type { Backfilled, BackfillProgress, Project, ReshardStatus } from "@shale/engine";
import { ShaleError } from "@shale/model";
import { wholeNumberOf } from "../../arguments/parse-number.ts";
import { parseThrottle } from "../../arguments/parse-throttle.ts";
import type { AddCommand, CommandContext } from "../../command-context.ts";
import { withProject, writeAnswer } from "../../command-context.ts";
import type { ExitCode } from "../../render/error.ts";
import { backfillFacts } from "../../render/reshard/facts.ts";
import { backfilledText } from "../../render/reshard/steps.ts";
import type { OperationArguments } from "./operation.ts";
import { addSpecOption, operationIdOf } from "./operation.ts";

interface BackfillArguments extends OperationArguments {
  readonly throttle?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly pause?: boolean | undefined;
  readonly resume?: boolean | undefined;
}

/** How old what the view shows beside the bar may be. */
const VIEW_AGE_MS = 3_000;

export const addBackfillCommand: AddCommand = (program, run) => {
  addSpecOption(program.command("backfill"))
    .summary("copy what the new spec lacks")
    .description(
      "Copies rows of the old spec into the new one until nothing is left, or until it is paused. A rerun goes on, and several processes share the work. What is copied counts at once, whatever ends the command.",
    )
    .option("--throttle <rate>", "read at most so much: 50MB/s, 500KB/s, 1GB/s or none")
    .option(
      "--concurrency <jobs>",
      "jobs at the same time (default 2)",
      wholeNumberOf("--concurrency", 1),
    )
    .option("--pause", "stop copying, in every process, after the jobs that have begun")
    .option("--resume", "end the pause, and copy")
    .addHelpText(
      "after",
      `
--throttle and --concurrency stay set, and hold at once for whoever copies already.

Examples:
  shale reshard backfill --new-sharding-spec=B
  shale reshard backfill --new-sharding-spec=B --throttle=50MB/s --concurrency=4
  shale reshard backfill --new-sharding-spec=B --pause
  shale reshard backfill --new-sharding-spec=B --resume`,
    )
    .action((options: BackfillArguments) => run((context) => runBackfill(context, options)));
};

async function runBackfill(context: CommandContext, options: BackfillArguments): Promise<ExitCode> {
  checkArguments(options);
  const rate = options.throttle === undefined ? undefined : parseThrottle(options.throttle);
  const backfilled = await withProject(context, async (project) => {
    const operationId = await operationIdOf(project, options);
    if (options.pause === true) return await pause(context, project, operationId);
    return await copy(context, project, { ...options, operationId, rate });
  });
  const { layout } = context.output;
  const { newShardingSpec: spec } = options;
  await writeAnswer(context, backfilled, () => backfilledText({ ...backfilled, spec }, layout));
  return backfilled.complete || options.pause === true ? 0 : 75;
}

function checkArguments({ pause, resume, throttle, concurrency }: BackfillArguments): void {
  if (pause !== true) return;
  if (resume === true) {
    throw new ShaleError("USAGE", "Cannot use --pause together with --resume");
  }
  if (throttle !== undefined || concurrency !== undefined) {
    throw new ShaleError(
      "USAGE",
      "Cannot set --throttle or --concurrency together with --pause: nothing is copied then",
    );
  }
}

async function pause(
  { signal }: CommandContext,
  { reshard }: Project,
  operationId: string | undefined,
): Promise<Backfilled & { readonly paused: boolean }> {
  const { state, paused } = await reshard.pause({ operationId, signal });
  const { progress, next } = await reshard.status({ signal });
  const done = progress ?? {
    ...{ jobsDone: 0, jobsTotal: 0, rowsDone: 0, rowsTotal: 0, bytesDone: 0, bytesTotal: 0 },
  };
  const complete = done.jobsDone === done.jobsTotal && next.includes("validate");
  return { state, ...done, rowsPerSecond: 0, etaMs: null, complete, paused };
}

async function copy(
  context: CommandContext,
  { reshard }: Project,
  options: BackfillArguments & { readonly rate: number | null | undefined },
): Promise<Backfilled & { readonly paused: boolean }> {
  const { signal } = context;
  const { operationId, resume, rate: bytesPerSecond, concurrency } = options;
  if (resume === true) await reshard.resume({ operationId, signal });
  const isSet = bytesPerSecond !== undefined || concurrency !== undefined;
  const throttle = {
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
  const view = createView(context, { reshard });
  try {
    const onProgress = view.show;
    const shown = isSet ? { throttle } : {};
    const done = await reshard.backfill({ operationId, signal, onProgress, ...shown });
    const paused = !done.complete && (await reshard.status()).paused;
    return { ...done, paused };
  } catch (error) {
    if (signal.aborted) {
      await context.note("What was copied counts; the same command goes on from there");
    }
    throw error;
  } finally {
    await view.ended();
  }
}

/** The bar of a terminal, with where the reshard stands below it, looked up now and then. */
function createView(
  { clock, isProgressShown, onProgress }: CommandContext,
  { reshard }: Pick<Project, "reshard">,
) {
  let status: ReshardStatus | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let look: Promise<void> | undefined;
  async function lookUp(): Promise<void> {
    try {
      status = await reshard.status();
    } catch (error) {
      // What is shown beside the bar may be old; the copying itself meets what is wrong.
      if (!(error instanceof ShaleError)) throw error;
    } finally {
      look = undefined;
    }
  }
  return {
    show(progress: BackfillProgress): void {
      if (!isProgressShown) return;
      const nowMs = clock.monotonicMs();
      if (look === undefined && nowMs - lookedMs >= VIEW_AGE_MS) {
        lookedMs = nowMs;
        look = lookUp();
      }
      const { rowsDone: done, rowsTotal: total, rowsPerSecond: perSecond, etaMs } = progress;
      const facts = backfillFacts(progress, status);
      const phase = status?.state ?? "backfill";
      onProgress({ phase, done, total, unit: "rows", perSecond, etaMs, facts });
    },
    ended: async (): Promise<void> => await look,
  };
}
