import type { EventInput, QueryOf, RetentionAnswer, RetentionQuery } from "@shale/model";
import type { ReferenceStore } from "@shale/testing";
import { referenceStore, simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import { openEngine } from "./engine-process.test-support.ts";

/** The worked examples of the query semantics, sections 3 and 6, asked of both implementations. */

type Asked = Pick<ReferenceStore, "append" | "query">;
type Ask = (events: readonly EventInput[], ask: (asked: Asked) => Promise<void>) => Promise<void>;

const implementations: Readonly<Record<string, Ask>> = {
  async "the reference"(events, ask) {
    const reference = referenceStore();
    await reference.append(events);
    await ask(reference);
  },
  async "the engine"(events, ask) {
    const env = simulatedEnv({ seed: 1, startMs: Date.UTC(2026, 11, 1) });
    try {
      const { project } = await openEngine(env);
      const half = Math.ceil(events.length / 2);
      await project.append(events.slice(0, half));
      await project.flush();
      await project.append(events.slice(half));
      await ask(project);
    } finally {
      env.endSimulation();
    }
  },
};

function at(event: string, time: string, user_id = "u1", properties?: EventInput["properties"]) {
  return { event, user_id, time, ...(properties === undefined ? {} : { properties }) };
}

const day = { from: "2026-03-02", to: "2026-03-03", unit: "day", buckets: 5 } as const;
const retention: RetentionQuery = {
  kind: "retention",
  ...day,
  birth: { event: "A" },
  return: { event: "B" },
  asOf: "2026-06-01",
};

function countsOf({ cohorts }: Pick<RetentionAnswer, "cohorts">, cohort = 0): number[] {
  return cohorts[cohort]!.buckets.map(({ count }) => count);
}

describe.each(Object.entries(implementations))("%s", (_name, over) => {
  const birth = at("A", "2026-03-02T10:00:00Z");
  const returns = ["2026-03-03T09:00:00Z", "2026-03-05T12:00:00Z"];
  const modes = [
    ["rolling", "on", [1, 0, 0, 1, 0]],
    ["rolling", "onOrAfter", [1, 1, 1, 1, 0]],
    ["rolling", "onOrBefore", [1, 1, 1, 1, 1]],
    ["rolling", "streak", [1, 0, 0, 0, 0]],
    ["calendar", "on", [0, 1, 0, 1, 0]],
    ["calendar", "onOrAfter", [1, 1, 1, 1, 0]],
    ["calendar", "onOrBefore", [0, 1, 1, 1, 1]],
    ["calendar", "streak", [0, 0, 0, 0, 0]],
  ] as const;
  test.each(modes)("retains by the %s clock, %s: %j", async (clock, mode, counts) => {
    await over([birth, ...returns.map((time) => at("B", time))], async (asked) => {
      const answer = await asked.query({ ...retention, clock, mode });
      expect(answer).toMatchObject({ clock, mode, cohorts: [{ interval: "2026-03-02", size: 1 }] });
      expect(countsOf(answer)).toEqual(counts);
    });
  });

  test("a streak begins with the birth where birth and return are one event", async () => {
    await over([birth, ...returns.map((time) => at("A", time))], async (asked) => {
      const same = { ...retention, return: { event: "A" }, mode: "streak" } as const;
      expect(countsOf(await asked.query({ ...same, clock: "calendar" }))).toEqual([1, 1, 0, 0, 0]);
      expect(countsOf(await asked.query({ ...same, clock: "rolling" }))).toEqual([1, 0, 0, 0, 0]);
      // Any other mode counts returns alone.
      expect(countsOf(await asked.query({ ...same, mode: "on", clock: "calendar" }))).toEqual([
        0, 1, 0, 1, 0,
      ]);
    });
  });

  const pairs = [
    [
      "an hour less than a day is day 0",
      "UTC",
      "day",
      "2025-12-01T17:59Z",
      "2025-12-02T17:00Z",
      0,
      1,
    ],
    [
      "23 h 40 min over a night without an hour are day 0, and two days of the calendar",
      "America/New_York",
      "day",
      "2026-03-07T23:30-05:00",
      "2026-03-09T00:10-04:00",
      0,
      2,
    ],
    [
      "six days are month 0, and the next month of the calendar",
      "UTC",
      "month",
      "2026-02-25T00:00Z",
      "2026-03-03T00:00Z",
      0,
      1,
    ],
  ] as const;
  test.each(pairs)("%s", async (_name, timezone, unit, born, back, rolling, calendar) => {
    await over([at("A", born), at("B", back)], async (asked) => {
      const range = { from: new Date(born), to: Date.parse(born) + 1, timezone, unit };
      for (const [clock, bucket] of Object.entries({ rolling, calendar })) {
        const query = { ...retention, ...range, clock } as RetentionQuery;
        const counts = countsOf(await asked.query(query));
        expect(counts.indexOf(1)).toBe(bucket);
      }
    });
  });

  test("averages are pooled over users or over cohorts", async () => {
    const events = [0, 1].flatMap((cohort) =>
      Array.from({ length: cohort === 0 ? 100 : 50 }, (_, user) => [
        at("A", `2026-03-0${2 + cohort}T10:00:00Z`, `${cohort}-${user}`),
        ...(user < (cohort === 0 ? 50 : 40)
          ? [at("B", `2026-03-0${2 + cohort}T11:00:00Z`, `${cohort}-${user}`)]
          : []),
      ]).flat(),
    );
    await over(events, async (asked) => {
      const query = { ...retention, to: "2026-03-04", buckets: 1 } as const;
      expect(await asked.query(query)).toMatchObject({
        cohorts: [
          { size: 100, buckets: [{ count: 50, rate: 0.5, complete: true }] },
          { size: 50, buckets: [{ count: 40, rate: 0.8, complete: true }] },
        ],
        average: [{ rate: 0.6 }],
      });
      const simple = await asked.query({ ...query, average: "simple" });
      expect(simple.average).toEqual([{ rate: 0.65 }]);
      // On March 4 at 11:00 the second cohort may still return within a day of its last birth.
      const early = await asked.query({ ...query, asOf: "2026-03-04T11:00:00Z" });
      expect(early.cohorts.map(({ buckets }) => buckets[0]!.complete)).toEqual([true, false]);
      expect(early.average).toEqual([{ rate: 0.5 }]);
    });
  });

  const lifecycles = [
    {
      name: "active in 1, 2, 5",
      days: [1, 2, 5],
      range: [1, 7],
      answer: {
        new: [1, 0, 0, 0, 0, 0],
        returning: [0, 1, 0, 0, 0, 0],
        resurrecting: [0, 0, 0, 0, 1, 0],
        dormant: [0, 0, 1, 0, 0, 1],
      },
    },
    {
      name: "first seen on 2, asked from 4 on",
      days: [2, 5],
      range: [4, 8],
      answer: {
        new: [0, 0, 0, 0],
        returning: [0, 0, 0, 0],
        resurrecting: [0, 1, 0, 0],
        dormant: [0, 0, 1, 0],
      },
    },
  ];
  test.each(lifecycles)("lifecycle: $name", async ({ days, range, answer }) => {
    await over(
      days.map((number) => at("A", `2026-03-0${number}T12:00:00Z`)),
      async (asked) => {
        const [from, to] = range.map((number) => `2026-03-0${number}`);
        const select = { event: "A" };
        const query = { kind: "lifecycle", from, to, unit: "day", select };
        expect(await asked.query(query as QueryOf["lifecycle"])).toMatchObject(answer);
      },
    );
  });

  test("stickiness: users by the number of their active days", async () => {
    const days = { a: [1, 2, 3], b: [1], c: [2, 3] };
    const events = Object.entries(days).flatMap(([user, numbers]) =>
      numbers.map((number) => at("A", `2026-03-0${number}T12:00:00Z`, user)),
    );
    await over([...events, at("A", "2026-03-01T00:00:00Z", "")], async (asked) => {
      const range = { from: "2026-03-01", to: "2026-03-04", unit: "day" } as const;
      const query = { kind: "stickiness", ...range, select: { event: "A" } } as const;
      expect(await asked.query(query)).toMatchObject({ intervalCount: 3, users: [1, 1, 1] });
      expect(await asked.query({ ...query, mode: "atLeast" })).toMatchObject({ users: [3, 2, 1] });
      expect(await asked.query({ ...query, minEvents: 2 })).toMatchObject({ users: [0, 0, 0] });
    });
  });
});
