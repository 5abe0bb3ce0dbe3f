/** Looks for groups that have something, by a number that says what: each is passed over once. */
export interface GroupSearch {
  /** The first group of [first, end) that has it; else `end`, which is the same until `clear`. */
  next(what: number, first: number, end: number): number;
  clear(): void;
}

export function createGroupSearch(
  count: number,
  has: (group: number, what: number) => boolean,
): GroupSearch {
  /** What was found last, and from which group on. */
  const from = new Uint32Array(count);
  const found = new Int32Array(count).fill(-1);
  return {
    next(what, first, end) {
      const known = found[what] ?? -1;
      if (first >= (from[what] ?? 0) && first <= known) return known;
      let group = first;
      while (group < end && !has(group, what)) group++;
      from[what] = first;
      found[what] = group;
      return group;
    },
    clear: () => {
      found.fill(-1);
    },
  };
}
