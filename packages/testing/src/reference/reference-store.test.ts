import type { EventInput, SegmentationQuery, StoredEvent } from "@shale/model";
import { expect, test } from "vitest";
import { manualClock } from "../simulation/manual-clock.ts";
import { referenceStore } from "./reference-store.ts";

const T = Date.UTC(2026, 9, 1);
const october: SegmentationQuery = {
  kind: "segmentation",
  from: "2026-10-01",
  to: "2026-10-03",
  unit: "day",
  series: [{ select: { event: "view" }, measure: "total" }],
};
function view(
  user_id: string,
  time: number,
  properties: EventInput["properties"] = {},
): EventInput {
  return { event: "view", user_id, time, properties };
}
async function storeOf(...events: EventInput[]) {
  const store = referenceStore();
  await store.append(events);
  return store;
}
async function collect(events: AsyncIterable<StoredEvent>): Promise<StoredEvent[]> {
  const collected: StoredEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

test("totals count every event, unique users leave the empty id out", async () => {
  const store = await storeOf(view("", T), view("u1", T), view("u1", T + 5), view("u1", T + 864e5));
  const answer = await store.query({
    ...october,
    series: [
      { select: { event: "view" }, measure: "total" },
      { select: {}, measure: "unique", label: "people" },
    ],
  });
  expect(answer).toMatchObject({
    kind: "segmentation",
    intervals: ["2026-10-01", "2026-10-02"],
    series: [
      { label: "view", overall: { values: [3, 1], range: 4 } },
      { label: "people", overall: { values: [1, 1], range: 1 } },
    ],
  });
  expect(answer.series[0]).not.toHaveProperty("segments");
});

test("the range is half-open", async () => {
  const store = await storeOf(view("a", T - 1), view("a", T), view("a", T + 2 * 864e5));
  const answer = await store.query(october);
  expect(answer.series[0]?.overall).toEqual({ values: [1, 0], range: 1 });
});

test("other comes from the users, not from adding rows", async () => {
  // Query semantics, section 5: u1{US,CA,FR} u2{CA}.
  const store = await storeOf(
    ...["US", "CA", "FR"].map((country) => view("u1", T, { country })),
    view("u2", T, { country: "CA" }),
  );
  const answer = await store.query({
    ...october,
    by: ["country"],
    limit: 1,
    series: [{ select: {}, measure: "unique" }],
  });
  expect(answer.series[0]).toEqual({
    label: "any event",
    overall: { values: [2, 0], range: 2 },
    segments: [
      { by: ["CA"], values: [2, 0], range: 2 },
      { by: [], other: true, values: [1, 0], range: 1 },
    ],
  });
});

test("segments keep types apart and stand in the order of their counts, then of their values", async () => {
  const values = [1, "1", true, null, "b", "a", "a", 2, false] as const;
  const store = await storeOf(...values.map((p) => view("u", T, { p })));
  const answer = await store.query({ ...october, by: ["p"], limit: 20 });
  expect(answer.series[0]?.segments?.map(({ by }) => by[0])).toEqual([
    "a",
    null,
    false,
    true,
    1,
    2,
    "1",
    "b",
  ]);
});

test("each distinct element of a list counts once, an empty list as not set", async () => {
  const store = await storeOf(
    view("u1", T, { tags: ["a", "b", "a"] }),
    view("u2", T, { tags: [] }),
    view("u3", T, { tags: [null, "c", "d"] }),
  );
  const answer = await store.query({ ...october, by: ["tags"], limit: 2 });
  expect(answer.series[0]?.segments).toEqual([
    { by: [null], values: [2, 0], range: 2 },
    { by: ["a"], values: [1, 0], range: 1 },
    // b of u1, c and d of u3: two events.
    { by: [], other: true, values: [2, 0], range: 2 },
  ]);
});

test("buckets are half-open and named by their lower edge; several keys combine", async () => {
  const store = await storeOf(
    view("u1", T, { price: 10, plan: "x" }),
    view("u2", T, { price: 19.99, plan: "x" }),
    view("u3", T, { price: 20, plan: "y" }),
    view("u4", T, { price: "15", plan: "y" }),
  );
  const answer = await store.query({
    ...october,
    by: [{ property: "price", buckets: [0, 10, 20] }, "plan"],
  });
  expect(answer.series[0]?.segments).toEqual([
    { by: [null, "y"], values: [2, 0], range: 2 },
    { by: [10, "x"], values: [2, 0], range: 2 },
  ]);
});

test("of events with one key the one appended last stays, in its UTC day", async () => {
  const store = referenceStore();
  const event = { event: "view", user_id: "u", insert_id: "i", time: T };
  const first = await store.append([
    { ...event, properties: { n: 1 } },
    { ...event, time: T + 864e5 },
    { ...event, user_id: "v" },
    { ...event, time: T + 1, properties: { n: 2 } },
  ]);
  expect(first).toMatchObject({ accepted: 4, duplicates: 1, rejected: [], durability: "wal" });
  expect(await store.append([event])).toMatchObject({ accepted: 1, duplicates: 0 });
  const kept = await collect(store.events());
  expect(kept.map(({ user_id, time }) => `${user_id} ${time}`)).toEqual([
    "u 2026-10-01T00:00:00.000Z",
    "v 2026-10-01T00:00:00.000Z",
    "u 2026-10-02T00:00:00.000Z",
  ]);
  expect(kept[0]?.properties).toEqual({});
});

test("events are normalised as they are stored", async () => {
  const store = referenceStore();
  const properties: Record<string, unknown> = JSON.parse(
    '{"none":null,"object":{"b":1,"a":[2]},"list":[1,{"x":-0},[3],"\\ud800",null],"zero":-0,"text":"a\\udc00"}',
  );
  await store.append([
    {
      event: "view",
      user_id: "u",
      time: "2026-10-01T02:00:00.123999+02:00",
      properties: properties as EventInput["properties"],
    },
  ]);
  expect(await collect(store.events())).toEqual([
    {
      event: "view",
      user_id: "u",
      time: "2026-10-01T00:00:00.123Z",
      insert_id: expect.stringMatching(/^~1-\d+$/),
      properties: {
        object: '{"b":1,"a":[2]}',
        list: [1, '{"x":0}', "[3]", "\uFFFD", null],
        zero: 0,
        text: "a\uFFFD",
      },
    },
  ]);
});

test("a timeline goes on where its page ended, at the state of its first page", async () => {
  const store = await storeOf(...[3, 1, 2].map((n) => view("u", T + n, { n })), view("", T));
  const first = await store.query({ kind: "timeline", user_id: "u", limit: 2 });
  await store.append([view("u", T)]);
  const second = await store.query({
    kind: "timeline",
    user_id: "u",
    limit: 2,
    cursor: String(first.cursor),
  });
  expect([...first.events, ...second.events].map(({ properties }) => properties)).toEqual([
    { n: 1 },
    { n: 2 },
    { n: 3 },
  ]);
  expect(second.cursor).toBeNull();
  const reversed = await store.query({
    kind: "timeline",
    user_id: "u",
    direction: "desc",
    limit: 1,
  });
  expect(reversed.events[0]?.properties).toEqual({ n: 3 });
  expect((await store.query({ kind: "timeline", user_id: "" })).events).toEqual([]);
});

test("a deleted user is gone, and what it sends later stays", async () => {
  const store = await storeOf(view("u", T), view("v", T));
  const before = await store.snapshot();
  await store.deleteUsers(["u"]);
  await store.append([view("u", T + 1)]);
  expect((await collect(store.events())).map(({ user_id }) => user_id)).toEqual(["v", "u"]);
  expect(await collect(store.events({ snapshot: before }))).toHaveLength(2);
});

test("a deleted user's rows stay hidden whatever is appended later, and count no more as repeats", async () => {
  const key = { event: "view", user_id: "u", insert_id: "i", time: T };
  const store = await storeOf(key, view("u", T));
  await store.deleteUsers(["u", "never seen"]);
  await store.append([{ ...key, properties: { n: 2 } }]);
  const kept = await collect(store.events());
  expect(kept.map(({ properties }) => properties)).toEqual([{ n: 2 }]);
});

test("retention hides whole UTC days at each collect, and never shows them again", async () => {
  const clock = manualClock(T + 864e5);
  const store = referenceStore({ clock });
  await store.append([view("a", T - 1), view("b", T), view("c", T + 864e5)]);
  const users = async (): Promise<string[]> =>
    (await collect(store.events())).map(({ user_id }) => user_id);
  await store.setRetention("36h");
  expect(await users()).toEqual(["a", "b", "c"]);
  await store.collect({ dryRun: true });
  expect(await users()).toEqual(["a", "b", "c"]);
  await store.collect(); // Now less 36 hours is noon of the day of "a", which is kept.
  expect(await users()).toEqual(["a", "b", "c"]);
  await clock.advance(432e5);
  await store.collect();
  expect(await users()).toEqual(["b", "c"]);
  await store.setRetention(null);
  await store.append([view("late", T - 1)]);
  await store.collect();
  expect(await users()).toEqual(["b", "c"]);
  await expect(store.setRetention("soon")).rejects.toMatchObject({ code: "OPTION_INVALID" });
});

test("of events with one key the place in the log decides, not the order of the calls", async () => {
  const store = referenceStore();
  const event = { event: "view", user_id: "u", insert_id: "i", time: T };
  await store.append([{ ...event, properties: { n: 1 } }, view("v", T)], {
    place: { writer: 3, seq: 20 },
  });
  await store.append([{ ...event, properties: { n: 2 } }], { place: { writer: 4, seq: 19 } });
  const kept = await collect(store.events());
  expect(kept.map(({ insert_id }) => insert_id)).toEqual(["i", "~3-21"]);
  expect(kept[0]?.properties).toEqual({ n: 1 });
  await store.append([{ ...event, properties: { n: 3 } }], { place: { writer: 4, seq: 20 } });
  expect((await collect(store.events()))[0]?.properties).toEqual({ n: 3 });
});

test("what is no select is refused", async () => {
  const store = referenceStore();
  await expect(
    store.query({ ...october, series: [{ select: { event: [] }, measure: "total" }] }),
  ).rejects.toMatchObject({ code: "QUERY_INVALID", path: "series[0].select.event" });
});
