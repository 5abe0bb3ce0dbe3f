import { openStore, type Project } from "@shale/engine";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";

const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2025, 11, 1);
/** Ids that a hash, a sort or a file name could trip over. */
const USERS = [
  "",
  "1",
  "01",
  "-1",
  "1e3",
  "ü",
  "u\u0308",
  "😀",
  "\u{10ffff}",
  "a/b",
  "x".repeat(200),
];

function eventsOf(count: number) {
  return Array.from({ length: count }, (_, n) => ({
    event: n % 3 === 0 ? "buy" : "view",
    user_id: USERS[n % (2 * USERS.length)] ?? `u${n % 97}`,
    time: FIRST_MS + (n % 3) * DAY_MS + n * 1_000,
    ...(n % 5 === 0 ? { insert_id: `i${n % 50}` } : {}),
    properties: n % 2 === 0 ? { n, tags: ["a", "b"] } : { n: String(n) },
  }));
}

/** Every event by its content; an insert id of ours says where a row lies, and stays as it is. */
async function contentOf(project: Project): Promise<string[]> {
  const found: string[] = [];
  for await (const event of project.events()) found.push(JSON.stringify(event));
  return found;
}

async function withProject(
  shards: number,
  use: (project: Project) => Promise<void>,
): Promise<void> {
  const env = simulatedEnv({ seed: 1 });
  const store = await env.clock.holdDuring(openStore({ env, compaction: "off" }));
  try {
    await use(await store.project("shop", { shards }));
  } finally {
    await store.close();
    env.endSimulation();
  }
}

/** From begin to collect, with rows before the cut, after it, and a user that goes on the way. */
async function reshardTo(project: Project, shards: number, round: number): Promise<void> {
  const { reshard } = project;
  await reshard.begin({ shards, retention: 0 });
  const late = { event: "late", time: FIRST_MS + round * DAY_MS, properties: { round } };
  await project.append(["1", "😀", "late"].map((user_id) => ({ ...late, user_id })));
  await reshard.backfill();
  await project.deleteUsers([`u${40 + round}`]);
  const before = await contentOf(project);
  const { matched, misplaced, differences } = await reshard.validate({ full: true });
  expect({ matched, misplaced, differences }).toEqual({
    matched: true,
    misplaced: 0,
    differences: [],
  });
  await reshard.finalize();
  expect(await contentOf(project)).toEqual(before);
  await project.compact();
  await reshard.collect({ graceMs: 0 });
  await project.compact();
  expect(await contentOf(project)).toEqual(before);
  expect(await project.verify({ full: true })).toMatchObject({ ok: true, findings: [] });
}

test.each([
  [200, 800],
  [7, 5],
  [5, 7],
  [4, 1],
  [1, 4],
  [64, 65],
  [130, 3],
])("from %i to %i shards, and back (A5, I3, I22)", async (from, to) => {
  await withProject(from, async (project) => {
    await project.append(eventsOf(400));
    await project.compact();
    await project.append(eventsOf(450));
    const rows = (await contentOf(project)).length;
    expect(rows).toBeGreaterThan(400);
    await reshardTo(project, to, 1);
    await reshardTo(project, from, 2);
    const { live, specs } = await project.status();
    expect([live, specs.map(({ shards }) => shards)]).toEqual(["C", [from]]);
    await expect(project.reshard.begin({ shards: from })).rejects.toMatchObject({
      code: "SHARDS_INVALID",
    });
  });
});

test("by way of another number is as straight on (I22)", async () => {
  const ends: string[][] = [];
  for (const way of [[3, 8], [8]]) {
    await withProject(4, async (project) => {
      await project.append(eventsOf(300));
      await project.flush();
      for (const shards of way) {
        await project.reshard.begin({ shards, retention: 0 });
        await project.reshard.backfill();
        await project.reshard.validate();
        await project.reshard.finalize();
        await project.reshard.collect({ graceMs: 0 });
      }
      ends.push(await contentOf(project));
    });
  }
  expect(ends[0]).toEqual(ends[1]);
});

test("an empty project, one user, one day", async () => {
  for (const events of [[], eventsOf(1), eventsOf(1).flatMap((one) => Array(50).fill(one))]) {
    await withProject(2, async (project) => {
      if (events.length > 0) await project.append(events);
      await reshardTo(project, 5, 1);
    });
  }
});

test("a backfill that is killed again and again does no job twice (A4)", async () => {
  const env = simulatedEnv({ seed: 1 });
  const store = await env.clock.holdDuring(openStore({ env, compaction: "off" }));
  const project = await store.project("shop", { shards: 4 });
  await project.append(eventsOf(300));
  await project.compact();
  const { reshard } = project;
  // A job for each group of 64; each new shard has one old one.
  const shards = 4 * 130;
  await reshard.begin({ shards, throttle: { concurrency: 1 } });
  const { jobs } = await reshard.plan({ shards });
  const first = env.faults.begun.length;
  let [kills, done] = [0, 0];
  for (let isOver = false; !isOver; kills++) {
    const own = env.startProcess();
    const other = await openStore({ env: own, compaction: "off" });
    const copying = (await other.project("shop")).reshard.backfill({
      onProgress: ({ jobsDone }) => {
        expect(jobsDone).toBeGreaterThanOrEqual(done);
        if (jobsDone === done || jobsDone === jobs) return;
        done = jobsDone;
        own.kill();
      },
    });
    isOver = await Promise.race([copying.then(() => true), own.ended.then(() => false)]);
    if (isOver) await other.close();
  }
  const stored = env.faults.begun
    .slice(first)
    .filter(({ what, key }) => what === "put" && /spec=B\/.*\.parquet$/.test(key))
    .map(({ key }) => key.split("/").slice(0, -1).join("/"));
  const { progress } = await reshard.status();
  expect(progress).toMatchObject({ jobsDone: jobs, jobsTotal: jobs });
  expect(kills).toBeGreaterThan(5);
  expect(stored.length).toBeGreaterThan(100);
  // Each kill came after a commit and before the next job: a day that is stored twice was redone.
  expect(new Set(stored).size).toBe(stored.length);
  expect(await reshard.validate()).toMatchObject({ matched: true });
  await store.close();
  env.endSimulation();
});

test("a job of one group of many counts for its share: all is done at the end only (A12, I24)", async () => {
  await withProject(4, async (project) => {
    await project.append(eventsOf(300));
    await project.compact();
    const { reshard } = project;
    await reshard.begin({ shards: 4 * 130, throttle: { concurrency: 1 } });
    const shares: number[] = [];
    await reshard.backfill({
      onProgress: ({ jobsDone, jobsTotal, rowsDone, rowsTotal }) => {
        expect(rowsDone / rowsTotal).toBeCloseTo(jobsDone / jobsTotal, 1);
        shares.push(rowsDone / rowsTotal);
      },
    });
    expect(shares.filter((share) => share > 0 && share < 1).length).toBeGreaterThan(5);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
});
