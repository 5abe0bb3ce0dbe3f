import type { CallOptions, Env } from "@shale/env";
import { fanOut } from "@shale/env";
import type { CondemnedObject } from "@shale/format";
import { patientEnv } from "../patient-env.ts";
import type { CollectAction, CollectionPlan } from "./collection.ts";

const DELETE_CONCURRENCY = 16;

type ActionOf<Kind extends CollectAction["kind"]> = Extract<CollectAction, { kind: Kind }>;

export function condemnedBy({ actions }: CollectionPlan): readonly CondemnedObject[] {
  return actions.flatMap((action) => (action.kind === "condemn" ? [action.object] : []));
}

/** The beat goes only as it was seen: a renewed pin stays. Then the pin has no owner. */
export async function dropStalePins(
  env: Env,
  stale: readonly ActionOf<"drop-pin">[],
  options: CallOptions,
): Promise<void> {
  const { store } = patientEnv(env);
  for (const { pin } of stale) {
    for (const entry of [pin.beat, pin.pin]) {
      if (entry === undefined) continue;
      const outcome = await store.delete(entry.key, { ...options, ifVersion: entry.version });
      if (!outcome.deleted) break;
    }
  }
}

/** Deletes each content that was condemned, then the records that are done with. */
export async function deletePlanned(
  env: Env,
  actions: readonly CollectAction[],
  options: CallOptions & { onDone(done: number, total: number): void },
): Promise<{
  readonly deletedObjects: number;
  readonly deletedBytes: number;
  /** Objects under whose key another content stands by now. */
  readonly changed: number;
}> {
  const { store } = patientEnv(env);
  const { signal, onDone } = options;
  const doomed = actions.filter((action) => action.kind === "delete");
  let [deletedObjects, deletedBytes, done] = [0, 0, 0];
  await fanOut(doomed, { concurrency: DELETE_CONCURRENCY, signal }, async ({ object }, stop) => {
    const { key, token, bytes } = object;
    const { deleted } = await store.delete(key, { ifVersion: token, signal: stop });
    done++;
    onDone(done, doomed.length);
    if (!deleted) return;
    deletedObjects++;
    deletedBytes += bytes;
  });
  for (const action of actions) {
    if (action.kind !== "drop-record" && action.kind !== "drop-heartbeat") continue;
    const { key, version } = action.entry;
    await store.delete(key, { ifVersion: version, signal });
  }
  return { deletedObjects, deletedBytes, changed: doomed.length - deletedObjects };
}
