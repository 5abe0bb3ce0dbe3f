import { invariant } from "@shale/model";

/**
 * The sum of the digests of some rows mod 2^128 (docs/formats/digest.md): four unsigned 32-bit
 * lanes, the most significant first. Never changed once made.
 */
export type Digest = readonly [number, number, number, number];

/** Of no rows. */
export const emptyDigest: Digest = [0, 0, 0, 0];

const TWO_32 = 4_294_967_296;
const DIGEST_TEXT = /^[0-9a-f]{32}$/;

export function addDigests(left: Digest, right: Digest): Digest {
  return carried(left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3]);
}

/** What has to be added to `right` to give `left`. */
export function subtractDigests(left: Digest, right: Digest): Digest {
  return carried(left[0] - right[0], left[1] - right[1], left[2] - right[2], left[3] - right[3]);
}

/** The digest of lanes that may be any whole numbers below 2^52, negative ones too. */
export function carried(first: number, second: number, third: number, fourth: number): Digest {
  const carry4 = third + Math.floor(fourth / TWO_32);
  const carry3 = second + Math.floor(carry4 / TWO_32);
  const carry2 = first + Math.floor(carry3 / TWO_32);
  return [wrapped(carry2), wrapped(carry3), wrapped(carry4), wrapped(fourth)];
}

/** Modulo 2^32, never negative. */
function wrapped(lane: number): number {
  return lane - Math.floor(lane / TWO_32) * TWO_32;
}

/** 32 hex digits. */
export function digestText(digest: Digest): string {
  return digest.map((lane) => lane.toString(16).padStart(8, "0")).join("");
}

export function isDigestText(text: string): boolean {
  return DIGEST_TEXT.test(text);
}

export function parseDigest(text: string): Digest {
  invariant(isDigestText(text), `a digest has 32 hex digits: ${text}`);
  const laneAt = (at: number) => Number.parseInt(text.slice(at, at + 8), 16);
  return [laneAt(0), laneAt(8), laneAt(16), laneAt(24)];
}
