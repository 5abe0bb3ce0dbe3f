import { invariant } from "@shale/model";

const PLACE_BITS = 64;

/**
 * Where a user stands in a spec with 2^bits times the shards (protocol S9). It is in shard
 * `shard + shards * reversedBits(leadingBits(place, bits), bits)` there.
 *
 * @param place 16 hex digits, in the spec with `shards`.
 */
export function finerPlace(place: string, bits: number): string {
  return digitsOf(BigInt.asUintN(PLACE_BITS, BigInt(`0x${place}`) << BigInt(bits)));
}

/**
 * Where a user stands in a spec with 2^bits times fewer shards.
 *
 * @param part The user's shard here, divided by the number of shards there: below 2^bits.
 */
export function coarserPlace(place: string, bits: number, part: number): string {
  const rest = BigInt(`0x${place}`) >> BigInt(bits);
  return digitsOf((BigInt(reversedBits(part, bits)) << BigInt(PLACE_BITS - bits)) | rest);
}

/** The first bits of a place as a number, 1 to 32 of them. */
export function leadingBits(place: string, bits: number): number {
  invariant(bits >= 1 && bits <= 32, `1 to 32 bits of a place: ${bits}`);
  return Number.parseInt(place.slice(0, 8), 16) >>> (32 - bits);
}

/** The lowest bits of a number in opposite order, up to 31 of them. */
export function reversedBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed = 2 * reversed + ((value >>> bit) & 1);
  return reversed;
}

function digitsOf(place: bigint): string {
  return place.toString(16).padStart(16, "0");
}
