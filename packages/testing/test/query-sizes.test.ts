import type { Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput, SegmentationQuery } from "@shale/model";
import { referenceStore } from "@shale/testing";
import { expect, test } from "vitest";
import { NEVER_MS } from "./engine-process.test-support.ts";

const START_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
const APPEND_ROWS = 10_000;

async function withProject(
  { memoryBytesMax, shards = 4 }: { readonly memoryBytesMax?: number; readonly shards?: number },
  run: (project: Project) => Promise<void>,
): Promise<void> {
  const off = { flushIntervalMs: NEVER_MS, compaction: "off", workerCount: 0 } as const;
  const store = await openStore({ root: ":memory:", ...off, memoryBytesMax });
  try {
    await run(await store.project("p", { shards }));
  } finally {
    await store.close();
  }
}

async function appendAll(
  project: Project,
  count: number,
  eventOf: (index: number) => EventInput,
): Promise<void> {
  for (let first = 0; first < count; first += APPEND_ROWS) {
    const length = Math.min(APPEND_ROWS, count - first);
    await project.append(Array.from({ length }, (_, i) => eventOf(first + i)));
    await project.flush();
  }
}

test("a user with 200,000 events in a day is answered right, in little memory", async () => {
  const COUNT = 200_000;
  const names = ["view", "add", "buy"];
  const viewed = Math.ceil(COUNT / 3);
  const bought = Math.floor(COUNT / 3);
  const range = { from: "2026-01-05", to: "2026-01-06", asOf: "2026-06-01" } as const;
  await withProject({ memoryBytesMax: 48 * 1024 * 1024 }, async (project) => {
    const check = async (): Promise<void> => {
      const steps = names.map((event) => ({ event }));
      const funnel = await project.query({
        kind: "funnel",
        ...range,
        steps,
        window: "1h",
        count: "totals",
      });
      expect(funnel.steps.map((step) => step.count)).toEqual([viewed, viewed, bought]);
      const [view, , buy] = steps;
      const flow = await project.query({
        kind: "flow",
        ...range,
        anchors: [view!],
        after: 2,
        count: "totals",
      });
      expect(flow).toMatchObject({
        steps: [
          { offset: 0, nodes: [{ label: "view", count: viewed, dropOff: 0 }] },
          { offset: 1, nodes: [{ label: "add", count: viewed, dropOff: viewed - bought }] },
          { offset: 2, nodes: [{ label: "buy", count: bought }] },
        ],
      });
      const retention = await project.query({
        kind: "retention",
        ...range,
        birth: view!,
        return: buy!,
        unit: "hour",
        buckets: 2,
        minOccurrences: 2_000,
      });
      // 9,000 events an hour: 3,000 buys, in each hour that is not the last.
      expect(retention.cohorts.map(({ size }) => size)).toEqual([
        ...Array.from({ length: 23 }, () => 1),
        0,
      ]);
      expect(retention.cohorts[0]?.buckets.map(({ count }) => count)).toEqual([1, 1]);
      const timeline = { kind: "timeline", user_id: "hot", limit: 500 } as const;
      const first = await project.query(timeline);
      expect(first.events.map(({ insert_id }) => insert_id)).toEqual(
        Array.from({ length: 500 }, (_, i) => `e${i}`),
      );
      const second = await project.query({ ...timeline, cursor: first.cursor! });
      expect(second.events[0]?.insert_id).toBe("e500");
      const last = await project.query({ ...timeline, direction: "desc", limit: 1 });
      expect(last.events[0]?.insert_id).toBe(`e${COUNT - 1}`);
    };
    await appendAll(project, COUNT, (i) => ({
      event: names[i % 3] ?? "",
      user_id: "hot",
      time: START_MS + i * 400,
      insert_id: `e${i}`,
    }));
    await check();
    await project.compact();
    await check();
  });
});

test("100,000 values of a breakdown have an exact top and an exact rest", async () => {
  const VALUES = 100_000;
  /** What a few values have beside the one event of every value. */
  const extra = [5, 4, 4, 3, 2];
  const more = extra.flatMap((count, value) => Array.from({ length: count }, () => value));
  const total = VALUES + more.length;
  await withProject({}, async (project) => {
    await appendAll(project, total, (i) => {
      const value = i < VALUES ? i : more[i - VALUES]!;
      return {
        event: "view",
        user_id: `u${i % 1_000}`,
        time: START_MS + i,
        properties: { page: `/${String(value).padStart(6, "0")}` },
      };
    });
    await project.compact();
    const query: SegmentationQuery = {
      kind: "segmentation",
      from: START_MS,
      to: START_MS + DAY_MS,
      unit: "range",
      by: ["page"],
      limit: 4,
      series: [
        { select: {}, measure: "total" },
        { select: {}, measure: "unique" },
      ],
    };
    const { series } = await project.query(query);
    const rest = total - (6 + 5 + 5 + 4);
    expect(series[0]!.overall.range).toBe(total);
    expect(series[0]!.segments!.map(({ by, range }) => [by, range])).toEqual([
      [["/000000"], 6],
      [["/000001"], 5], // Ties by their values.
      [["/000002"], 5],
      [["/000003"], 4],
      [[], rest],
    ]);
    expect(series[1]!.overall.range).toBe(1_000);
    expect(series[1]!.segments!.at(-1)).toMatchObject({ other: true, range: 1_000 });
  });
});

test("three years with few days that have events, by day and by month", async () => {
  const days = [0, 1, 58, 365, 424, 425, 1_000, 1_094];
  const events = days.flatMap((day) =>
    Array.from(
      { length: 1 + (day % 3) },
      (_, i): EventInput => ({
        event: "view",
        user_id: `u${i}`,
        time: Date.UTC(2023, 0, 1) + day * DAY_MS + i,
        insert_id: `e${day}-${i}`,
      }),
    ),
  );
  const range = { from: "2023-01-01", to: "2026-01-01", timezone: "Europe/Berlin" } as const;
  const series = [
    { select: {}, measure: "total" },
    { select: {}, measure: "unique" },
  ] as const;
  const reference = referenceStore();
  await reference.append(events);
  await withProject({}, async (project) => {
    expect(await project.append(events)).toMatchObject({ accepted: events.length, rejected: [] });
    await project.flush();
    await project.compact();
    for (const [unit, count] of [
      ["day", 1_096],
      ["month", 36],
    ] as const) {
      const query: SegmentationQuery = { kind: "segmentation", ...range, unit, series };
      const { meta, ...answer } = await project.query(query);
      const { meta: _meta, ...expected } = await reference.query(query);
      expect(answer).toEqual(expected);
      expect(answer.intervals).toHaveLength(count);
      expect(answer.series[0]!.overall.range).toBe(events.length);
      // Only days with events have files.
      expect(meta.stats.filesPlanned).toBeLessThanOrEqual(days.length * 4);
    }
    const range3 = { ...range, select: {}, unit: "month" } as const;
    for (const kind of ["lifecycle", "stickiness"] as const) {
      const { meta: _meta, ...answer } = await project.query({ kind, ...range3 });
      const { meta: _other, ...expected } = await reference.query({ kind, ...range3 });
      expect(answer).toEqual(expected);
    }
  });
});
