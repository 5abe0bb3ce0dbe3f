import type {
  FunnelAnswer,
  FunnelQuery,
  Project,
  SegmentationAnswer,
  SegmentationQuery,
  TimelineAnswer,
} from "shale";
import { expectTypeOf, test } from "vitest";

// What matters here happens when `tsc -p tsconfig.test.json` reads the file; nothing is run.
declare const project: Project;
const range = { from: "2026-10-01", to: "2026-11-01" };

const steps = [{ event: "view" }, { event: "purchase" }] as const;
const funnel = { kind: "funnel", steps, window: "7d", ...range } satisfies FunnelQuery;
const series: SegmentationQuery["series"] = [{ select: { event: "view" }, measure: "unique" }];

async function accepted(): Promise<void> {
  expectTypeOf(await project.query(funnel)).toEqualTypeOf<FunnelAnswer>();
  const segmentation = project.query({ kind: "segmentation", unit: "day", series, ...range });
  expectTypeOf(await segmentation).toEqualTypeOf<SegmentationAnswer>();
  const timeline = project.query({ kind: "timeline", user_id: "ann", limit: undefined });
  expectTypeOf(await timeline).toEqualTypeOf<TimelineAnswer>();
  await project.append([{ event: "view", user_id: "ann", time: new Date(), properties: { n: 1 } }]);
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
  // @ts-expect-error a property that is an object
  await project.append([{ event: "v", user_id: "a", time: 0, properties: { x: { y: 1 } } }]);
  // @ts-expect-error an unknown durability
  await project.append([], { durability: "memory" });
}

test("the type of an answer follows from the kind, and wrong queries do not compile", () => {
  expectTypeOf(accepted).returns.resolves.toBeVoid();
  expectTypeOf(refused).returns.resolves.toBeVoid();
});
