// Questions of product analysis over compacted day files, warm, beside DuckDB with the same rows in
// a table of its own, each in its fastest formulation known to us. Answers are compared before times
// count. One thread, and then as many as there are cores.

import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../packages/engine/dist/index.js";
import { inTurn, ratiosTo, timed } from "../measure.js";
import { shopEvents } from "../shop-events.js";

export const title = "Questions over day files, 8 shards x 30 days, warm";
export const threads = availableParallelism();

const ROUNDS = 5;
const range = { from: "2026-10-01", to: "2026-10-31", asOf: "2026-12-31" };
const day = "time::DATE";
const dayIndex = `datediff('day', DATE '2026-10-01', ${day})`;
const WEEK_MS = 604_800_000;
/** Sums of DuckDB are not exact: ten digits, of a little more, so that no half is rounded either way. */
const tenDigits = (value) => Number((Number(value) * (1 + 1e-12)).toPrecision(10));
const sorted = (rows) => rows.map((row) => JSON.stringify(row)).sort();
const bySegment = ({ intervals, series }) =>
  sorted(
    series[0].segments.flatMap(({ by, values }) =>
      intervals.flatMap((interval, i) => (values[i] ? [[interval, by[0], values[i]]] : [])),
    ),
  );
const byDay = ({ intervals, series }) =>
  sorted(intervals.map((interval, i) => [interval, series[0].overall.values[i]]));

/** By name: our query and how its answer reads, DuckDB's statement and how its rows read. */
const questions = {
  "Q1 daily count of an event": {
    query: {
      ...{ kind: "segmentation", ...range, unit: "day" },
      series: [{ select: { event: "purchase" }, measure: "total" }],
    },
    answer: byDay,
    sql: `select ${day} d, count(*) n from t where event = 'purchase' group by 1`,
    rows: (rows) => sorted(rows.map(([d, n]) => [String(d), Number(n)])),
  },
  "Q2 count where platform, by country": {
    query: {
      ...{ kind: "segmentation", ...range, unit: "day", by: ["country"], limit: 1000 },
      where: { property: "platform", op: "eq", value: "ios" },
      series: [{ select: { event: "view" }, measure: "total" }],
    },
    answer: bySegment,
    sql: `select ${day} d, country, count(*) n from t
      where event = 'view' and platform = 'ios' group by 1, 2`,
    rows: (rows) => sorted(rows.map(([d, c, n]) => [String(d), c, Number(n)])),
  },
  "Q3 unique users a day and in all": {
    query: {
      ...{ kind: "segmentation", ...range, unit: "day" },
      series: [{ select: { event: undefined }, measure: "unique" }],
    },
    answer: (answer) => [...byDay(answer), answer.series[0].overall.range],
    sql: `with m as materialized (
        select user_id, bit_or(1::uinteger << (${dayIndex})::uinteger) b from t group by 1)
      select (date '2026-10-01' + k::int)::varchar d,
        count(*) filter ((b >> k::uinteger) & 1 = 1) n from m, range(30) r(k) group by k
      union all select 'all', count(*) from m`,
    rows: (rows) => {
      const all = rows.find(([d]) => d === "all");
      const days = rows.filter(([d]) => d !== "all");
      return [...sorted(days.map(([d, n]) => [d, Number(n)])), Number(all[1])];
    },
  },
  "Q4 funnel of 3 steps in 7 days": {
    query: {
      ...{ kind: "funnel", ...range, window: "7d", entry: "optimized" },
      steps: [{ event: "view" }, { event: "add_to_cart" }, { event: "purchase" }],
    },
    answer: ({ steps }) => steps.map(({ count }) => count),
    sql: `with c as materialized (
        select user_id, epoch_ms(time) t from t where event = 'add_to_cart'),
      v as materialized (select user_id, epoch_ms(time) t from t where event = 'view'),
      vc as (select * from v where user_id in (select user_id from c)),
      p as (select user_id, epoch_ms(time) t from t where event = 'purchase'),
      c2 as materialized (select c.user_id, c.t, v.t st from c
        asof join vc v on c.user_id = v.user_id and c.t >= v.t where c.t <= v.t + ${WEEK_MS}),
      p2 as (select p.user_id, p.t, c2.st from p
        asof join c2 on p.user_id = c2.user_id and p.t >= c2.t where p.t <= c2.st + ${WEEK_MS})
      select (select count(distinct user_id) from v), (select count(distinct user_id) from c2),
        (select count(distinct user_id) from p2)`,
    rows: ([row]) => row.map(Number),
  },
  "Q5 retention, 15 days": {
    query: {
      ...{ kind: "retention", ...range, unit: "day", clock: "calendar", buckets: 15 },
      birth: { event: "signup" },
      return: { event: undefined },
      cohort: "firstInRange",
    },
    answer: ({ cohorts }) =>
      sorted(
        cohorts.flatMap(({ buckets }, c) =>
          buckets.flatMap(({ count }, k) =>
            k > 0 && c + k < 30 && count > 0 ? [[c, k, count]] : [],
          ),
        ),
      ),
    sql: `with m as (select user_id, min(case when event = 'signup' then ${dayIndex} end) c,
        bit_or(1::uinteger << (${dayIndex})::uinteger) b from t group by 1 having c is not null)
      select c, k, count(*) n from m, range(1, 15) r(k)
      where c + k < 30 and (b >> (c + k)::uinteger) & 1 = 1 group by 1, 2`,
    rows: (rows) => sorted(rows.map((row) => row.map(Number))),
  },
  "Q6 next three events after signup": {
    query: {
      ...{ kind: "flow", ...range, mode: "paths", paths: 500, after: 3, window: "60d" },
      anchors: [{ event: "signup" }],
      collapseRepeats: false,
    },
    answer: ({ paths }) =>
      paths
        .filter(({ labels }) => labels.length === 4)
        .slice(0, 20)
        .map(({ labels, count }) => [labels.slice(1).join(">"), count]),
    sql: `with s as materialized (
        select user_id, min(time) st from t where event = 'signup' group by 1),
      x as (select min_by(event, time, 3) q from t join s using (user_id)
        where time > st group by user_id)
      select array_to_string(q::varchar[], '>') q, count(*) n from x where len(q) = 3
      group by 1 order by 2 desc, 1 limit 20`,
    rows: (rows) => rows.map(([q, n]) => [q, Number(n)]),
  },
  "Q7 one user's timeline": {
    query: { kind: "timeline", user_id: "u_777", limit: 1000 },
    answer: ({ events }) => events.map(({ insert_id }) => insert_id),
    sql: "select * from t where user_id = 'u_777' order by time limit 1000",
    rows: (rows) => rows.map((row) => row[3]),
  },
  "Q8 sum, mean, p95 of price by country": {
    query: {
      ...{ kind: "segmentation", ...range, unit: "day", by: ["country"], limit: 1000 },
      series: [{ sum: "price" }, { avg: "price" }, { percentile: 95, of: "price" }].map(
        (measure) => ({ select: { event: "purchase" }, measure }),
      ),
    },
    answer({ intervals, series }) {
      const rows = new Map();
      for (const { segments } of series) {
        for (const { by, values } of segments) {
          intervals.forEach((interval, i) => {
            if (!values[i]) return;
            const key = JSON.stringify([interval, by[0]]);
            rows.set(key, [...(rows.get(key) ?? []), tenDigits(values[i])]);
          });
        }
      }
      return [...rows].map(([key, numbers]) => `${key} ${numbers}`).sort();
    },
    sql: `select ${day} d, country, sum(price), avg(price), quantile_disc(price, 0.95) from t
      where event = 'purchase' group by 1, 2`,
    rows: (rows) =>
      rows
        .map(([d, c, ...numbers]) => `${JSON.stringify([String(d), c])} ${numbers.map(tenDigits)}`)
        .sort(),
  },
};

