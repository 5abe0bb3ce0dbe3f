import type {
  AppendOptions,
  By,
  CollectOptions,
  CompactOptions,
  DeleteUsersOptions,
  EventInput,
  EventSelect,
  EventsOptions,
  ExportOptions,
  FlowQuery,
  FunnelExclusion,
  FunnelQuery,
  FunnelStep,
  IngestOptions,
  LifecycleQuery,
  PropertyFilter,
  QueryOptions,
  QueryRange,
  RetentionQuery,
  SegmentationQuery,
  SegmentationSeries,
  SqlOptions,
  StickinessQuery,
  StoreOptions,
  TimelineQuery,
  UsersQuery,
  VerificationOptions,
} from "shale";
import { expectTypeOf, test } from "vitest";

// `tsc -p tsconfig.test.json` decides, with exactOptionalPropertyTypes; nothing is run.
type OptionalNames<T> = {
  [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never;
}[keyof T];
/** The optional fields of T that do not take an undefined. */
type Strict<T> = {
  [K in OptionalNames<T>]: { [_ in K]: undefined } extends Pick<T, K> ? never : K;
}[OptionalNames<T>];

test("Strict<T> finds what it looks for", () => {
  expectTypeOf<Strict<{ a?: number; b?: number | undefined; c: number }>>().toEqualTypeOf<"a">();
});

test("every optional field of a query takes undefined, so that options can be passed on", () => {
  expectTypeOf<Strict<QueryRange>>().toBeNever();
  expectTypeOf<Strict<PropertyFilter>>().toBeNever();
  expectTypeOf<Strict<EventSelect>>().toBeNever();
  expectTypeOf<Strict<SegmentationSeries>>().toBeNever();
  expectTypeOf<Strict<SegmentationQuery>>().toBeNever();
  expectTypeOf<Strict<FunnelStep>>().toBeNever();
  expectTypeOf<Strict<FunnelExclusion>>().toBeNever();
  expectTypeOf<Strict<FunnelQuery>>().toBeNever();
  expectTypeOf<Strict<RetentionQuery>>().toBeNever();
  expectTypeOf<Strict<FlowQuery>>().toBeNever();
  expectTypeOf<Strict<LifecycleQuery>>().toBeNever();
  expectTypeOf<Strict<StickinessQuery>>().toBeNever();
  expectTypeOf<Strict<UsersQuery>>().toBeNever();
  expectTypeOf<Strict<NonNullable<UsersQuery["cell"]>>>().toBeNever();
  expectTypeOf<Strict<NonNullable<QueryRange["session"]>>>().toBeNever();
  expectTypeOf<Strict<TimelineQuery>>().toBeNever();
});

test("every optional field of an event and of options takes undefined", () => {
  expectTypeOf<Strict<EventInput>>().toBeNever();
  expectTypeOf<Strict<StoreOptions>>().toBeNever();
  expectTypeOf<Strict<AppendOptions>>().toBeNever();
  expectTypeOf<Strict<IngestOptions>>().toBeNever();
  expectTypeOf<Strict<QueryOptions>>().toBeNever();
  expectTypeOf<Strict<SqlOptions>>().toBeNever();
  expectTypeOf<Strict<EventsOptions>>().toBeNever();
  expectTypeOf<Strict<ExportOptions>>().toBeNever();
  expectTypeOf<Strict<CompactOptions>>().toBeNever();
  expectTypeOf<Strict<CollectOptions>>().toBeNever();
  expectTypeOf<Strict<DeleteUsersOptions>>().toBeNever();
  expectTypeOf<Strict<VerificationOptions>>().toBeNever();
});

/** Lists that a caller may not give as readonly. */
type Mutable<T> = {
  [K in keyof T]-?: Extract<T[K], readonly unknown[]> extends infer List
    ? [List] extends [never]
      ? never
      : readonly (List extends readonly (infer One)[] ? One : never)[] extends List
        ? never
        : List extends readonly [unknown, unknown]
          ? never
          : K
    : never;
}[keyof T];

test("every list of a query may be readonly", () => {
  expectTypeOf<Mutable<{ a: number[]; b: readonly number[]; c?: string[] }>>().toEqualTypeOf<
    "a" | "c"
  >();
  expectTypeOf<Mutable<EventSelect>>().toBeNever();
  expectTypeOf<Mutable<SegmentationQuery>>().toBeNever();
  expectTypeOf<Mutable<FunnelQuery>>().toBeNever();
  expectTypeOf<Mutable<RetentionQuery>>().toBeNever();
  expectTypeOf<Mutable<FlowQuery>>().toBeNever();
  expectTypeOf<Mutable<NonNullable<UsersQuery["cell"]>>>().toBeNever();
  expectTypeOf<Mutable<Extract<By, object>>>().toBeNever();
});
