// 8 shards become 32 while the store is in use: the rows of 30 days are split by decoding, stored, read
// back and checked, then compared row by row. The floor copies the day files and fsyncs each copy.
// DuckDB reads the same Parquet files and writes them partitioned anew; it checks nothing.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../packages/engine/dist/index.js";
import { openRepartition } from "../duckdb-repartition.js";
import { bytesOf, copyToDisk, dayFiles } from "../files.js";
import { inTurn, timed } from "../measure.js";
import { productEvents } from "../product-events.js";

export const title = "Reshard from 8 to 32 shards, 30 days";
export const floor = "copy of the day files + fsync";
export const threads = availableParallelism();

const [FROM, TO] = [8, 32];
const range = { from: "2026-01-01", to: "2027-01-01" };
const question = {
  ...{ kind: "segmentation", unit: "day", ...range },
  series: [{ select: {}, measure: "total" }],
};

async function prepare(folder, events) {
  const root = join(folder, "before");
  const store = await openStore({ root, compaction: "off" });
  try {
    const project = await store.project("bench", { shards: FROM });
    for (const batch of productEvents({ events })) await project.append(batch);
    await project.flush();
    await project.compact();
    await project.collect({ graceMs: 0 }); // What a merge has replaced is no data.
  } finally {
    await store.close();
  }
  return { folder, root, events };
}

function copyFiles({ root, folder, events }) {
  copyToDisk(dayFiles(root), join(folder, "copy"));
  return events;
}

/** Times one call after the other until it is told to stop; ms at the middle and at 99 of 100. */
function latencies(call) {
  const samples = [];
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      samples.push((await timed(call)).seconds * 1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return async () => {
    isOver = true;
    await running;
    samples.sort((a, b) => a - b);
    const at = (share) => samples[Math.min(samples.length - 1, Math.floor(share * samples.length))];
    return { p50: at(0.5), p99: at(0.99) };
  };
}

async function beside(project, batch, work) {
  const appends = latencies(() => project.append(batch));
  const queries = latencies(() => project.query(question));
  const result = await work();
  return { result, appends: await appends(), queries: await queries() };
}

/** Reshards a copy of the store, with nothing beside it; then looks at what it cost. */
async function reshard({ root, folder, events }) {
  const copy = join(folder, "store");
  cpSync(root, copy, { recursive: true });
  const store = await openStore({ root: copy, compaction: "off" });
  try {
    const project = await store.project("bench");
    const before = bytesOf(dayFiles(copy));
    const plan = await project.reshard.plan({ shards: TO });
    const begin = await timed(() => project.reshard.begin({ shards: TO, retention: 0 }));
    const backfill = await timed(() => project.reshard.backfill());
    const validate = await timed(() => project.reshard.validate());
    const full = await timed(() => project.reshard.validate({ full: true }));
    if (!validate.result.matched || !full.result.matched) throw new Error("The specs differ");
    const finalize = await project.reshard.finalize();
    const rollback = await project.reshard.rollback();
    const peak = bytesOf(dayFiles(copy));
    return {
      seconds: backfill.seconds,
      rows: events,
      answer: backfill.result.rowsDone,
      figures: {
        "MB/s": before / 1e6 / backfill.seconds,
        "validate, share of backfill": validate.seconds / backfill.seconds,
        "validate --full, share": full.seconds / backfill.seconds,
        "predicted over real time": plan.etaMs / 1000 / backfill.seconds,
        "peak disk over data": peak / before,
        "begin ms": begin.seconds * 1000,
        "finalize commit ms": finalize.pauseMs,
        "rollback commit ms": rollback.pauseMs,
      },
    };
  } finally {
    await store.close();
    rmSync(copy, { recursive: true, force: true });
  }
}

/** The same while the process appends and asks: what they feel of it. */
async function reshardBeside({ root, folder, events }) {
  const copy = join(folder, "store");
  cpSync(root, copy, { recursive: true });
  const store = await openStore({ root: copy });
  try {
    const project = await store.project("bench");
    const batch = [...productEvents({ events: 100 })].flat();
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const idle = await beside(project, batch, () => pause(3_000));
    await project.reshard.begin({ shards: TO, retention: 0 });
    const tee = await beside(project, batch, () => pause(3_000));
    const busy = await beside(project, batch, () => timed(() => project.reshard.backfill()));
    return {
      seconds: busy.result.seconds,
      rows: events,
      answer: events,
      figures: {
        "append p50 idle ms": idle.appends.p50,
        "append p99 idle ms": idle.appends.p99,
        "append p50 tee ms": tee.appends.p50,
        "append p99 tee ms": tee.appends.p99,
        "append p50 backfill ms": busy.appends.p50,
        "append p99 backfill ms": busy.appends.p99,
        "query p50 idle ms": idle.queries.p50,
        "query p50 tee ms": tee.queries.p50,
        "query p50 backfill ms": busy.queries.p50,
        "query p99 backfill ms": busy.queries.p99,
      },
    };
  } finally {
    await store.close();
    rmSync(copy, { recursive: true, force: true });
  }
}

export async function run({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  let peer;
  try {
    const prepared = await prepare(folder, quick ? 100_000 : 1_000_000);
    const { root } = prepared;
    peer = await openRepartition({
      files: dayFiles(root),
      target: join(folder, "duckdb"),
      threads,
    });
    return await inTurn(
      {
        [floor]: async () => {
          const { seconds, result: rows } = await timed(() => copyFiles(prepared));
          return { seconds, rows, answer: rows };
        },
        "DuckDB, partitioned anew": async () => {
          const { seconds } = await timed(() => peer.repartition(TO));
          const rows = await peer.rows();
          return { seconds, rows, answer: rows };
        },
        "shale backfill": () => reshard(prepared),
        "shale backfill, beside appends and queries": () => reshardBeside(prepared),
      },
      quick ? 1 : 5,
    );
  } finally {
    peer?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
