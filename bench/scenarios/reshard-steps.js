// What a plan foretells beside what came of it, how long the commits of begin, finalize and rollback
// take, what the second drain costs, and how fast a question is before and after.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../packages/engine/dist/index.js";
import { bytesOf, dayFiles } from "../files.js";
import { inTurn, timed } from "../measure.js";
import { productEvents } from "../product-events.js";

export const title = "Steps of a reshard from 8 to 32 shards";

const [FROM, TO] = [8, 32];
const range = { from: "2026-01-01", to: "2027-01-01" };
const question = {
  ...{ kind: "segmentation", unit: "day", ...range },
  series: [{ select: {}, measure: "unique" }],
};

async function withProject(use) {
  const root = mkdtempSync(join(tmpdir(), "shale-bench-"));
  const store = await openStore({ root, compaction: "off" });
  try {
    return await use(await store.project("bench", { shards: FROM }), root);
  } finally {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function fill(project, events) {
  for (const batch of productEvents({ events })) await project.append(batch);
  await project.flush();
}

/** By how much a time left was wrong, as a share of the whole, at these shares of the rows. */
function etaErrors(seen, endMs, wholeMs) {
  return [0.25, 0.5, 0.75].map((share) => {
    const at = seen.find((one) => one.done >= share && one.etaMs !== null);
    if (at === undefined) return 0;
    return ((at.etaMs - (endMs - at.atMs)) / wholeMs) * 100;
  });
}

const planned = (events) =>
  withProject(async (project, root) => {
    await fill(project, events);
    await project.compact();
    await project.collect({ graceMs: 0 }); // What a merge has replaced is no data.
    const before = await askedMs(project);
    const dataBytes = bytesOf(dayFiles(root));
    const plan = await project.reshard.plan({ shards: TO });
    await project.reshard.begin({ shards: TO, retention: 0 });
    const seen = [];
    const startMs = performance.now();
    const copied = await project.reshard.backfill({
      onProgress: ({ rowsDone, rowsTotal, etaMs }) =>
        seen.push({ done: rowsDone / rowsTotal, etaMs, atMs: performance.now() }),
    });
    const endMs = performance.now();
    const wholeMs = endMs - startMs;
    if (!(await project.reshard.validate()).matched) throw new Error("The specs differ");
    await project.reshard.finalize();
    const peak = bytesOf(dayFiles(root));
    const [at25, at50, at75] = etaErrors(seen, endMs, wholeMs);
    const after = await askedMs(project);
    const back = await project.reshard.plan({ shards: FROM });
    return {
      ...{ seconds: wholeMs / 1_000, rows: events, answer: "done" },
      figures: {
        "rows, planned over copied": plan.rows / copied.rowsDone,
        "bytes, planned over read": plan.bytes / copied.bytesTotal,
        "jobs, planned over done": plan.jobs / copied.jobsDone,
        "disk, planned over real": plan.diskPeakBytes / peak,
        "disk over data": peak / dataBytes,
        "time, planned over real": plan.etaMs / wholeMs,
        "time left wrong by %, at 25 %": at25,
        "at 50 %": at50,
        "at 75 %": at75,
        "fullest shard before": plan.skew.before,
        "after, planned": plan.skew.after,
        "after, real": back.skew.before,
        "question before, ms": before,
        "question after, ms": after,
      },
    };
  });

async function askedMs(project) {
  const times = [];
  for (let count = 0; count < 7; count++) {
    times.push((await timed(() => project.query(question))).seconds * 1_000);
  }
  return times.sort((a, b) => a - b)[3];
}

function middleAndMost(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[sorted.length >> 1], sorted[sorted.length - 1]];
}

/** `pauseMs` is whole ms, so each call is timed from outside: it holds more than the commit. */
const commits = (times) =>
  withProject(async (project) => {
    await fill(project, 100);
    await project.compact();
    const [begins, finalizes, rollbacks] = [[], [], []];
    const start = performance.now();
    const begin = async () => {
      const begun = await timed(() => project.reshard.begin({ shards: 3, retention: 0 }));
      begins.push(begun.seconds * 1_000);
    };
    for (let count = 0; count < Math.ceil(times / 10); count++) {
      await begin();
      await project.reshard.abort({ graceMs: 0 });
    }
    await begin();
    await project.reshard.backfill();
    for (let count = 0; count < times; count++) {
      await project.reshard.validate();
      finalizes.push((await project.reshard.finalize()).pauseMs);
      rollbacks.push((await project.reshard.rollback()).pauseMs);
    }
    const [begin50, beginMax] = middleAndMost(begins);
    const [finalize50, finalizeMax] = middleAndMost(finalizes);
    const [rollback50, rollbackMax] = middleAndMost(rollbacks);
    return {
      ...{ seconds: (performance.now() - start) / 1_000, rows: times, answer: "done" },
      figures: {
        "begin p50 ms": begin50,
        "begin max ms": beginMax,
        "finalize commit p50 ms": finalize50,
        "finalize commit max ms": finalizeMax,
        "rollback commit p50 ms": rollback50,
        "rollback commit max ms": rollbackMax,
      },
    };
  });

/** The same rows drained into one spec, then, after a begin, into two. */
const drains = (events) =>
  withProject(async (project, root) => {
    await fill(project, events);
    const one = await timed(() => project.compact());
    const oneBytes = bytesOf(dayFiles(root));
    await project.reshard.begin({ shards: TO, retention: 0 });
    await fill(project, events);
    const both = await timed(() => project.compact());
    const bothBytes = bytesOf(dayFiles(root)) - oneBytes;
    return {
      ...{ seconds: both.seconds, rows: events, answer: "done" },
      figures: {
        "drain of one, s": one.seconds,
        "drain of both, s": both.seconds,
        "time, both over one": both.seconds / one.seconds,
        "bytes written, both over one": bothBytes / oneBytes,
      },
    };
  });

export async function run({ quick }) {
  const events = quick ? 50_000 : 1_000_000;
  return [
    ...(await inTurn({ "plan, and what came of it": () => planned(events) }, quick ? 1 : 3)),
    ...(await inTurn({ "begin, finalize, rollback": () => commits(quick ? 10 : 1_000) }, 1)),
    ...(await inTurn({ "drains of one spec and two": () => drains(events / 4) }, quick ? 1 : 3)),
  ];
}