async function fillStore(root, events) {
  const store = await openStore({ root, compaction: "off" });
  try {
    const project = await store.project("bench", { shards: 8 });
    for (const batch of shopEvents({ events })) await project.append(batch);
    await project.compact();
    return (await project.status({ files: true })).files.map(({ key }) => join(root, key));
  } finally {
    await store.close();
  }
}

async function openDuckdb(files, threadCount) {
  const require = createRequire(new URL("../../packages/sql/package.json", import.meta.url));
  const { DuckDBInstance } = require("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: String(threadCount) });
  const connection = await instance.connect();
  const list = files.map((file) => `'${file}'`).join(", ");
  await connection.run("set TimeZone = 'UTC'");
  await connection.run(`create table t as select event, user_id, time::timestamp as time, insert_id,
    country, platform, page, price, is_new
    from read_parquet([${list}], union_by_name = true, hive_partitioning = false) order by time`);
  return { connection, close: () => instance.closeSync() };
}

async function askOnce(name, project, connection, events) {
  const question = questions[name];
  return await inTurn(
    {
      [`${name}: shale`]: async () => {
        const { seconds, result } = await timed(() => project.query(question.query));
        return { seconds, rows: events, answer: question.answer(result) };
      },
      [`${name}: DuckDB`]: async () => {
        const { seconds, result } = await timed(() => connection.runAndReadAll(question.sql));
        return { seconds, rows: events, answer: question.rows(result.getRows().map(plain)) };
      },
    },
    ROUNDS + 1,
  );
}

/** Dates as the text of their day, as DuckDB prints them. */
function plain(row) {
  return row.map((cell) => (cell !== null && typeof cell === "object" ? String(cell) : cell));
}

export async function run({ quick }) {
  const events = quick ? 200_000 : 5_000_000;
  const folder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  const results = [];
  try {
    const root = join(folder, "store");
    const files = await fillStore(root, events);
    for (const threadCount of quick ? [1] : [1, threads]) {
      const duckdb = await openDuckdb(files, threadCount);
      // One thread: this one answers. More: each query goes to the threads, whatever its size.
      const workerCount = threadCount === 1 ? 0 : threadCount;
      const memoryBytesMax = 2 ** 31; // So that what is asked stays decoded, as DuckDB keeps its table.
      const place = { root, readOnly: true, memoryBytesMax };
      const store = await openStore({ ...place, workerCount, fanOutRowsMin: 0 });
      try {
        const project = await store.project("bench");
        for (const name of Object.keys(questions)) {
          const both = await askOnce(name, project, duckdb.connection, events);
          const ratio = ratiosTo(both, `${name}: DuckDB`).get(`${name}: shale`).median;
          const [ours, theirs] = both.map((one) => ({
            ...one,
            engine: `${threadCount} thread${threadCount > 1 ? "s" : ""}, ${one.engine}`,
            figures: { "median ms": Math.round(one.seconds.median * 10_000) / 10 },
          }));
          ours.figures["times DuckDB's speed"] = Math.round(ratio * 100) / 100;
          results.push(ours, theirs);
        }
      } finally {
        await store.close();
        duckdb.close();
      }
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
