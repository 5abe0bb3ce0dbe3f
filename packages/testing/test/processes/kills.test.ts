import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "@shale/engine";
import {
  type Env,
  filesystemStore,
  inlineWorkers,
  nodeDisk,
  silentLogger,
  systemClock,
  systemProcesses,
  systemRandom,
} from "@shale/env";
import { recoverLogs } from "@shale/ingest";
import { projectId, writerOrdinal } from "@shale/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  type Append,
  buildEngine,
  expectExactlyOnce,
  killAllAppenders,
  killAppender,
  startAppender,
  stopAppender,
  temporaryRoot,
} from "./appenders.test-support.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const KILLS = isLong ? 500 : 50;
const STOPS = isLong ? 60 : 6;

const roots: { root: string; remove: () => void }[] = [];
function freshRoot(): string {
  const made = temporaryRoot();
  roots.push(made);
  return made.root;
}
beforeAll(buildEngine);
afterEach(killAllAppenders);
afterAll(() => {
  for (const { remove } of roots) remove();
});

function environmentAt(root: string): Env {
  return {
    clock: systemClock(),
    random: systemRandom(),
    logger: silentLogger,
    processes: systemProcesses(),
    store: filesystemStore(root),
    disk: nodeDisk(root),
    workers: inlineWorkers({}),
  };
}

test(
  `a writer killed ${KILLS} times at random moments loses and doubles nothing`,
  async () => {
    const root = freshRoot();
    const acknowledged: Append[] = [];
    let killed = 0;
    let beforeOpen = 0;
    for (let first = 0; killed < KILLS; first += 1_000_000) {
      // Odd ones are started before the last one is dead: two writers, and a takeover that races.
      const durability = killed % 3 === 2 ? "committed" : "wal";
      const one = startAppender({ root, project: "shop", name: `w${first}`, first, durability });
      const other =
        killed % 2 === 1
          ? startAppender({
              root,
              project: "shop",
              name: `v${first}`,
              first: first + 500_000,
              durability: "wal",
            })
          : undefined;
      // A tenth are killed while they start: amid a takeover, a registration or a probe.
      if (Math.random() < 0.1) {
        await sleep(100 + Math.random() * 250);
        beforeOpen++;
      } else {
        // A fifth are killed while they register; the others have a log with rows in it.
        const ready = Math.random() < 0.2 ? one.opened : one.appended;
        await Promise.race([Promise.all([ready, other?.opened]), one.exited]);
        await sleep(Math.random() * 220);
      }
      await killAppender(one);
      acknowledged.push(...one.acknowledged);
      killed++;
      if (other === undefined) continue;
      await sleep(Math.random() * 60);
      await killAppender(other);
      acknowledged.push(...other.acknowledged);
      killed++;
    }
    const events = await expectExactlyOnce(root, "shop", acknowledged);
    console.log(
      `${killed} kills (${beforeOpen} while starting): ${acknowledged.length} appends acknowledged, ${events} events kept, 0 lost, 0 doubled`,
    );
    expect(acknowledged.length).toBeGreaterThan(KILLS);
  },
  isLong ? 1_800_000 : 240_000,
);

test(
  `a writer that is stopped, sealed by another process and continued loses and doubles nothing, ${STOPS} times`,
  async () => {
    const root = freshRoot();
    const acknowledged: Append[] = [];
    let moved = 0;
    for (let round = 0; round < STOPS; round++) {
      const first = round * 1_000_000;
      const durability = round % 2 === 0 ? "wal" : "committed";
      const one = startAppender({ root, project: "shop", name: `s${round}`, first, durability });
      await one.appended;
      await sleep(Math.random() * 150);
      one.process.kill("SIGSTOP");
      await sleep(20);
      const ackedAtStop = one.acknowledged.length;
      const env = environmentAt(root);
      const names = (await env.disk?.listNames("shop/wal")) ?? [];
      const force = names
        .filter((name) => /^\d+$/.test(name))
        .map((name) => writerOrdinal(Number(name)));
      const recovered = await recoverLogs(env, projectId("shop"), { force });
      moved += recovered.filter(({ outcome }) => outcome === "recovered").length;
      one.process.kill("SIGCONT");
      await sleep(150 + Math.random() * 100);
      await stopAppender(one);
      expect(one.acknowledged.length, "it goes on after it was fenced").toBeGreaterThan(
        ackedAtStop,
      );
      acknowledged.push(...one.acknowledged);
    }
    expect(moved).toBeGreaterThanOrEqual(STOPS);
    const events = await expectExactlyOnce(root, "shop", acknowledged);
    console.log(
      `${STOPS} stops, ${moved} logs taken over: ${events} events kept, 0 lost, 0 doubled`,
    );
  },
  isLong ? 1_200_000 : 120_000,
);

test(
  "two processes append while a third queries: no answer falls below what was committed before it",
  async () => {
    const root = freshRoot();
    const RUN_MS = isLong ? 60_000 : 10_000;
    const maker = await openStore({ root });
    await maker.project("shop", { shards: 7 });
    await maker.close();
    const writers = [
      startAppender({
        root,
        project: "shop",
        name: "a",
        first: 0,
        durability: "committed",
        batchMax: 400,
      }),
      startAppender({
        root,
        project: "shop",
        name: "b",
        first: 50_000_000,
        durability: "committed",
        batchMax: 400,
      }),
    ];
    await Promise.all(writers.map((one) => one.opened));
    const committed = (): number =>
      writers.reduce(
        (sum, one) => sum + one.acknowledged.reduce((rows, { from, to }) => rows + to - from, 0),
        0,
      );
    const reader = await openStore({ root, readOnly: true });
    const project = await reader.project("shop");
    const endMs = performance.now() + RUN_MS;
    let answers = 0;
    let last = 0;
    while (performance.now() < endMs) {
      const before = committed();
      const answer = await project.query({
        kind: "segmentation",
        unit: "range",
        from: "2026-09-01",
        to: "2026-11-01",
        series: [{ select: { event: "tick" }, measure: "total" }],
      });
      const total = answer.series[0]?.overall.range ?? 0;
      expect(total, "rows committed before the query began").toBeGreaterThanOrEqual(before);
      expect(total, "answers never go back").toBeGreaterThanOrEqual(last);
      last = total;
      answers++;
      await sleep(5);
    }
    await reader.close();
    await Promise.all(writers.map(stopAppender));
    const acknowledged = writers.flatMap((one) => one.acknowledged);
    const events = await expectExactlyOnce(root, "shop", acknowledged);
    expect(events).toBe(committed());
    console.log(
      `${answers} answers beside 2 writers: ${events} events, all acknowledged, all there once`,
    );
  },
  isLong ? 1_200_000 : 240_000,
);
