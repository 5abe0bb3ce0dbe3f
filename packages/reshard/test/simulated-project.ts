import type { Project, Store } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { simulatedEnv } from "@shale/testing";

export interface SimulatedProject {
  readonly env: SimulatedEnv;
  readonly store: Store;
  readonly project: Project;
}

/** The first process of a world, with a project of two shards and some rows in day files. */
export async function startProject(shards = 2): Promise<SimulatedProject> {
  const env = simulatedEnv({ seed: 1 });
  const first = await joinProject(env, shards);
  await first.project.append(eventsOf("before", 6));
  await first.project.compact({ mode: "full" });
  return first;
}

/** A process with the project open. */
export async function joinProject(env: SimulatedEnv, shards = 2): Promise<SimulatedProject> {
  const store = await env.clock.holdDuring(openStore({ env, compaction: "off" }));
  return { env, store, project: await store.project("p", { shards }) };
}

/** Events of users of their own, without insert ids: a row that is there twice shows. */
export function eventsOf(name: string, count: number): EventInput[] {
  return Array.from({ length: count }, (_, row) => ({
    event: "view",
    user_id: `${name}-${row}`,
    time: Date.UTC(2025, 11, 30, row),
    properties: { name },
  }));
}

/** Users of every event of a spec, one for each row. */
export async function usersIn(project: Project, spec: string): Promise<string[]> {
  const { meta } = await project.query(
    {
      kind: "segmentation",
      from: "2025-12-30",
      to: "2025-12-31",
      unit: "day",
      series: [{ select: {}, measure: "total" }],
    },
    { spec },
  );
  const users: string[] = [];
  for await (const { user_id } of project.events({ snapshot: meta.snapshot })) users.push(user_id);
  return users.sort();
}

/**
 * Stops the process before the n-th operation that fits while it works, runs `meanwhile`, lets the
 * process go on, and gives how the work ended.
 */
export async function overtaken<T>(
  { env }: SimulatedProject,
  place: {
    readonly keyIncludes: string;
    readonly what: "get" | "put" | "list";
    readonly at?: number;
  },
  { work, meanwhile }: { work: () => Promise<T>; meanwhile: () => Promise<unknown> },
): Promise<PromiseSettledResult<T>> {
  const { keyIncludes, what, at = 1 } = place;
  const process = env.position;
  const takeAway = env.faults.addRule({
    ...{ process, keyIncludes, at, where: "store", what: [what] },
    fault: { kind: "pause" },
  });
  const outcome = Promise.allSettled([work()]);
  const end = await Promise.race([env.stopped().then(() => "stopped"), outcome.then(() => "over")]);
  takeAway();
  if (end === "over") throw new Error(`Nothing was stopped at ${what} ${keyIncludes}`);
  await meanwhile();
  env.resume();
  const [settled] = await outcome;
  return settled;
}
