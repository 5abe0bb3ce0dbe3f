import type { ObjectEntry } from "@shale/env";
import type {
  CatalogDocument,
  CatalogTombstone,
  FirstLook,
  Heartbeat,
  TailHeader,
} from "@shale/format";
import { claimOfOutput } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import type { GroupView } from "../collect/collection.ts";
import type { TailEnd } from "../collect/sight/tail-ends.ts";
import { dayFilePlaceOfKey } from "../object-keys.ts";

/** What was seen of the logs and the tail, in this order, after `known` was read (protocol D2). */
export interface LogSight {
  /** A catalog in which the tombstones stand. */
  readonly known: CatalogDocument;
  /** Read after it: whoever registered in between is in it. */
  readonly catalog: CatalogDocument;
  readonly heartbeats: readonly Heartbeat[];
  readonly ends: ReadonlyMap<WriterOrdinal, TailEnd>;
  /** Of all tail objects that are left. */
  readonly tail: readonly Pick<TailHeader, "rowCount" | "firstSeq">[];
}

/**
 * Tombstones whose rows are in no log and in no tail object any more: every writer is sealed, or
 * has adopted them and reports no unflushed row at or below d; and no tail object with such a row
 * is left.
 *
 * A writer that was forgotten counts only once it has retired: one that lives all the same may
 * bring acknowledged rows along to another ordinal, and drops them only if its own has retired.
 */
export function tombstonesPastTheTail(sight: LogSight): readonly CatalogTombstone[] {
  const { known, catalog, heartbeats, ends, tail } = sight;
  const beats = new Map(heartbeats.map((beat) => [beat.ordinal, beat]));
  const leastSeq = tail.reduce(
    (least, { rowCount, firstSeq }) => (rowCount === 0 ? least : Math.min(least, firstSeq)),
    Number.POSITIVE_INFINITY,
  );
  function isPast({ ordinal, forgotten }: CatalogDocument["writers"][number], seq: number) {
    if (forgotten !== null) return false;
    if (ends.get(ordinal)?.isSealed) return true;
    const beat = beats.get(ordinal);
    if (beat === undefined || beat.catalogVersion < known.version) return false;
    return beat.oldestUnflushedSeq === null || beat.oldestUnflushedSeq > seq;
  }
  return known.tombstones.filter(
    ({ number, seq }) =>
      catalog.tombstones.some((one) => one.number === number) &&
      catalog.writers.every((writer) => isPast(writer, seq)) &&
      leastSeq > seq,
  );
}

/** A first look as it stands in the store. */
export interface StandingLook {
  readonly entry: ObjectEntry;
  readonly look: FirstLook;
}

export interface FileSight {
  /** Every group of every spec that is not closed, read after the looks. */
  readonly groups: readonly GroupView[];
  /** All day files there are, listed after the manifests. */
  readonly listed: readonly ObjectEntry[];
}

/**
 * Tombstones of looks of which every claim has gone, and which every file of every spec has
 * reached: what commits from now on has read a catalog in which they stood, or stood no more
 * because of this. And no object is left that the look's claims, or any before them, had made and
 * nobody lists: an answer at an older version of a manifest would find the user in it.
 */
export function tombstonesToRetire(
  looks: readonly StandingLook[],
  { groups, listed }: FileSight,
): readonly number[] {
  const claims = new Set(groups.flatMap(({ manifest }) => manifest.claims.map(({ id }) => id)));
  const files = groups.flatMap((group) => group.files);
  const reached = files.reduce(
    (least, { tombstone }) => Math.min(least, tombstone),
    Number.POSITIVE_INFINITY,
  );
  const reachable = new Set(files.map(({ id }) => id));
  const left = listed.flatMap(({ key, modifiedMs }) => {
    const id = dayFilePlaceOfKey(key)?.id;
    return id === undefined || reachable.has(id) ? [] : [{ id, modifiedMs }];
  });
  const numbers = looks.flatMap(({ entry, look }) => {
    const own = new Set(look.claims);
    const isOver =
      !look.claims.some((id) => claims.has(id)) &&
      !left.some(
        ({ id, modifiedMs }) => modifiedMs <= entry.modifiedMs || own.has(claimOfOutput(id)),
      );
    return isOver ? look.tombstones.filter((number) => number <= reached) : [];
  });
  return [...new Set(numbers)];
}
