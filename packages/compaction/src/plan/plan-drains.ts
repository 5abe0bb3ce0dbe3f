import type { WriterOrdinal } from "@shale/model";

/** A tail object as a listing shows it. */
export interface ListedObject {
  readonly n: number;
  readonly bytes: number;
}
/** Tail objects of each writer, ascending. */
export type ListedTail = ReadonlyMap<WriterOrdinal, readonly ListedObject[]>;

export interface GroupTail {
  readonly group: number;
  /** Above its watermarks. */
  readonly tail: ListedTail;
}

export interface DrainPolicy {
  readonly mode: "full" | "due";
  /** "due" drains a group at so many bytes of its tail, or … */
  readonly bytesMin: number;
  /** … at so many objects. */
  readonly objectCountMin: number;
  /** Bytes of tail objects that one drain reads. Lower: less memory, smaller files. */
  readonly bytesMax: number;
  readonly objectCountMax: number;
}

export const drainDefaults = {
  bytesMin: 67_108_864,
  objectCountMin: 600,
  bytesMax: 67_108_864,
  objectCountMax: 4_096,
} as const;

/** One drain: of each writer the objects from its watermark up to `upTo`. */
export interface Drain {
  readonly group: number;
  readonly upTo: ReadonlyMap<WriterOrdinal, number>;
  readonly objectCount: number;
  readonly bytes: number;
}

/** Chooses the groups whose tail is to be drained now, the longest tail first. */
export function planDrains(groups: readonly GroupTail[], policy: DrainPolicy): readonly Drain[] {
  return groups
    .map((one) => ({ ...one, ...sizeOf(one.tail) }))
    .filter(({ bytes, objectCount }) =>
      policy.mode === "full"
        ? objectCount > 0
        : bytes >= policy.bytesMin || objectCount >= policy.objectCountMin,
    )
    .sort((a, b) => b.bytes - a.bytes || a.group - b.group)
    .map(({ group, tail }) => ({ group, ...planDrainRange(tail, policy) }));
}

/**
 * A bounded beginning of every writer's tail: one object of each in turn, until the bytes are used
 * up; one at least.
 */
export function planDrainRange(
  tail: ListedTail,
  { bytesMax, objectCountMax }: Pick<DrainPolicy, "bytesMax" | "objectCountMax">,
): Omit<Drain, "group"> {
  const upTo = new Map<WriterOrdinal, number>();
  let [bytes, objectCount] = [0, 0];
  let waiting = [...tail].map(([writer, objects]) => ({ writer, objects }));
  for (let turn = 0; waiting.length > 0; turn++) {
    waiting = waiting.filter(({ objects }) => turn < objects.length);
    for (const { writer, objects } of waiting) {
      const object = objects[turn];
      if (object === undefined) continue;
      const isFull = bytes + object.bytes > bytesMax || objectCount === objectCountMax;
      if (isFull && objectCount > 0) return { upTo, bytes, objectCount };
      upTo.set(writer, object.n);
      bytes += object.bytes;
      objectCount++;
    }
  }
  return { upTo, bytes, objectCount };
}

export function sizeOf(tail: ListedTail): { readonly bytes: number; readonly objectCount: number } {
  const objects = [...tail.values()].flat();
  return {
    bytes: objects.reduce((sum, one) => sum + one.bytes, 0),
    objectCount: objects.length,
  };
}
