import { unreachable } from "@shale/model";
import { withCohorts } from "../cohort/load-cohorts.ts";
import type { FlowPart } from "../flow/counts/flow-part.ts";
import { scanFlow } from "../flow/scan-flow.ts";
import type { FunnelPart } from "../funnel/answer/answer-funnel.ts";
import { scanFunnel } from "../funnel/scan-funnel.ts";
import type { LifecyclePart } from "../lifecycle/run-lifecycle.ts";
import { scanLifecycle } from "../lifecycle/run-lifecycle.ts";
import type { ParsedFlow } from "../parse/flow/parsed-flow.ts";
import type { ParsedFunnel } from "../parse/funnel/parsed-funnel.ts";
import type {
  ParsedLifecycle,
  ParsedRetention,
  ParsedSegmentation,
  ParsedStickiness,
} from "../parse/parsed-query.ts";
import type { QueryRun } from "../query-run.ts";
import type { RetentionPart } from "../retention/retention-part.ts";
import { scanRetention } from "../retention/scan-retention.ts";
import { scanSegmentation } from "../segmentation/scan-segmentation.ts";
import type { SegmentationPart, SegmentationTask } from "../segmentation/segmentation-part.ts";
import type { StickinessPart } from "../stickiness/run-stickiness.ts";
import { scanStickiness } from "../stickiness/run-stickiness.ts";
import type { UsersTask } from "../users/scan-users.ts";
import { scanUsers } from "../users/scan-users.ts";
import type { UsersPart } from "../users/users-part.ts";

/** What can be asked of some shards, by kind. Tasks and parts are plain data: they cross threads. */
export interface TaskOf {
  readonly segmentation: {
    readonly kind: "segmentation";
    readonly parsed: ParsedSegmentation;
    readonly task: SegmentationTask;
  };
  readonly funnel: { readonly kind: "funnel"; readonly parsed: ParsedFunnel };
  readonly retention: { readonly kind: "retention"; readonly parsed: ParsedRetention };
  readonly flow: { readonly kind: "flow"; readonly parsed: ParsedFlow };
  readonly lifecycle: { readonly kind: "lifecycle"; readonly parsed: ParsedLifecycle };
  readonly stickiness: { readonly kind: "stickiness"; readonly parsed: ParsedStickiness };
  readonly users: UsersTask & { readonly kind: "users" };
}
export type TaskKind = keyof TaskOf;
export type ShardTask = TaskOf[TaskKind];

/** What a task finds in some shards. Those of disjoint shards come to what all together hold. */
export interface PartOf {
  readonly segmentation: SegmentationPart;
  readonly funnel: FunnelPart;
  readonly retention: RetentionPart;
  readonly flow: FlowPart;
  readonly lifecycle: LifecyclePart;
  readonly stickiness: StickinessPart;
  readonly users: UsersPart;
}

/** Runs a task over the shards of the run. @throws {ShaleError} MEMORY_EXCEEDED, and what scans throw */
export async function runShardTask(
  bare: QueryRun,
  task: ShardTask,
  asOfMs: number,
): Promise<PartOf[TaskKind]> {
  // A list of users has cohorts in a way of its own.
  if (task.kind === "users") return await scanUsers(bare, task, asOfMs);
  const run = await withCohorts(bare, task.parsed, { asOfMs, timezone: task.parsed.timezone });
  switch (task.kind) {
    case "segmentation":
      return await scanSegmentation(run, task.parsed, asOfMs, task.task);
    case "funnel":
      return await scanFunnel(run, task.parsed, asOfMs);
    case "retention":
      return await scanRetention(run, task.parsed, asOfMs);
    case "flow":
      return await scanFlow(run, task.parsed, asOfMs);
    case "lifecycle":
      return await scanLifecycle(run, task.parsed);
    case "stickiness":
      return await scanStickiness(run, task.parsed);
    default:
      return unreachable(task);
  }
}
