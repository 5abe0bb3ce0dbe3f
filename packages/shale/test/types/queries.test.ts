import type {
  Answer,
  EventSelect,
  Filter,
  FlowAnswer,
  FunnelAnswer,
  FunnelQuery,
  LifecycleAnswer,
  Measure,
  Project,
  Query,
  QueryKind,
  QueryOf,
  RetentionAnswer,
  RetentionQuery,
  SegmentationAnswer,
  SegmentationQuery,
  StickinessAnswer,
  TimelineAnswer,
  UsersAnswer,
} from "shale";
import { toArrow } from "shale";
import { expectTypeOf, test } from "vitest";

// What matters here happens when `tsc -p tsconfig.test.json` reads the file; nothing is run.
declare const project: Project;
const range = { from: "2026-10-01", to: "2026-11-01" };

const steps = [{ event: "view" }, { event: "purchase" }] as const;
const funnel = { kind: "funnel", steps, window: "7d", ...range } satisfies FunnelQuery;
const series: SegmentationQuery["series"] = [{ select: { event: "view" }, measure: "unique" }];
const select = { event: "view" } as const;

async function accepted(): Promise<void> {
  expectTypeOf(await project.query(funnel)).toEqualTypeOf<FunnelAnswer>();
  const segmentation = project.query({ kind: "segmentation", unit: "day", series, ...range });
  expectTypeOf(await segmentation).toEqualTypeOf<SegmentationAnswer>();
  const timeline = project.query({ kind: "timeline", user_id: "ann", limit: undefined });
  expectTypeOf(await timeline).toEqualTypeOf<TimelineAnswer>();
  const retention = { kind: "retention", birth: select, return: select, unit: "day" } as const;
  const retained = project.query({ ...retention, brackets: [[0, 1]] as const, ...range });
  expectTypeOf(await retained).toEqualTypeOf<RetentionAnswer>();
  const flow = project.query({ kind: "flow", anchors: [select], mode: "paths", ...range });
  expectTypeOf(await flow).toEqualTypeOf<FlowAnswer>();
  const lifecycle = project.query({ kind: "lifecycle", select, unit: "week", ...range });
  expectTypeOf(await lifecycle).toEqualTypeOf<LifecycleAnswer>();
  const stickiness = project.query({ kind: "stickiness", select, unit: "week", ...range });
  expectTypeOf(await stickiness).toEqualTypeOf<StickinessAnswer>();
  const users = project.query({ kind: "users", of: funnel, cell: { step: 1 } });
  expectTypeOf(await users).toEqualTypeOf<UsersAnswer>();
  await project.append([{ event: "view", user_id: "ann", time: new Date(), properties: { n: 1 } }]);
}

/** Everything that a program may have put together elsewhere. */
async function composed(
  some: Query,
  one: FunnelQuery | RetentionQuery,
  parsed: QueryOf[QueryKind],
): Promise<void> {
  const where = { any: [{ property: "n", op: "in", value: [1] }] } as const;
  const whole = {
    kind: "segmentation",
    unit: "day",
    from: 0,
    to: new Date(0),
    by: ["country", { property: "n", buckets: [0, 9] }],
    series: [{ select: { event: ["a", "b"], where }, measure: { percentile: 90, of: "n" } }],
    session: { timeout: "30m", splitAtMidnight: undefined },
  } as const;
  expectTypeOf(await project.query(whole)).toEqualTypeOf<SegmentationAnswer>();
  expectTypeOf(await project.query(some)).toEqualTypeOf<Answer>();
  expectTypeOf(await project.query(parsed)).toEqualTypeOf<Answer>();
  expectTypeOf(await project.query(one)).toEqualTypeOf<FunnelAnswer | RetentionAnswer>();
  const answer = await project.query(some);
  if (answer.kind === "funnel") expectTypeOf(answer).toEqualTypeOf<FunnelAnswer>();
  expectTypeOf(toArrow(answer).numRows).toBeNumber();
  expectTypeOf<{ cohort: { did: { event: "view" } } }>().toExtend<Filter>();
}

async function refused(): Promise<void> {
  // @ts-expect-error a misspelt option
  await project.query({ kind: "segmentation", unit: "day", series, ...range, weekstart: "monday" });
  // @ts-expect-error a unit that does not exist
  await project.query({ kind: "segmentation", unit: "year", series, ...range });
  // @ts-expect-error a span without its unit
  await project.query({ kind: "funnel", steps, window: "7", ...range });
  // @ts-expect-error the range is missing
  await project.query({ kind: "segmentation", unit: "day", series });
  // @ts-expect-error a kind that does not exist
  await project.query({ kind: "funel", steps, window: "7d", ...range });
  // @ts-expect-error the kind is missing
  await project.query({ steps, window: "7d", ...range });
  // @ts-expect-error an option of another kind
  await project.query({ ...funnel, buckets: 3 });
  // @ts-expect-error a misspelt option of a step
  await project.query({ kind: "funnel", steps: [{ evnt: "view" }], window: "7d", ...range });
  // @ts-expect-error the window has to be said, null is none
  await project.query({ kind: "funnel", steps, ...range });
  // @ts-expect-error the answer is one of a funnel
  const answer: SegmentationAnswer = await project.query(funnel);
  expectTypeOf(answer).not.toBeAny();
  // @ts-expect-error a misspelt query option
  await project.query(funnel, { deadline: 5 });
  // @ts-expect-error a property that is an object
  await project.append([{ event: "v", user_id: "a", time: 0, properties: { x: { y: 1 } } }]);
  // @ts-expect-error an unknown durability
  await project.append([], { durability: "memory" });
}

function refusedParts(): void {
  // @ts-expect-error an operator that does not exist
  const op: Filter = { property: "n", op: "equals", value: 1 };
  // @ts-expect-error a misspelt field of a filter
  const value: Filter = { property: "n", op: "eq", vlaue: 1 };
  // @ts-expect-error a misspelt measure
  const measure: Measure = { summ: "n" };
  // @ts-expect-error a percentile of nothing
  const percentile: Measure = { percentile: 90 };
  // @ts-expect-error a number is no event
  const named: EventSelect = { event: 7 };
  // @ts-expect-error satisfies finds what is misspelt
  const misspelt = { kind: "funnel", stepz: steps, window: null, ...range } satisfies FunnelQuery;
  expectTypeOf([op, value, measure, percentile, named, misspelt]).toBeArray();
}

test("the type of an answer follows from the kind, and wrong queries do not compile", () => {
  expectTypeOf(accepted).returns.resolves.toBeVoid();
  expectTypeOf(composed).returns.resolves.toBeVoid();
  expectTypeOf(refused).returns.resolves.toBeVoid();
  expectTypeOf(refusedParts).returns.toBeVoid();
});
