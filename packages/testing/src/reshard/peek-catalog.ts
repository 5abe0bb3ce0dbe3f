import { existing, openCatalog } from "@shale/catalog";
import type { CatalogDocument } from "@shale/format";
import { projectId } from "@shale/model";
import type { SimulatedEnv } from "../simulation/simulated-env.ts";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, PROJECT } from "../world/running-process.ts";

export const project = projectId(PROJECT);

/** Somebody of whom the processes know nothing. */
export function onlooker({ system: { roots } }: CommandRun): SimulatedEnv {
  const root = roots[1];
  if (root === undefined) throw new Error("There is no second machine");
  return root.startProcess();
}

/**
 * The newest catalog; undefined when a fault met the look at it. What it shows of cuts is
 * remembered: what was in the store before a cut is below it, what came afterwards is above.
 */
export async function peekCatalog(run: CommandRun): Promise<CatalogDocument | undefined> {
  const { appends } = run.model;
  const shared = new Set([...appends.values()].filter((sent) => sent.isShared).map(nameOf));
  const env = onlooker(run);
  const outcome = await callOf(env, async () =>
    existing(await openCatalog(env, project).loadNewest(), project),
  );
  env.kill();
  if (outcome.kind !== "done") return undefined;
  const { cuts, cutPending } = outcome.value;
  if (cutPending === null) noteCuts(run, cuts.length, shared);
  return outcome.value;
}

function noteCuts({ model, system }: CommandRun, count: number, shared: ReadonlySet<string>): void {
  for (let number = 0; number < count; number++) {
    const bounds = system.cuts.get(number) ?? { below: new Set(), notAbove: undefined };
    bounds.notAbove ??= new Set(model.appends.keys());
    system.cuts.set(number, bounds);
  }
  system.cuts.set(count, { below: shared, notAbove: undefined });
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}
