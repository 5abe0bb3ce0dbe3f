import type { CatalogTombstone, DayFileEntry, Heartbeat, ManifestClaim } from "@shale/format";
import type { Day, SpecName } from "@shale/model";
import type { ProjectStatus } from "../store.ts";

/** Everything that a diagnosis is made from. */
export interface DoctorFacts {
  readonly nowMs: number;
  /** undefined when damage stands in the way, which is then in `damage`. */
  readonly status: ProjectStatus | undefined;
  readonly damage: readonly { readonly object: string; readonly message: string }[];
  /** What the writers last said of themselves. */
  readonly heartbeats: readonly Heartbeat[];
  readonly claims: readonly StandingClaim[];
  /** Of the live spec. */
  readonly entries: readonly Pick<DayFileEntry, "day" | "shard" | "tombstone" | "bytes">[];
  readonly unlisted: ObjectAmount;
  /** Named by condemned records. */
  readonly condemned: ObjectAmount;
  readonly tombstones: readonly CatalogTombstone[];
  readonly retention: { readonly keepMs: number | null; readonly firstDay: Day | null };
}

export interface ObjectAmount {
  readonly objects: number;
  readonly bytes: number;
}

export interface StandingClaim {
  readonly spec: SpecName;
  readonly group: number;
  readonly claim: ManifestClaim;
  readonly owner: "alive" | "dead" | "unknown";
}
