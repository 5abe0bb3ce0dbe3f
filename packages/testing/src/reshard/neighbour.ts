import { catalogPrefix, dayFilePrefix, openCatalog } from "@shale/catalog";
import type { Project } from "@shale/engine";
import { projectId, specName } from "@shale/model";
import type { ProcessCommand } from "../commands/store-command.ts";
import { processCommand } from "../commands/store-command.ts";
import { readAll } from "../world/read-answers.ts";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, goOnBehind, mustSucceed, processAt, tolerate } from "../world/running-process.ts";
import type { RunningProcess } from "../world/store-system.ts";
import { noteReached } from "../world/store-system.ts";
import { onlooker } from "./peek-catalog.ts";

const NEIGHBOUR = projectId("q");
const SHARDS = 3;
const TIME_MS = Date.parse("2025-10-26");

/** Another project of the same store gets an event, and has what it was sent (invariant I23). */
export function neighbourCommand(seat: number): ProcessCommand {
  return processCommand(seat, "the neighbour gets an event", async (run) => {
    const running = await processAt(run, seat);
    if (running === undefined) return;
    const { sent } = run.system.neighbour;
    const one = { name: `n${sent.length}`, isPromised: false };
    const event = { event: one.name, user_id: `user ${sent.length % 2}`, time: TIME_MS };
    sent.push(one);
    const outcome = await callOf(running.env, async () => {
      const neighbour = await neighbourOf(running);
      const { accepted } = await neighbour.append([event], { durability: "committed" });
      if (accepted !== 1) throw new Error("The neighbour refuses an event");
      if (sent.length % 2 === 0) await neighbour.compact({ mode: "full" });
    });
    if (outcome.kind === "stopped") goOnBehind(run.system, outcome.later);
    if (outcome.kind === "done") one.isPromised = true;
    tolerate(run, running, outcome);
    await checkNeighbour(run, running);
  });
}

async function neighbourOf({ store }: RunningProcess): Promise<Project> {
  return await store.project(NEIGHBOUR, { shards: SHARDS });
}

/** Nothing of what is done to the project shows in its neighbour. */
export async function checkNeighbour(run: CommandRun, running: RunningProcess): Promise<void> {
  const { sent } = run.system.neighbour;
  const promised = sent.filter((one) => one.isPromised).map(({ name }) => name);
  if (promised.length === 0) return;
  const outcome = await callOf(running.env, async () =>
    readAll((await neighbourOf(running)).events()),
  );
  if (outcome.kind === "failed" && mustSucceed(run, running)) throw outcome.error;
  if (outcome.kind !== "done") return;
  const seen = outcome.value.map(({ event }) => event);
  const missing = promised.filter((name) => !seen.includes(name));
  const isOnce = new Set(seen).size === seen.length;
  if (missing.length > 0 || !isOnce || !seen.every((name) => sent.some((one) => one.name === name)))
    throw new Error(`The neighbour has ${seen.join()}, and was promised ${promised.join()}`);
  await checkNoChange(run);
  noteReached(run.system, "the neighbour is as it was");
}

async function checkNoChange(run: CommandRun): Promise<void> {
  const env = onlooker(run);
  const catalog = await openCatalog(env, NEIGHBOUR).loadNewest();
  if (catalog === undefined) throw new Error(`${catalogPrefix(NEIGHBOUR)} holds no catalog`);
  const { specs, live, operation, cuts, transitions, tombstones } = catalog;
  const { entries } = await env.store.list(dayFilePrefix(NEIGHBOUR, specName("B")));
  const found = { specs: specs.length, live, cuts, transitions, tombstones, entries };
  const isAlone = specs.length === 1 && live === "A" && operation === null;
  const nothing = [cuts, transitions, tombstones, entries].every((list) => list.length === 0);
  if (!isAlone || !nothing) throw new Error(`The neighbour changed: ${JSON.stringify(found)}`);
}
