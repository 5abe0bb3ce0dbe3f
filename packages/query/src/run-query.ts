import type { Env } from "@shale/env";
import type { Answer, AnswerMeta } from "@shale/model";
import { dayOf, dayText, unreachable } from "@shale/model";
import type { Pin, TailCache } from "@shale/scan";
import { withCohorts } from "./cohort/load-cohorts.ts";
import { answerFlow } from "./flow/answer/answer-flow.ts";
import { answerFunnel } from "./funnel/answer/answer-funnel.ts";
import { answerLifecycle } from "./lifecycle/run-lifecycle.ts";
import type { ParsedQuery } from "./parse/parsed-query.ts";
import type { ParsedUsers } from "./parse/users/parsed-users.ts";
import type { OnProgress } from "./progress.ts";
import { createRowsReporter } from "./progress.ts";
import { createQueryGuard } from "./query-guard.ts";
import type { QueryRun } from "./query-run.ts";
import { createQueryRun } from "./query-run.ts";
import { answerRetention } from "./retention/answer-retention.ts";
import { answerSegmentation } from "./segmentation/answer/answer-segmentation.ts";
import type { Coordinator } from "./shards/ask-shards.ts";
import { createCoordinator } from "./shards/ask-shards.ts";
import { estimateRows } from "./shards/estimate-rows.ts";
import type { ShardExecutor } from "./shards/shard-executor.ts";
import { inlineExecutor } from "./shards/shard-executor.ts";
import { answerStickiness } from "./stickiness/run-stickiness.ts";
import { runTimeline } from "./timeline/run-timeline.ts";
import type { AnswerBody } from "./users/listed-segments.ts";
import { asksForOthers, listedIn } from "./users/listed-segments.ts";
import { usersPositionOf } from "./users/users-cursor.ts";
import { answerUsers } from "./users/users-part.ts";

export interface QueryOptions {
  /** Where the answer stands. For a query with a cursor: the pin of `snapshotOf(parsed)`. */
  readonly pin: Pin;
  readonly parsed: ParsedQuery;
  /** The query's now, unless it says `asOf`. */
  readonly nowMs: number;
  readonly cache: TailCache;
  readonly signal?: AbortSignal | undefined;
  /** Longest time to take, in ms. */
  readonly deadlineMs?: number | undefined;
  /** Bytes that the states of the query may take; default 512 MB. */
  readonly memoryBytesMax?: number | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Where shards are asked; default this thread, with `cache`. */
  readonly executors?: readonly ShardExecutor[] | undefined;
  /** With fewer rows in the range this thread answers alone; default 200,000. */
  readonly fanOutRowsMin?: number | undefined;
}

export const MEMORY_BYTES_MAX = 512 * 2 ** 20;
/** What this thread scans in about the time that it takes to ask others. */
export const FAN_OUT_ROWS_MIN = 200_000;

/**
 * Answers a parsed query at one pin. The same pin gives the same answer, `meta.stats` aside.
 *
 * @throws {ShaleError} CANCELLED, DEADLINE_EXCEEDED, MEMORY_EXCEEDED; QUERY_INVALID for too many
 *   intervals; CURSOR_INVALID; PIN_UNSTABLE when the pin has to be taken again (see `runWithPin` of
 *   scan); OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE
 */
export async function runQuery(env: Env, options: QueryOptions): Promise<Answer> {
  const { pin, parsed, nowMs, cache, memoryBytesMax = MEMORY_BYTES_MAX, onProgress } = options;
  const startMs = env.clock.monotonicMs();
  const asOfMs = asOfMsOf(parsed, nowMs);
  const guard = createQueryGuard(env, options);
  const shared = { pin, guard, memoryBytesMax, onRows: createRowsReporter(env, onProgress) };
  const run = createQueryRun(env, { ...shared, cache });
  const executors = executorsFor(env, options);
  const { stats } = run;
  const coordinatorAt = (nowOfQueryMs: number): Coordinator =>
    createCoordinator(env, { ...shared, executors, asOfMs: nowOfQueryMs, stats });
  try {
    const answer = await runParsed({ run, coordinatorAt }, parsed, asOfMs);
    const elapsedMs = Math.round((env.clock.monotonicMs() - startMs) * 1_000) / 1_000;
    return { ...answer, meta: metaOf(run, parsed, { asOfMs, elapsedMs }) };
  } catch (error) {
    // Whatever the abort made fail, the caller learns why it was aborted.
    guard.signal.throwIfAborted();
    throw error;
  } finally {
    guard.close();
  }
}

