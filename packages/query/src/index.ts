export type { EventsOptions } from "./events/read-days.ts";
export type { ExplainOptions, PlannedPass } from "./explain-query.ts";
export { explainQuery } from "./explain-query.ts";
export type { ParsedFlow } from "./parse/flow/parsed-flow.ts";
export type { ParsedExclusion, ParsedFunnel, ParsedStep } from "./parse/funnel/parsed-funnel.ts";
export { nearestName } from "./parse/nearest-name.ts";
export type { ParsedEventsRange } from "./parse/parse-events-range.ts";
export { parseEventsRange } from "./parse/parse-events-range.ts";
export { parseQuery } from "./parse/parse-query.ts";
export type {
  FilterValue,
  ParsedBy,
  ParsedFilter,
  ParsedLifecycle,
  ParsedPropertyFilter,
  ParsedQuery,
  ParsedRetention,
  ParsedSegmentation,
  ParsedSelect,
  ParsedSeries,
  ParsedStickiness,
  ParsedTimeline,
} from "./parse/parsed-query.ts";
export type { OnProgress, Progress } from "./progress.ts";
export type { EventColumnsOptions } from "./read-event-columns.ts";
export { readEventColumns } from "./read-event-columns.ts";
export { readEvents } from "./read-events.ts";
export type {
  PropertyType,
  Schema,
  SchemaEvent,
  SchemaOptions,
  SchemaProperty,
  SchemaType,
} from "./read-schema.ts";
export { readSchema } from "./read-schema.ts";
export type { QueryOptions } from "./run-query.ts";
export { FAN_OUT_ROWS_MIN, MEMORY_BYTES_MAX, runQuery } from "./run-query.ts";
export type { ThreadPlace } from "./shards/query-tasks.ts";
export { createQueryTasks } from "./shards/query-tasks.ts";
export type { ShardExecutor } from "./shards/shard-executor.ts";
export { inlineExecutor } from "./shards/shard-executor.ts";
export type { ThreadExecutorOptions } from "./shards/thread-executor.ts";
export { threadExecutor } from "./shards/thread-executor.ts";
export { snapshotOf } from "./snapshot-of.ts";
