/**
 * The place, from 1, of a percentile (0 to 100) among `count` sorted numbers: the least one that at
 * least so many percent do not lie above. A percentile is taken as the decimal that it is written
 * as: 99.9 of 1000 numbers is the 999th, though the double lies a little above 99.9.
 */
export function nearestRank(percentile: number, count: number): number {
  const [digits = "0", exponent = "0"] = String(percentile).split("e");
  const [whole = "0", fraction = ""] = digits.split(".");
  const places = fraction.length - Number(exponent);
  const share = BigInt(whole + fraction) * BigInt(count);
  const unit = 100n * 10n ** BigInt(Math.max(places, 0));
  return Math.max(1, Number((share + unit - 1n) / unit));
}
