import { claimOfOutput } from "@shale/format";
import type { ObjectPlace } from "./classify-key.ts";
import type { GroupView } from "./group-view.ts";

/** A page or a day file, by its key. */
export type OutputPlace = Extract<ObjectPlace, { kind: "page" | "day-file" }>;

/** unknown: of a spec that is gone, or a group that cannot be read. */
export type OutputReach = "listed" | "claimed" | "unlisted" | "unknown";

/**
 * Tells of outputs whether the manifests list them, or a job may commit them yet. The listing that
 * showed them is older than the manifests: what is unlisted then, no new reader reaches.
 */
export function outputReachOf(groups: readonly GroupView[]): (place: OutputPlace) => OutputReach {
  const known = new Map(
    groups
      .filter(({ isWhole }) => isWhole)
      .map(({ spec, group, manifest, entries }) => [
        `${spec}/${group}`,
        {
          page: idsOf(manifest?.pages),
          "day-file": idsOf(entries),
          claims: idsOf(manifest?.claims),
        },
      ]),
  );
  return ({ kind, spec, group, id }) => {
    const ids = known.get(`${spec}/${group}`);
    if (ids === undefined) return "unknown";
    if (ids[kind].has(id)) return "listed";
    return ids.claims.has(claimOfOutput(id)) ? "claimed" : "unlisted";
  };
}

function idsOf(named: readonly { readonly id: string }[] = []): ReadonlySet<string> {
  return new Set(named.map(({ id }) => id));
}
