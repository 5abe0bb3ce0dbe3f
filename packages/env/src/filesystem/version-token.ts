import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { ShaleError } from "@shale/model";
import type { Clock } from "../clock.ts";
import type { Random } from "../random.ts";

/** The version of the content in a file: its inode, time of change and size. */
export function versionOf({ ino, mtimeNs, size }: BigIntStats): string {
  return `${ino.toString(36)}.${mtimeNs.toString(36)}.${size.toString(36)}`;
}

export function modifiedMsOf({ mtimeNs }: BigIntStats): number {
  return Number(mtimeNs / 1_000_000n);
}

/**
 * Gives a file that is not yet visible the time that makes its version unlike every other version
 * that its key had. The kernel's own times are too coarse for that: they step every few
 * milliseconds, in which a key can be deleted and made again with the same size in the same inode.
 *
 * The time is true to the millisecond; below it stands a random number of microseconds. Two
 * contents of one key differ, because
 * - while both files exist their inodes differ;
 * - a content only goes (`outlastVersion`) once the clock has left the millisecond of its time, so
 *   a file that reuses its inode is given a later millisecond.
 * The random part stands in where the clock was set back in between.
 */
export async function stampVersion(
  env: { readonly clock: Clock; readonly random: Random },
  handle: FileHandle,
): Promise<void> {
  const fraction = 1 + (env.random.nextU32() % 998);
  const micros = env.clock.nowMs() * 1000 + fraction;
  // Half a microsecond more: seconds are a double here, which Node cuts down to microseconds.
  const seconds = (micros + 0.5) / 1e6;
  await handle.utimes(seconds, seconds);
  const { mtimeNs } = await handle.stat({ bigint: true });
  if (mtimeNs / 1000n === BigInt(micros)) return;
  throw new ShaleError(
    "STORE_RULES_BROKEN",
    `Cannot write to this file system: it keeps the time ${micros} us as ${mtimeNs} ns, ` +
      "and versions are told apart by times of 1 us",
  );
}

/** Milliseconds that a clock which stands still is waited for. */
const OUTLAST_MS_MAX = 3;

/** Waits until the clock has left the millisecond of a content that is about to go. */
export async function outlastVersion(clock: Clock, stat: BigIntStats): Promise<void> {
  const modifiedMs = modifiedMsOf(stat);
  for (let wait = 0; wait < OUTLAST_MS_MAX && clock.nowMs() <= modifiedMs; wait++) {
    await clock.sleep(1);
  }
}
