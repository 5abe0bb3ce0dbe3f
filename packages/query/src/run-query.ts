import type { Env } from "@shale/env";
import type { Answer, AnswerMeta } from "@shale/model";
import { dayOf, dayText, unreachable } from "@shale/model";
import type { Pin, TailCache } from "@shale/scan";
import { withCohorts } from "./cohort/load-cohorts.ts";
import { answerFunnel } from "./funnel/answer/answer-funnel.ts";
import { scanFunnel } from "./funnel/scan-funnel.ts";
import { answerLifecycle, scanLifecycle } from "./lifecycle/run-lifecycle.ts";
import type { ParsedQuery } from "./parse/parsed-query.ts";
import type { OnProgress } from "./progress.ts";
import { createQueryGuard } from "./query-guard.ts";
import type { QueryRun } from "./query-run.ts";
import { createQueryRun } from "./query-run.ts";
import { answerRetention } from "./retention/answer-retention.ts";
import { scanRetention } from "./retention/scan-retention.ts";
import { runSegmentation } from "./segmentation/run-segmentation.ts";
import { answerStickiness, scanStickiness } from "./stickiness/run-stickiness.ts";
import { runTimeline } from "./timeline/run-timeline.ts";

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
}

export const MEMORY_BYTES_MAX = 512 * 2 ** 20;

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
  const guard = createQueryGuard(env, options);
  const run = createQueryRun(env, { pin, cache, guard, memoryBytesMax, onProgress });
  try {
    const asOfMs = asOfMsOf(parsed, nowMs);
    const time = { asOfMs, timezone: parsed.timezone };
    const answer = await runParsed(await withCohorts(run, parsed, time), parsed, asOfMs);
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

/** The query's now. */
function asOfMsOf(parsed: ParsedQuery, nowMs: number): number {
  return ("asOfMs" in parsed ? parsed.asOfMs : undefined) ?? nowMs;
}

async function runParsed(run: QueryRun, parsed: ParsedQuery, asOfMs: number) {
  switch (parsed.kind) {
    case "segmentation":
      return await runSegmentation(run, parsed);
    case "funnel":
      return answerFunnel(parsed, asOfMs, [await scanFunnel(run, parsed, asOfMs)]);
    case "retention":
      return answerRetention(parsed, asOfMs, [await scanRetention(run, parsed, asOfMs)]);
    case "lifecycle":
      return answerLifecycle(parsed, [await scanLifecycle(run, parsed)]);
    case "stickiness":
      return answerStickiness(parsed, [await scanStickiness(run, parsed)]);
    case "timeline":
      return await runTimeline(run, parsed);
    default:
      return unreachable(parsed);
  }
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
      retries: 0,
      skipped: 0,
      tieOverflow: 0,
      historyFrom: minTimeMs === null ? null : dayText(dayOf(minTimeMs)),
      elapsedMs,
    },
  };
}
