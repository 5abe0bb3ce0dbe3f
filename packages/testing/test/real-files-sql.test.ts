import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { PlainTable, Project } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput } from "@shale/model";
import { describe, expect, test } from "vitest";
import {
  isThere,
  type RealFile,
  realFiles,
  realFolder,
} from "../../cli/test/real-files.test-support.ts";
import { isLong, NEVER_MS } from "./engine-process.test-support.ts";

/** Rows taken of a large file, its first lines: all users of those lines are whole or cut alike. */
const ROWS_MAX = isLong ? Number.POSITIVE_INFINITY : 25_000;
const APPEND_ROWS = 10_000;
const DAY_MS = 86_400_000;
/** Two steps that many users of a file take, one after the other, within so many days. */
const funnels: Readonly<Record<string, readonly [first: string, second: string, days: number]>> = {
  cdnow: ["purchase", "purchase", 60],
  wikiticker: ["create", "edit", 7],
  ecom: ["catalog", "product_view", 1],
  receipt: ["Confirmation of receipt", "T02 Check confirmation of receipt", 3],
  helpdesk: ["Take in charge ticket", "Resolve ticket", 10],
  bpic2012: ["W_Completeren aanvraag", "W_Nabellen offertes", 14],
  bpic2013_incidents: ["Accepted", "Completed", 5],
  sepsis_variants: ["ER Triage", "CRP", 1],
  apache_access: ["page", "image", 1],
};

function eventsOf({ file }: RealFile): EventInput[] {
  const text = gunzipSync(readFileSync(join(realFolder, file))).toString("utf8");
  const lines = text.trimEnd().split("\n").slice(0, ROWS_MAX);
  return lines.map((line, index) => ({ insert_id: `line-${index}`, ...JSON.parse(line) }));
}

/** Rows of a table as lists of numbers; what is no number is NaN. */
function numbersOf({ columns, rowCount }: PlainTable): number[][] {
  return Array.from({ length: rowCount }, (_, row) =>
    columns.map(({ cells }) => Number(cells[row])),
  );
}

const day = 'CAST(floor(epoch_ms("time") / 86400000) AS BIGINT)';

async function expectSqlAgrees(project: Project, real: RealFile): Promise<void> {
  const fromMs = Math.floor(real.firstMs / DAY_MS) * DAY_MS;
  const toMs = Math.floor(real.lastMs / DAY_MS) * DAY_MS + DAY_MS;
  const range = { from: fromMs, to: toMs, asOf: toMs + 400 * DAY_MS } as const;
  const firstDay = fromMs / DAY_MS;
  const dayCount = (toMs - fromMs) / DAY_MS;

  const daily = await project.query({
    kind: "segmentation",
    ...range,
    unit: "day",
    series: [
      { select: {}, measure: "total" },
      { select: {}, measure: "unique" },
    ],
  });
  const byDay = numbersOf(
    await project.querySql(
      `SELECT ${day} AS day, count(*) AS n, count(DISTINCT user_id) AS users
       FROM events GROUP BY ALL ORDER BY day`,
    ),
  );
  const totals = Array.from({ length: dayCount }, () => 0);
  const uniques = [...totals];
  for (const [at = 0, n = 0, users = 0] of byDay) {
    totals[at - firstDay] = n;
    uniques[at - firstDay] = users;
  }
  expect(daily.series.map(({ overall }) => overall.values)).toEqual([totals, uniques]);

  // A user enters with the first A. Later: greater time, name or id; the times of a file tie often.
  const [first, second, days] = funnels[real.file.split(".")[0] ?? ""] ?? ["", "", 1];
  const ordered = await project.query({
    kind: "funnel",
    ...range,
    steps: [{ event: first }, { event: second }],
    window: `${days}d`,
    ties: { quantumMs: 1, rule: "strict" },
  });
  const [counted] = numbersOf(
    await project.querySql(
      `WITH entries AS (
         SELECT user_id, min("time") AS t FROM events WHERE event = '${first}' GROUP BY user_id
       )
       SELECT count(*) AS entered, count(*) FILTER (WHERE EXISTS (
         SELECT 1 FROM events AS later
         WHERE later.user_id = entries.user_id AND later.event = '${second}'
           AND later."time" > entries.t AND later."time" <= entries.t + INTERVAL ${days} DAY
       )) AS converted FROM entries`,
    ),
  );
  expect(ordered.steps.map(({ count }) => count)).toEqual(counted);
  expect(counted?.[1]).toBeGreaterThan(0);

  // Weeks from the Monday of a first event: who came again in which of the next four.
  const week = "date_trunc('week', \"time\")";
  const retention = await project.query({
    kind: "retention",
    ...range,
    birth: {},
    return: {},
    unit: "week",
    buckets: 5,
    clock: "calendar",
    cohort: "firstInRange",
  });
  const returned = numbersOf(
    await project.querySql(
      `WITH born AS (SELECT user_id, min(${week}) AS w FROM events GROUP BY user_id),
         active AS (SELECT DISTINCT user_id, ${week} AS w FROM events)
       SELECT date_diff('week', born.w, active.w) AS bucket, count(*) AS users
       FROM born JOIN active USING (user_id) GROUP BY bucket ORDER BY bucket`,
    ),
  );
  const users = new Map(returned.map(([bucket = 0, count = 0]) => [bucket, count]));
  const sums = [1, 2, 3, 4].map((bucket) =>
    retention.cohorts.reduce((sum, { buckets }) => sum + (buckets[bucket]?.count ?? 0), 0),
  );
  expect(sums).toEqual([1, 2, 3, 4].map((bucket) => users.get(bucket) ?? 0));
  const size = retention.cohorts.reduce((sum, cohort) => sum + cohort.size, 0);
  expect(size).toBe(users.get(0));
}

describe.skipIf(!isThere)("of the nine public files", () => {
  test.each(realFiles())(
    "$file: SQL counts days, users, a funnel and a retention as the engine does",
    async (real) => {
      const off = { flushIntervalMs: NEVER_MS, compaction: "off", workerCount: 0 } as const;
      const store = await openStore({ root: ":memory:", ...off });
      try {
        const project = await store.project("p", { shards: 1 });
        const events = eventsOf(real);
        for (let at = 0; at < events.length; at += APPEND_ROWS) {
          const part = events.slice(at, at + APPEND_ROWS);
          expect(await project.append(part)).toMatchObject({ accepted: part.length });
        }
        await project.flush();
        await project.compact();
        await expectSqlAgrees(project, real);
      } finally {
        await store.close();
      }
    },
    300_000,
  );
});