function executorsFor(env: Env, options: QueryOptions): readonly ShardExecutor[] {
  const { pin, parsed, cache, executors, fanOutRowsMin = FAN_OUT_ROWS_MIN } = options;
  const inline = [inlineExecutor(env, cache)];
  if (executors === undefined || executors.length === 0) return inline;
  const { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY } = rangeOf(parsed);
  // History before the range and what comes after it is at least as much again.
  const rows = estimateRows(pin, fromMs, toMs);
  return rows < fanOutRowsMin ? inline : executors;
}

function rangeOf(parsed: ParsedQuery): {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
} {
  if (parsed.kind !== "users") return parsed;
  // A cohort may look at all there is, whatever the range of the users that are listed.
  return parsed.who.kind === "members" ? {} : parsed.who.of;
}

/** The query's now. */
export function asOfMsOf(parsed: ParsedQuery, nowMs: number): number {
  // The pages of one list of users have one now.
  if (parsed.kind === "users") return usersPositionOf(parsed)?.asOfMs ?? parsed.asOfMs ?? nowMs;
  return ("asOfMs" in parsed ? parsed.asOfMs : undefined) ?? nowMs;
}

interface Asking {
  readonly run: QueryRun;
  readonly coordinatorAt: (asOfMs: number) => Coordinator;
}

async function runParsed(asking: Asking, parsed: ParsedQuery, asOfMs: number): Promise<AnswerBody> {
  const { run } = asking;
  const coordinator = asking.coordinatorAt(asOfMs);
  const time = { asOfMs, timezone: parsed.timezone };
  switch (parsed.kind) {
    case "segmentation":
      return await answerSegmentation(
        parsed,
        asOfMs,
        async (task) => {
          const parts = await coordinator.ask({ kind: "segmentation", parsed, task });
          for (const { skipped } of parts) run.stats.skipped += skipped;
          return parts;
        },
        run.memoryBytesMax,
      );
    case "funnel":
      return answerFunnel(parsed, asOfMs, await coordinator.ask({ kind: "funnel", parsed }));
    case "retention":
      return answerRetention(parsed, asOfMs, await coordinator.ask({ kind: "retention", parsed }));
    case "flow":
      return answerFlow(parsed, asOfMs, await coordinator.ask({ kind: "flow", parsed }));
    case "lifecycle":
      return answerLifecycle(parsed, await coordinator.ask({ kind: "lifecycle", parsed }));
    case "stickiness":
      return answerStickiness(parsed, await coordinator.ask({ kind: "stickiness", parsed }));
    case "users": {
      const listed = await listedFor(asking, parsed, asOfMs);
      return answerUsers(parsed, asOfMs, await coordinator.ask({ kind: "users", parsed, listed }));
    }
    case "timeline":
      return await runTimeline(await withCohorts(run, parsed, time), parsed);
    default:
      return unreachable(parsed);
  }
}

/** What the query inside lists by name, where the users behind the rest are asked for. */
async function listedFor(
  asking: Asking,
  parsed: ParsedUsers,
  asOfMs: number,
): Promise<string[] | undefined> {
  const { who } = parsed;
  if (who.kind === "members" || !asksForOthers(parsed)) return undefined;
  return listedIn(parsed, await runParsed(asking, who.of, who.of.asOfMs ?? asOfMs));
}

function metaOf(
  { pin, stats }: QueryRun,
  parsed: ParsedQuery,
  { asOfMs, elapsedMs }: { readonly asOfMs: number; readonly elapsedMs: number },
): AnswerMeta {
  const { minTimeMs } = stats;
  return {
    asOf: new Date(asOfMs).toISOString(),
    spec: pin.spec.spec,
    snapshot: pin.snapshot,
    timezone: parsed.timezone,
    stats: {
      filesPlanned: stats.filesPlanned,
      filesPruned: stats.filesPruned,
      filesFromFooter: stats.filesFromFooter,
      rowsScanned: stats.rowsScanned,
      bytesRead: { ...stats.bytesRead },
      shards: parsed.kind === "timeline" ? 1 : pin.spec.shards,
      retries: stats.retries,
      skipped: stats.skipped,
      tieOverflow: 0, // Tied events are matched to steps exactly, however many there are.
      historyFrom: minTimeMs === null ? null : dayText(dayOf(minTimeMs)),
      elapsedMs,
    },
  };
}
