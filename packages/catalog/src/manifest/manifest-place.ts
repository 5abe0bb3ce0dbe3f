import type { ProjectId, SpecName } from "@shale/model";

/** Names the manifest of one group: shards [64 group, 64 group + 64) of a spec. */
export interface ManifestPlace {
  readonly project: ProjectId;
  readonly spec: SpecName;
  readonly group: number;
}
