import type {
  Backfilled,
  BackfillOptions,
  BackfillProgress,
  Project,
  ReshardStatus,
} from "@shale/engine";
import { copyWindowOf } from "@shale/engine";
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
  readonly window?: string | undefined;
  readonly windowTimezone?: string | undefined;
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
    .option("--window <times>", "begin jobs between these times only: 22:00-06:00 or none")
    .option("--window-timezone <zone>", "zone of --window, such as Europe/Berlin (default UTC)")
    .option("--pause", "stop copying, in every process, after the jobs that have begun")
    .option("--resume", "end the pause, and copy")
    .addHelpText(
      "after",
      `
--throttle, --concurrency and --window stay set, and hold at once for whoever copies already.

Examples:
  shale reshard backfill --new-sharding-spec=B
  shale reshard backfill --new-sharding-spec=B --throttle=50MB/s --concurrency=4
  shale reshard backfill --new-sharding-spec=B --window=22:00-06:00
  shale reshard backfill --new-sharding-spec=B --pause
  shale reshard backfill --new-sharding-spec=B --resume`,
    )
    .action((options: BackfillArguments) => run((context) => runBackfill(context, options)));
};

async function runBackfill(context: CommandContext, options: BackfillArguments): Promise<ExitCode> {
  checkArguments(options);
  const throttle = throttleOf(options);
  const backfilled = await withProject(context, async (project) => {
    const operationId = await operationIdOf(project, options);
    if (options.pause === true) return await pause(context, project, operationId);
    return await copy(context, project, { ...options, operationId, throttle });
  });
  const { layout } = context.output;
  const { newShardingSpec: spec } = options;
  await writeAnswer(context, backfilled, () => backfilledText({ ...backfilled, spec }, layout));
  return backfilled.complete || options.pause === true ? 0 : 75;
}

/** What is to be set; undefined: nothing. @throws {ShaleError} USAGE, OPTION_INVALID */
function throttleOf({
  throttle,
  concurrency,
  window,
  windowTimezone,
}: BackfillArguments): BackfillOptions["throttle"] {
  if (windowTimezone !== undefined && (window ?? "none") === "none") {
    throw new ShaleError("USAGE", "Cannot use --window-timezone without --window=HH:MM-HH:MM");
  }
  const set = {
    ...(throttle === undefined ? {} : { bytesPerSecond: parseThrottle(throttle) }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(window === undefined
      ? {}
      : { window: window === "none" ? null : copyWindowOf(window, windowTimezone) }),
  };
  return Object.keys(set).length === 0 ? undefined : set;
}

function checkArguments(options: BackfillArguments): void {
  const { pause, resume, throttle, concurrency, window } = options;
  if (pause !== true) return;
  if (resume === true) {
    throw new ShaleError("USAGE", "Cannot use --pause together with --resume");
  }
  if ((throttle ?? concurrency ?? window) !== undefined) {
    throw new ShaleError(
      "USAGE",
      "Cannot set --throttle, --concurrency or --window together with --pause: nothing is copied then",
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
  options: OperationArguments &
    Pick<BackfillOptions, "operationId" | "throttle"> &
    Pick<BackfillArguments, "resume">,
): Promise<Backfilled & { readonly paused: boolean }> {
  const { signal } = context;
  const { operationId, resume, throttle } = options;
  if (resume === true) await reshard.resume({ operationId, signal });
  const view = createView(context, { reshard });
  try {
    const onProgress = view.show;
    const set = throttle === undefined ? {} : { throttle };
    const done = await reshard.backfill({ operationId, signal, onProgress, ...set });
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
