import type { SegmentValue } from "@shale/model";
import type { SegmentSpace } from "../segment-space.ts";

/** Which slot a segment is counted in. */
export interface SlotPlan {
  /** Upper bound of the slots that rows seen so far can have. */
  slotCount(): number;
  /** By segment, for those met so far; undefined: each segment is the slot of its own number. */
  slots(): Uint32Array | undefined;
  /** The segments of a cell that is a set. */
  membersOf(cell: number): Uint32Array;
}

/** Everything in one slot. */
export const wholePlan: SlotPlan = {
  slotCount: () => 1,
  slots: () => undefined,
  membersOf: () => new Uint32Array(0),
};

/** A slot for each segment, while they are being found. */
export function segmentPlan(space: SegmentSpace): SlotPlan {
  return { slotCount: () => space.count, slots: () => undefined, membersOf: space.membersOf };
}

/** The chosen segments in their order, then one slot for everything else. */
export function chosenPlan(
  space: SegmentSpace,
  chosen: readonly (readonly SegmentValue[])[],
): SlotPlan {
  const slotOfKey = new Map(chosen.map((values, slot) => [JSON.stringify(values), slot]));
  let slots = new Uint32Array(0);
  let known = 0;
  return {
    slotCount: () => chosen.length + 1,
    slots() {
      if (space.count > slots.length) {
        const grown = new Uint32Array(2 * space.count);
        grown.set(slots);
        slots = grown;
      }
      for (; known < space.count; known++) {
        slots[known] = slotOfKey.get(JSON.stringify(space.valuesOf(known))) ?? chosen.length;
      }
      return slots;
    },
    membersOf: space.membersOf,
  };
}
