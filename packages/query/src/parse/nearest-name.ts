/** The name that was probably meant: the nearest by edits, at most a third of its letters away. */
export function nearestName(found: string, allowed: readonly string[]): string | undefined {
  const lower = found.slice(0, 64).toLowerCase();
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of allowed) {
    const edits = editsBetween(lower, name.toLowerCase());
    const most = Math.max(1, Math.floor(Math.max(name.length, lower.length) / 3));
    if (edits <= most && edits < least) {
      nearest = name;
      least = edits;
    }
  }
  return nearest;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into another. */
function editsBetween(source: string, target: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: target.length + 1 }, (_, column) => column);
  for (let row = 1; row <= source.length; row++) {
    const edits = [row];
    for (let column = 1; column <= target.length; column++) {
      const same = source[row - 1] === target[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (edits[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        source[row - 1] === target[column - 2] && source[row - 2] === target[column - 1];
      if (row > 1 && column > 1 && swapped)
        least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      edits.push(least);
    }
    beforeLast = last;
    last = edits;
  }
  return last[target.length] ?? 0;
}
