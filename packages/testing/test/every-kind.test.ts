import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@shale/engine";
import type { EventInput, Query } from "@shale/model";
import { referenceStore } from "@shale/testing";
import { afterAll, describe, expect, test } from "vitest";
import { NEVER_MS } from "./engine-process.test-support.ts";
import { bareAnswers, everyKind } from "./every-kind.test-support.ts";

const scratch = mkdtempSync(join(tmpdir(), "shale-every-kind-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 0, 5);
const queries = everyKind("2026-01-05", "2026-01-12");
/** A week of 60 users; one event in five is a buy. */
const events = Array.from({ length: 1_500 }, (_, i): EventInput => {
  const isBuy = i % 5 === 4;
  return {
    event: isBuy ? "buy" : "view",
    user_id: i % 97 === 0 ? "" : `u${(i * 7) % 61}`,
    time: START_MS + i * 400_000,
    insert_id: `e${i}`,
    properties: { plan: ["free", "pro", null][i % 3] ?? null, ...(isBuy ? { price: i % 40 } : {}) },
  };
});

async function expectedOf(
  sent: readonly EventInput[],
  deleted: readonly string[] = [],
): Promise<unknown[]> {
  const reference = referenceStore();
  await reference.append(sent);
  await reference.deleteUsers(deleted);
  return await bareAnswers(reference, queries);
}
const memory = { root: ":memory:", flushIntervalMs: NEVER_MS, compaction: "off" } as const;

describe.each([1, 2, 5])("with %i executors", (inlineExecutorCount) => {
  const options = { ...memory, inlineExecutorCount, fanOutRowsMin: 0 };

  test("a store without events answers every kind", async () => {
    const store = await openStore(options);
    try {
      const project = await store.project("p");
      expect(await bareAnswers(project, queries)).toEqual(await expectedOf([]));
    } finally {
      await store.close();
    }
  });

  test("rows of the tail alone, in memory and flushed, answer every kind", async () => {
    const store = await openStore(options);
    try {
      const project = await store.project("p");
      await project.append(events);
      const expected = await expectedOf(events);
      expect(await bareAnswers(project, queries)).toEqual(expected);
      await project.flush();
      expect(await bareAnswers(project, queries)).toEqual(expected);
    } finally {
      await store.close();
    }
  });

  test("a deleted user is in no answer of any kind, before a compact and after it", async () => {
    const store = await openStore(options);
    try {
      const project = await store.project("p");
      await project.append(events.slice(0, 900));
      await project.flush();
      await project.compact();
      await project.append(events.slice(900));
      await project.flush();
      const all = await bareAnswers(project, queries);
      await project.deleteUsers(["u1", "u7"]);
      const expected = await expectedOf(events, ["u1", "u7"]);
      expect(expected).not.toEqual(all);
      const before = await bareAnswers(project, queries);
      expect(before).toEqual(expected);
      expect(JSON.stringify(before)).not.toMatch(/"u1"|"u7"/);
      await project.compact();
      expect(await bareAnswers(project, queries)).toEqual(expected);
    } finally {
      await store.close();
    }
  });
});

test("threads answer every kind, cohorts and users included", async () => {
  const root = join(scratch, "threads");
  const off = { root, compaction: "off", flushIntervalMs: NEVER_MS } as const;
  const store = await openStore({ ...off, workerCount: 2, fanOutRowsMin: 0 });
  try {
    const project = await store.project("p", { shards: 7 });
    await project.append(events.slice(0, 600));
    await project.flush();
    await project.compact();
    await project.append(events.slice(600, 1_200));
    await project.flush();
    await project.append(events.slice(1_200)); // In the memory of this process alone.
    const expected = await expectedOf(events);
    expect(await bareAnswers(project, queries)).toEqual(expected);
    // All at once: threads take turns, and no answer is that of another query.
    const together = await Promise.all(queries.map((query) => bareAnswers(project, [query])));
    expect(together.flat()).toEqual(expected);
  } finally {
    await store.close();
  }
});

test("a window of sessions ends a day after the range, or at the now where that is later", async () => {
  const sent: EventInput[] = [
    { event: "view", user_id: "u1", time: "2026-01-05T10:00:00Z" },
    { event: "buy", user_id: "u1", time: "2026-01-08T10:00:00Z" },
  ];
  const query = {
    kind: "funnel",
    from: "2026-01-05",
    to: "2026-01-06",
    steps: [{ event: "view" }, { event: "buy" }],
    window: { sessions: 3 },
  } as const;
  const reference = referenceStore();
  await reference.append(sent);
  const store = await openStore(memory);
  try {
    const project = await store.project("p");
    await project.append(sent);
    for (const [asOf, bought] of [
      ["2026-01-05", 0],
      ["2026-01-08T10:00:00Z", 0],
      ["2026-01-09", 1],
    ] as const) {
      for (const asked of [project, reference]) {
        const { steps } = await asked.query({ ...query, asOf });
        expect(steps.map(({ count }) => count)).toEqual([1, bought]);
      }
    }
  } finally {
    await store.close();
  }
});

const range = { from: "2026-01-05", to: "2026-01-12" };
const view = { event: "view" };
const steps = [view, { event: "buy" }];
const funnel = { kind: "funnel", ...range, steps, window: "1d" };
const retention = { kind: "retention", ...range, birth: view, return: view, unit: "day" };
const wrong: readonly (readonly [name: string, query: object, path: string])[] = [
  ["an unknown kind", { ...funnel, kind: "funel" }, "kind"],
  ["an unknown option", { ...retention, bucket: 3 }, "bucket"],
  ["an unknown zone", { ...funnel, timezone: "Europe/Atlantis" }, "timezone"],
  ["a number where a text belongs", { ...funnel, steps: [{ event: 7 }] }, "steps[0].event"],
  [
    "a text compared with true",
    { ...funnel, where: { property: "plan", op: "gt", value: true } },
    "where.value",
  ],
  ["no steps", { ...funnel, steps: [] }, "steps"],
  ["101 steps", { ...funnel, steps: Array.from({ length: 101 }, () => view) }, "steps"],
  ["from after to", { ...retention, from: "2026-01-13" }, "to"],
  ["a negative window", { ...funnel, window: "-1d" }, "window"],
  ["an exclusion in any order", { ...funnel, order: "any", exclude: [view] }, "exclude"],
  [
    "brackets that overlap",
    {
      ...retention,
      brackets: [
        [0, 2],
        [2, 4],
      ],
    },
    "brackets[1]",
  ],
  [
    "a step of a cohort that is not there",
    {
      kind: "users",
      cohort: { all: [{ funnel, reached: 3 }] },
    },
    "cohort.all[0].reached",
  ],
  ["a cell that the query has not", { kind: "users", of: funnel, cell: { step: 3 } }, "cell.step"],
  ["a flow without anchors", { kind: "flow", ...range, anchors: [] }, "anchors"],
  ["a limit of no events", { kind: "timeline", user_id: "u1", limit: 0 }, "limit"],
];

test.each(wrong)("refuses %s, and says where", async (_name, query, path) => {
  const store = await openStore(memory);
  try {
    const project = await store.project("p");
    const asked = project.query(query as Query & { readonly kind: "funnel" });
    await expect(asked).rejects.toMatchObject({
      name: "ShaleError",
      code: "QUERY_INVALID",
      kind: "invalid",
      retryable: false,
      path,
    });
  } finally {
    await store.close();
  }
});
