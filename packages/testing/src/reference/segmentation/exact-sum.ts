const bits = new DataView(new ArrayBuffer(8));

/** A double as a whole number of 2^-1074, the least number there is. */
function unitsOf(value: number): bigint {
  bits.setFloat64(0, Math.abs(value));
  const raw = bits.getBigUint64(0);
  const exponent = raw >> 52n;
  const fraction = raw & 0xfffffffffffffn;
  const units = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n);
  return value < 0 ? -units : units;
}

/** The nearest double, of two equally near the even one. */
function nearestDouble(units: bigint): number {
  if (units < 0n) return -nearestDouble(-units);
  const shift = units.toString(2).length - 53;
  if (shift <= 0) return Number(units) * 2 ** -1074;
  const unit = 1n << BigInt(shift);
  let count = units / unit;
  const rest = units % unit;
  const isUp = rest * 2n > unit || (rest * 2n === unit && count % 2n === 1n);
  if (isUp) count += 1n;
  return Number(count) * 2 ** (shift - 1074);
}

/** The sum without any rounding but the last; null beyond the largest double. */
export function exactSum(values: readonly number[]): number | null {
  const sum = nearestDouble(values.reduce((units, value) => units + unitsOf(value), 0n));
  return Number.isFinite(sum) ? sum + 0 : null; // -0 is 0.
}
