import type { LoggedBatch } from "@shale/columns";
import { concatBatches } from "@shale/columns";
import type { CallOptions, Env } from "@shale/env";
import { nonceOf } from "@shale/env";
import type { TailObject } from "@shale/format";
import { emptyTailObject, tailObjectOf } from "@shale/format";
import { tailNumber } from "@shale/model";
import { planTailObject } from "./plan-tail-object.ts";
import { encodedTailObjectOf, putTailObject } from "./put-tail-object.ts";
import type { TailEnd, TailPlace } from "./read-tail-end.ts";
import { readTailEnd, tailEndOf } from "./read-tail-end.ts";

/**
 * Ends a tail: the appends that it does not cover yet go under its next numbers, then an empty
 * object marked sealed (W4). Any number of processes may do this at once, with different ends of
 * the same log: each number has one object, whoever made it, and everybody goes on after its
 * lastSeq.
 *
 * `batches` were read after the fence, and before this is called: the end of the tail is read
 * second, so that what a vanished segment held is covered by it.
 *
 * @returns The end of the tail, sealed. Its lastSeq covers every acknowledged row.
 */
export async function sealTail(
  env: Env,
  place: TailPlace,
  {
    batches,
    tailObjectBytesMax,
    signal,
  }: CallOptions & {
    readonly batches: readonly LoggedBatch[];
    readonly tailObjectBytesMax: number;
  },
): Promise<TailEnd> {
  let end = await readTailEnd(env, place, { signal });
  while (true) {
    if (end.isSealed) {
      // A sleeper may find numbers free again that were drained and collected, and fill them: such
      // objects are below every watermark and nobody reads them. The true end is the highest.
      const highest = await readTailEnd(env, place, { signal });
      if (highest.isSealed) return highest;
      end = highest;
    }
    const object = nextObjectOf(env, place, end, { batches, tailObjectBytesMax });
    end = tailEndOf(
      await putTailObject(env, encodedTailObjectOf(place.project, object), { signal }),
    );
  }
}

function nextObjectOf(
  env: Env,
  { writer }: TailPlace,
  { n: head, lastSeq }: TailEnd,
  log: { readonly batches: readonly LoggedBatch[]; readonly tailObjectBytesMax: number },
): TailObject {
  const n = tailNumber(head + 1);
  const nonce = nonceOf(env.random);
  const planned = planTailObject(log.batches, { lastSeq, bytesMax: log.tailObjectBytesMax });
  return planned.length === 0
    ? emptyTailObject({ writer, n, nonce, lastSeq, sealed: true })
    : tailObjectOf({ n, nonce, batch: concatBatches(planned) });
}
