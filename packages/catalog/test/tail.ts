import type { LoggedBatch } from "@shale/columns";
import { createBatchBuilder, loadUserHasher } from "@shale/columns";
import type { ObjectStore } from "@shale/env";
import { emptyTailObject, encodeTailObject, tailObjectOf } from "@shale/format";
import { projectId, tailNumber, writerOrdinal } from "@shale/model";
import { tailKey } from "../src/object-keys.ts";

export const shop = projectId("shop");
const hasher = await loadUserHasher();
const nonce = "0123456789abcdef0123456789abcdef";

/** One row for each seq. */
export function batchOf(writer: number, seqs: readonly number[]): LoggedBatch {
  const builder = createBatchBuilder(hasher);
  for (const seq of seqs) builder.startRow(`u${seq}`, "view", 1_767_225_600_000 + seq, undefined);
  return {
    ...builder.build(),
    writer: writerOrdinal(writer),
    seqs: Float64Array.from(seqs),
  };
}

/** Puts tail object n with these rows, or an empty one that ends at `lastSeq`. */
export async function putTail(
  store: ObjectStore,
  place: { readonly writer: number; readonly n: number },
  rows: readonly number[] | { readonly lastSeq: number },
): Promise<void> {
  const writer = writerOrdinal(place.writer);
  const n = tailNumber(place.n);
  const object =
    "lastSeq" in rows
      ? emptyTailObject({ writer, n, nonce, lastSeq: rows.lastSeq, sealed: false })
      : tailObjectOf({ n, nonce, batch: batchOf(place.writer, rows) });
  await store.put(tailKey(shop, writer, n), encodeTailObject(object), { ifAbsent: true });
}

export function keyOfTail(writer: number, n: number): string {
  return tailKey(shop, writerOrdinal(writer), tailNumber(n));
}
