/** The sum of arrays of one length, place by place; of none: no numbers. */
export function addUp(arrays: readonly Float64Array[]): Float64Array {
  const sums = new Float64Array(arrays[0]?.length ?? 0);
  for (const numbers of arrays) {
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (numbers[i] ?? 0);
  }
  return sums;
}
