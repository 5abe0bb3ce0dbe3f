import type { ObjectEntry } from "@shale/env";
import { listAll } from "@shale/env";
import type { ObjectPlace } from "./classify-key.ts";
import { classifyKey } from "./classify-key.ts";
import type { VerifyContext } from "./verify-context.ts";

/** An object with its place, of one kind. */
export type Listed<Kind extends ObjectPlace["kind"]> = Extract<ObjectPlace, { kind: Kind }> & {
  readonly entry: ObjectEntry;
};
/** All objects of a project at about one time, in the order of their keys. */
export interface ProjectListing {
  readonly entries: readonly ObjectEntry[];
  ofKind<Kind extends ObjectPlace["kind"]>(kind: Kind): readonly Listed<Kind>[];
}

export async function listProject({
  env,
  project,
  signal,
}: Pick<VerifyContext, "env" | "project" | "signal">): Promise<ProjectListing> {
  const entries: ObjectEntry[] = [];
  const byKind = new Map<ObjectPlace["kind"], (ObjectPlace & { entry: ObjectEntry })[]>();
  for await (const entry of listAll(env.store, `${project}/`, { signal })) {
    const place = classifyKey(project, entry.key);
    const known = byKind.get(place.kind);
    if (known === undefined) byKind.set(place.kind, [{ ...place, entry }]);
    else known.push({ ...place, entry });
    if (place.kind !== "log") entries.push(entry);
  }
  return {
    entries,
    ofKind: <Kind extends ObjectPlace["kind"]>(kind: Kind) =>
      (byKind.get(kind) ?? []) as unknown as readonly Listed<Kind>[],
  };
}
