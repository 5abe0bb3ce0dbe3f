import type { TimeToConvert } from "@shale/model";

/** Exact for whole ms in any order: percentiles by nearest rank. Sorts the times in place. */
export function timesToConvert(timesMs: Float64Array): TimeToConvert {
  if (timesMs.length === 0) return { avg: null, median: null, p90: null };
  const sorted = timesMs.sort();
  return { avg: averageOf(sorted), median: ranked(sorted, 50), p90: ranked(sorted, 90) };
}

function ranked(sorted: Float64Array, percentile: number): number {
  const rank = Math.max(1, Math.ceil((percentile * sorted.length) / 100));
  return sorted[rank - 1] ?? 0;
}

/** The sum is exact: in parts that stay below 2^53, which are added as big integers. */
function averageOf(times: Float64Array): number {
  let whole = 0n;
  let part = 0;
  for (const time of times) {
    if (part + time > Number.MAX_SAFE_INTEGER) {
      whole += BigInt(part);
      part = 0;
    }
    part += time;
  }
  if (whole === 0n) return part / times.length;
  const sum = whole + BigInt(part);
  const count = BigInt(times.length);
  return Number(sum / count) + Number(sum % count) / times.length;
}
