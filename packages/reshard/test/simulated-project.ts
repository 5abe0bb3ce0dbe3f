import type { Project, Store } from "@shale/engine";
import { openStore } from "@shale/engine";
import type { EventInput } from "@shale/model";
import { ShaleError } from "@shale/model";
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
export function eventsOf(name: string, count: number, day = 30): EventInput[] {
  return Array.from({ length: count }, (_, row) => ({
    event: "view",
    user_id: `${name}-${row}`,
    time: Date.UTC(2025, 11, day, row),
    properties: { name },
  }));
}

/** Users of every event of a spec, one for each row. */
export async function usersIn(project: Project, spec: string): Promise<string[]> {
  const { meta } = await project.query(
    {
      kind: "segmentation",
      from: "2025-12-01",
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

export interface StopPlace {
  readonly what: "get" | "put" | "list";
  readonly keyIncludes: string;
  /** 1-based, among the operations that fit. */
  readonly at?: number | undefined;
}

/**
 * Stops the process before an operation while it works, runs `meanwhile`, lets the process go on,
 * and gives how the work ended; undefined when there is no such operation.
 */
export async function overtaken<T>(
  { env }: SimulatedProject,
  { what, keyIncludes, at = 1 }: StopPlace,
  { work, meanwhile }: { work: () => Promise<T>; meanwhile: () => Promise<unknown> },
): Promise<PromiseSettledResult<T> | undefined> {
  const rule = { process: env.position, keyIncludes, at, where: "store", what: [what] } as const;
  const takeAway = env.faults.addRule({ ...rule, fault: { kind: "pause" } });
  const outcome = Promise.allSettled([work()]);
  const end = await Promise.race([env.stopped().then(() => "stopped"), outcome.then(() => "over")]);
  takeAway();
  if (end === "over") return undefined;
  await meanwhile();
  env.resume();
  const [settled] = await outcome;
  return settled;
}

/** Runs a scenario for every operation that fits, each in a world of its own; gives their number. */
export async function atEveryStop(
  place: Omit<StopPlace, "at">,
  scenario: (stop: StopPlace) => Promise<PromiseSettledResult<unknown> | undefined>,
): Promise<number> {
  for (let at = 1; ; at++) {
    const settled = await scenario({ ...place, at });
    if (settled === undefined) return at - 1;
    const error: unknown = settled.status === "rejected" ? settled.reason : undefined;
    const isExpected = error === undefined || error instanceof ShaleError;
    if (!isExpected) throw error;
  }
}
