import type {
  EventInput,
  EventOf,
  FunnelAnswer,
  FunnelQuery,
  Project,
  ProjectOf,
  SegmentationAnswer,
  VocabularyOf,
} from "shale";
import { defineEvents } from "shale";
import { expectTypeOf, test } from "vitest";

// What matters here happens when `tsc -p tsconfig.test.json` reads the file; nothing is run.
const events = defineEvents({
  purchase: { price: "number", country: "string", tags: "list?", gift: "boolean?" },
  view: { page: "string?" },
  logout: {},
});
declare const project: Project;
declare const shop: ProjectOf<typeof events>;
type Names = VocabularyOf<typeof events>;
const range = { from: "2026-10-01", to: "2026-11-01" };
const who = { user_id: "ada", time: 0 };

async function accepted(): Promise<void> {
  const bought = events.purchase({ ...who, properties: { price: 1, country: "GB" } });
  expectTypeOf(bought.event).toEqualTypeOf<"purchase">();
  expectTypeOf(bought.properties.price).toEqualTypeOf<number>();
  expectTypeOf(bought).toExtend<EventInput>();
  expectTypeOf<EventOf<typeof events>>().toExtend<EventInput>();
  const properties = { price: 1, country: "GB", tags: ["a", 1, null], gift: undefined } as const;
  const gift = events.purchase({ ...who, insert_id: undefined, properties });
  await project.append([bought, gift, events.logout(who), events.view(who)]);
  await shop.append([bought, events.view({ ...who, properties: { page: null } })]);
  await shop.append([{ event: "view", ...who, properties: { page: "/" } }]);
  const typed: ProjectOf<typeof events> = project;
  expectTypeOf(typed.id).toBeString();

  const series = [
    { select: { event: "purchase" }, measure: { sum: "price" } },
    { select: {}, measure: { distinct: "country" } },
  ] as const;
  const by = ["country", "$event"] as const;
  const answer = shop.query({ kind: "segmentation", unit: "day", series, by, ...range });
  expectTypeOf(await answer).toEqualTypeOf<SegmentationAnswer>();
  const funnel = {
    kind: "funnel",
    steps: [{ event: "view" }, { event: ["purchase", "logout"] }],
    where: { not: { cohort: { did: { event: "logout" }, within: "7d" } } },
    window: "7d",
    ...range,
  } as const satisfies FunnelQuery<Names>;
  expectTypeOf(await shop.query(funnel)).toEqualTypeOf<FunnelAnswer>();
  expectTypeOf(await project.query(funnel)).toEqualTypeOf<FunnelAnswer>();
  shop.events({ where: { property: "price", op: "gt", value: 1 } });
  shop.export({ format: "parquet", where: { property: "$user_id", op: "eq", value: "ada" } });
}

async function refused(): Promise<void> {
  // @ts-expect-error an event that is not defined
  events.purchse(who);
  // @ts-expect-error its properties are missing
  events.purchase(who);
  // @ts-expect-error one property is missing
  events.purchase({ ...who, properties: { price: 1 } });
  // @ts-expect-error a value of another type
  events.purchase({ ...who, properties: { price: "1", country: "GB" } });
  // @ts-expect-error null where a value is needed
  events.purchase({ ...who, properties: { price: null, country: "GB" } });
  // @ts-expect-error a property that is not defined
  events.purchase({ ...who, properties: { price: 1, country: "GB", colour: "red" } });
  // @ts-expect-error a property of an event that has none
  events.logout({ ...who, properties: { page: "/" } });
  // @ts-expect-error the user is missing
  events.view({ time: 0 });
  // @ts-expect-error a rule that is none
  defineEvents({ view: { page: "text" } });

  // @ts-expect-error an event that is not defined
  await shop.append([{ event: "purchse", ...who }]);
  // @ts-expect-error a property of another event
  await shop.append([{ event: "view", ...who, properties: { price: 1 } }]);

  const view = { select: { event: "view" }, measure: "unique" } as const;
  const day = { kind: "segmentation", unit: "day", ...range } as const;
  // @ts-expect-error an event that is not defined
  await shop.query({ ...day, series: [{ select: { event: "veiw" }, measure: "unique" }] });
  // @ts-expect-error a sum of texts
  await shop.query({ ...day, series: [{ select: {}, measure: { sum: "country" } }] });
  // @ts-expect-error a breakdown by what no event has
  await shop.query({ ...day, series: [view], by: ["contry"] });
  // @ts-expect-error a filter on what no event has
  await shop.query({ ...day, series: [view], where: { property: "colour", op: "isSet" } });
  const steps = [{ event: "view" }, { event: "purchse" }] as const;
  // @ts-expect-error a step that is not defined
  await shop.query({ kind: "funnel", steps, window: "7d", ...range });
  // @ts-expect-error a cohort of what is not defined
  shop.events({ where: { cohort: { did: { event: "purchse" } } } });
}

test("defined events give names and properties that the compiler checks", () => {
  expectTypeOf(accepted).returns.resolves.toBeVoid();
  expectTypeOf(refused).returns.resolves.toBeVoid();
});
