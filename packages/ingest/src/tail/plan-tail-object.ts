import type { LoggedBatch } from "@shale/columns";
import { batchBytes } from "@shale/columns";
import { invariant } from "@shale/model";
import { firstSeqOf, lastSeqOf } from "../append/unflushed-rows.ts";

/**
 * The appends that the next tail object takes: those above `lastSeq`, in order, as long as they
 * fit, and one at least. An append is never divided, so no tail ends inside one.
 */
export function planTailObject(
  batches: readonly LoggedBatch[],
  { lastSeq, bytesMax }: { readonly lastSeq: number; readonly bytesMax: number },
): readonly LoggedBatch[] {
  const planned: LoggedBatch[] = [];
  let bytes = 0;
  for (const batch of batches) {
    if (firstSeqOf(batch) <= lastSeq) {
      invariant(lastSeqOf(batch) <= lastSeq, `no tail ends inside an append: ${lastSeq}`);
      continue;
    }
    bytes += batchBytes(batch);
    if (planned.length > 0 && bytes > bytesMax) break;
    planned.push(batch);
  }
  return planned;
}
