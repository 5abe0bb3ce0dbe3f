import type { LoggedBatch } from "@shale/columns";
import type { CatalogCut, CatalogDocument } from "@shale/format";
import type { ProjectId, SpecName, WriterOrdinal } from "@shale/model";
import { groupCountOf, invariant, ShaleError, type ShardingSpec, tailNumber } from "@shale/model";
import { tailKey } from "../object-keys.ts";
import { holdsOrdinal } from "../ordinal-ranges.ts";
import type { Pin, TailPosition, TailRef } from "./pin.ts";
import { rowsIn } from "./pin-rows.ts";
import type { SnapshotPosition, SnapshotTombstones } from "./pin-snapshot.ts";
import { encodeSnapshot } from "./pin-snapshot.ts";
import { NO_POSITION } from "./read-heads.ts";

/** By writer; a writer that is not in it takes no part. */
export type Positions = ReadonlyMap<WriterOrdinal, TailPosition>;

/**
 * The spec that is asked for, or the live one.
 *
 * @throws {ShaleError} OPTION_INVALID for one that is not there, no longer fed, or whose cut is
 * still being taken: where its rows begin is not known then; FORMAT_UNKNOWN when the catalog holds
 * what this version of the store cannot read
 */
export function specOf(catalog: CatalogDocument, wanted: SpecName | undefined): ShardingSpec {
  const name = wanted ?? catalog.live;
  const spec = catalog.specs.find((one) => one.spec === name);
  if (spec === undefined || !catalog.fed.includes(name)) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot read spec ${name}: project "${catalog.project}" feeds ${catalog.fed.join(", ")}`,
      { path: "spec" },
    );
  }
  if (name !== catalog.specs[0]?.spec && !catalog.cuts.some((cut) => cut.spec === name)) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot read spec ${name}: project "${catalog.project}" is still taking its cut`,
      { path: "spec" },
    );
  }
  if (catalog.loads.length > 0) {
    throw new ShaleError(
      "FORMAT_UNKNOWN",
      `Cannot read project "${catalog.project}": this version cannot read its bulk loads`,
    );
  }
  return { spec: name, shards: spec.shards, hash: spec.hash };
}

/** The groups to read. @throws {ShaleError} OPTION_INVALID */
export function groupsOf(
  { spec, shards }: ShardingSpec,
  wanted: readonly number[] | undefined,
): readonly number[] {
  const groupCount = groupCountOf(shards);
  const groups = wanted ?? Array.from({ length: groupCount }, (_, group) => group);
  const foreign = groups.find(
    (group) => !(Number.isInteger(group) && group >= 0 && group < groupCount),
  );
  if (foreign === undefined) return groups;
  throw new ShaleError(
    "OPTION_INVALID",
    `Cannot read group ${foreign}: spec ${spec} has the groups 0 to ${groupCount - 1}`,
    { path: "groups" },
  );
}

/**
 * The watermarks of a group that never had a manifest: its spec's cut, nothing for the first spec
 * and for writers that registered after the cut (protocol R1, S1).
 */
export function firstWatermarks(catalog: CatalogDocument, spec: SpecName): Positions {
  const cut = catalog.cuts.find((one) => one.spec === spec);
  const positions = new Map<WriterOrdinal, TailPosition>();
  for (const { ordinal } of catalog.writers) {
    const position = cut === undefined ? NO_POSITION : positionAt(cut, ordinal);
    if (position !== undefined) positions.set(ordinal, position);
  }
  return positions;
}

function positionAt(cut: CatalogCut, ordinal: WriterOrdinal): TailPosition | undefined {
  if (holdsOrdinal(cut.infinite, ordinal)) return undefined;
  return cut.positions[String(ordinal)] ?? NO_POSITION;
}

/** The greater of two positions of one writer. */
export function laterOf(a: TailPosition, b: TailPosition): TailPosition {
  return b.n > a.n ? b : a;
}

/** The tail objects in (from, hi] of every writer. */
export function tailRefsOf(project: ProjectId, from: Positions, hi: Positions): readonly TailRef[] {
  return [...hi].flatMap(([writer, { n: top }]) => {
    const base = from.get(writer)?.n ?? 0;
    return Array.from({ length: Math.max(0, top - base) }, (_, i) => {
      const n = tailNumber(base + 1 + i);
      return { writer, n, key: tailKey(project, writer, n) };
    });
  });
}

/**
 * The rows in memory that are in no tail object of the pin (protocol W6): those above the lastSeq
 * of their writer at hi. A batch that lies across it is cut.
 */
export function memoryAbove(memory: readonly LoggedBatch[], hi: Positions): readonly LoggedBatch[] {
  return memory.flatMap((batch) => {
    const above = hi.get(batch.writer)?.lastSeq ?? 0;
    return rowsIn(batch, { above, upTo: Number.MAX_SAFE_INTEGER }) ?? [];
  });
}

/**
 * The tombstone that was live at the snapshot, or came after it, and has retired since. The rows
 * under it are out of every file that is listed now, but not out of older files, nor out of what a
 * process has decoded of them: nothing hides them there any more.
 */
export function retiredSince(
  { live, next }: SnapshotTombstones,
  catalog: CatalogDocument,
): number | undefined {
  const left = new Set(catalog.tombstones.map(({ number }) => number));
  const known = live.find((number) => !left.has(number));
  if (known !== undefined) return known;
  for (let number = next; number < catalog.nextTombstone; number++) {
    if (!left.has(number)) return number;
  }
  return undefined;
}

/** Names the cut: hi, the manifests, and above hi the rows in memory by number and last seq. */
export function snapshotOf(
  catalog: CatalogDocument,
  spec: SpecName,
  { hi, memory, groups }: Pick<Pin, "hi" | "memory" | "groups">,
): string {
  const writers = new Map<WriterOrdinal, SnapshotPosition>();
  for (const [writer, position] of hi) {
    writers.set(writer, { ...position, memoryRows: 0, memorySeq: 0 });
  }
  for (const { writer, rowCount, seqs } of memory) {
    const position = writers.get(writer);
    const lastSeq = seqs[rowCount - 1];
    invariant(position !== undefined && lastSeq !== undefined, "rows in memory have a place in hi");
    writers.set(writer, {
      ...position,
      memoryRows: position.memoryRows + rowCount,
      memorySeq: Math.max(position.memorySeq, lastSeq),
    });
  }
  return encodeSnapshot({
    project: catalog.project,
    catalogVersion: catalog.version,
    spec,
    writers,
    manifests: new Map(
      [...groups].flatMap(([group, { manifest }]) =>
        manifest === undefined ? [] : [[group, manifest.version] as const],
      ),
    ),
    tombstones: {
      live: catalog.tombstones.map(({ number }) => number),
      next: catalog.nextTombstone,
    },
  });
}
