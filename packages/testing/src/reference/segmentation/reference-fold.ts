import type { PerUserThen } from "@shale/model";
import { exactSum } from "./exact-sum.ts";

/** How numbers become one. */
export type Fold = PerUserThen;

/** The first of the sorted numbers that at least so many percent do not lie above. */
function percentileOf(values: readonly number[], percentile: number): number | null {
  // As the decimal that was written, in whole numbers: 99.9 percent of 1000 numbers are 999.
  const [decimal = "", exponent = ""] = percentile.toExponential().split("e");
  const [whole = "", fraction = ""] = decimal.split(".");
  const places = BigInt(Math.max(0, fraction.length - Number(exponent)));
  const wanted =
    BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, Number(exponent) - fraction.length));
  const sorted = [...values].sort((a, b) => a - b);
  const count = BigInt(sorted.length);
  const found = sorted.find(
    (_, index) => BigInt(index + 1) * 100n * 10n ** places >= wanted * count,
  );
  return found ?? null;
}

/** null: of nothing; the sum of nothing is 0. */
export function folded(values: readonly number[], fold: Fold): number | null {
  if (fold === "sum") return exactSum(values);
  if (values.length === 0) return null;
  switch (fold) {
    case "avg": {
      const sum = exactSum(values);
      return sum === null ? null : sum / values.length;
    }
    case "min":
      return values.reduce((a, b) => Math.min(a, b));
    case "max":
      return values.reduce((a, b) => Math.max(a, b));
    case "median":
      return percentileOf(values, 50);
    default:
      return percentileOf(values, fold.percentile);
  }
}
