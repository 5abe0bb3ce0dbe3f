import type { Disk } from "@shale/env";
import { FENCE_NAME, OWNER_NAME, segmentNamesOf } from "./log-paths.ts";

/**
 * Whether somebody has taken this log over (W2). Asked between an fsync and its acknowledgement.
 *
 * A taker leaves `fence`, reads the log, seals its tail, and then removes the owner's marker first,
 * the fence second. So the answer is in this order: no fence, and after that the owner's marker
 * still there, means that at the first look no fence had been made. Then the log was read after
 * the fsync, and the rows are in what the taker saw. Only the writer makes the owner's marker, once.
 */
export async function isFenced(disk: Disk, folder: string): Promise<boolean> {
  if (await disk.exists(`${folder}/${FENCE_NAME}`)) return true;
  return !(await disk.exists(`${folder}/${OWNER_NAME}`));
}

/** Durable when it resolves: only then may the log be read (W4). One that stands is as good. */
export async function writeFence(disk: Disk, folder: string): Promise<void> {
  await disk.createMarker(`${folder}/${FENCE_NAME}`, new Uint8Array(0));
}

/** Removes a log whose tail is sealed. The order is what `isFenced` rests on. */
export async function removeLog(disk: Disk, folder: string): Promise<void> {
  for (const name of segmentNamesOf(await disk.listNames(folder))) {
    await disk.removeFile(`${folder}/${name}`);
  }
  await disk.removeFile(`${folder}/${OWNER_NAME}`);
  await disk.removeFile(`${folder}/${FENCE_NAME}`);
  await disk.removeFolder(folder);
}
