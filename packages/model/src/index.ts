export type {
  Answer,
  AnswerMeta,
  AnswerOf,
  FlowAnswer,
  FlowEdge,
  FlowNode,
  FunnelAnswer,
  FunnelAnswerStep,
  LifecycleAnswer,
  QueryStats,
  RetentionAnswer,
  RetentionBucket,
  RetentionCohort,
  Segment,
  SegmentationAnswer,
  SegmentationAnswerSeries,
  SegmentationSegment,
  SegmentValue,
  StickinessAnswer,
  TimelineAnswer,
  TimeToConvert,
  UsersAnswer,
} from "./answers.ts";
export type {
  DefinedEvents,
  EventDefinitions,
  EventOf,
  PropertyRule,
  VocabularyOf,
} from "./define-events.ts";
export { defineEvents } from "./define-events.ts";
export type { ErrorCode, ErrorKind, ShaleErrorOptions } from "./errors.ts";
export { errorCodes, ShaleError } from "./errors.ts";
export type {
  Acknowledgement,
  Durability,
  EventInput,
  PropertyValue,
  Rejection,
  RejectionCode,
  Scalar,
  StoredEvent,
} from "./events.ts";
export { rejectionCodes } from "./events.ts";
export type {
  ChainVersion,
  Day,
  Generation,
  ProjectId,
  Seq,
  ShardId,
  SpecName,
  TailNumber,
  WriterOrdinal,
} from "./ids.ts";
export {
  chainVersion,
  checkShards,
  generation,
  projectId,
  SHARDS_MAX,
  shardId,
  specName,
  specNameOf,
  tailNumber,
  writerOrdinal,
} from "./ids.ts";
export { InvariantError, invariant, unreachable } from "./invariant.ts";
export type {
  By,
  Cohort,
  EventSelect,
  EventVocabulary,
  Filter,
  FilterOp,
  FlowQuery,
  FunnelExclusion,
  FunnelQuery,
  FunnelStep,
  Instant,
  LifecycleQuery,
  Measure,
  PerUser,
  PerUserThen,
  PropertyFilter,
  Query,
  QueryKind,
  QueryOf,
  QueryRange,
  RetentionQuery,
  SegmentationQuery,
  SegmentationSeries,
  Span,
  StickinessQuery,
  TimelineQuery,
  TimeUnit,
  UsersQuery,
  WeekStart,
} from "./queries.ts";
export { filterOps } from "./queries.ts";
export type { ShardingSpec } from "./sharding.ts";
export { groupCountOf, SHARDS_PER_GROUP, shardOf } from "./sharding.ts";
export {
  DAY_MS,
  dayOf,
  dayStartMs,
  dayText,
  SEQ_EPOCH_MS,
  SEQS_PER_MS,
  seq,
  seqFloorOf,
  spanMs,
} from "./time.ts";
