import type {
  CatalogDocument,
  CatalogTombstone,
  DayFileEntry,
  Heartbeat,
  ManifestClaim,
} from "@shale/format";
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
  /** Of specs that are not closed. */
  readonly unlisted: ObjectAmount;
  /** Of specs that are closed, without those that a condemned record names. */
  readonly closed: ObjectAmount;
  /** Named by condemned records, whatever they are of. */
  readonly condemned: ObjectAmount;
  /** Of the unlisted ones, those that a condemned record names. */
  readonly unlistedCondemned: number;
  readonly tombstones: readonly CatalogTombstone[];
  /** What the catalog says of a reshard; undefined when it cannot be read. */
  readonly reshard:
    | Pick<CatalogDocument, "operation" | "cutPending" | "behind" | "live">
    | undefined;
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
