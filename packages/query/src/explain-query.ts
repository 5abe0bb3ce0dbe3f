import type { Env } from "@shale/env";
import type { Pin, ScanBatch, ScanPlan, TailCache } from "@shale/scan";
import { explainScan } from "@shale/scan";
import { withCohorts } from "./cohort/load-cohorts.ts";
import type { ParsedQuery } from "./parse/parsed-query.ts";
import type { QueryGuard } from "./query-guard.ts";
import { createQueryGuard } from "./query-guard.ts";
import type { QueryRun, RunScanOptions } from "./query-run.ts";
import { createQueryRun } from "./query-run.ts";
import { asOfMsOf, MEMORY_BYTES_MAX } from "./run-query.ts";
import type { ShardTask } from "./shards/shard-task.ts";
import { runShardTask } from "./shards/shard-task.ts";
import { runTimeline } from "./timeline/run-timeline.ts";

export interface ExplainOptions {
  readonly pin: Pin;
  readonly parsed: ParsedQuery;
  readonly nowMs: number;
  readonly cache: TailCache;
  readonly signal?: AbortSignal | undefined;
}

/** A pass over the rows that a query makes: what for, and what it reads. */
export interface PlannedPass {
  /** What progress calls it. */
  readonly phase: string;
  /** Epoch ms; an infinite end is null. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly columns: readonly string[] | "all";
  readonly plan: ScanPlan;
}

/**
 * What a query would read. A further pass for the segments behind a limit is not in it: the answer
 * of the first decides whether there is one.
 *
 * @throws as `runQuery`, MEMORY_EXCEEDED left out
 */
export async function explainQuery(env: Env, options: ExplainOptions): Promise<PlannedPass[]> {
  const { pin, cache } = options;
  const guard = createQueryGuard(env, options);
  try {
    const passes: PlannedPass[] = [];
    for (const { scan, phase } of await recordScans(env, options, guard)) {
      const plan = await explainScan(env, pin, { ...scan, cache, signal: guard.signal });
      const { fromMs, toMs, columns } = scan;
      passes.push({ phase, fromMs: finite(fromMs), toMs: finite(toMs), columns, plan });
    }
    return passes;
  } finally {
    guard.close();
  }
}

interface RecordedScan {
  readonly scan: RunScanOptions;
  readonly phase: string;
}

/** The scans that the query asks for when each of them gives no row. */
async function recordScans(
  env: Env,
  { pin, parsed, nowMs, cache }: ExplainOptions,
  guard: QueryGuard,
): Promise<RecordedScan[]> {
  const scans: RecordedScan[] = [];
  const shared = { pin, cache, guard, memoryBytesMax: MEMORY_BYTES_MAX, onRows: () => undefined };
  const run: QueryRun = {
    ...createQueryRun(env, shared),
    // biome-ignore lint/correctness/useYield: it gives no row.
    async *scan(scan: RunScanOptions, phase: string): AsyncGenerator<ScanBatch> {
      scans.push({ scan, phase });
    },
  };
  const asOfMs = asOfMsOf(parsed, nowMs);
  if (parsed.kind === "timeline") {
    await runTimeline(
      await withCohorts(run, parsed, { asOfMs, timezone: parsed.timezone }),
      parsed,
    );
  } else {
    await runShardTask(run, taskOf(parsed), asOfMs);
  }
  return scans;
}

function taskOf(parsed: Exclude<ParsedQuery, { readonly kind: "timeline" }>): ShardTask {
  switch (parsed.kind) {
    case "segmentation":
      return { kind: "segmentation", parsed, task: { phase: "count" } };
    case "funnel":
      return { kind: "funnel", parsed };
    case "retention":
      return { kind: "retention", parsed };
    case "flow":
      return { kind: "flow", parsed };
    case "lifecycle":
      return { kind: "lifecycle", parsed };
    case "stickiness":
      return { kind: "stickiness", parsed };
    case "users":
      return { kind: "users", parsed };
  }
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
