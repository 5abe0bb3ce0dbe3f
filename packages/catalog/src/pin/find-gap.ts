import type { CallOptions, Env } from "@shale/env";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { tailNumber } from "@shale/model";
import { tailKey } from "../object-keys.ts";

export interface GapSearch extends CallOptions {
  readonly project: ProjectId;
  readonly writer: WriterOrdinal;
  /** Every object from the watermark up to this one is known to have been there. */
  readonly known: number;
  /** What the listing showed, ascending. */
  readonly listed: readonly number[];
  readonly top: number;
}

/**
 * The key of the first tail object in (known, top] that is not there; undefined when all are. What
 * the listing did not show is asked for by name (protocol R1): there, the listing had missed it.
 */
export async function findGap(env: Env, search: GapSearch): Promise<string | undefined> {
  const { project, writer, known, listed, top, signal } = search;
  let n = known + 1;
  for (const number of [...listed, Number.POSITIVE_INFINITY]) {
    for (; n < number && n <= top; n++) {
      const key = tailKey(project, writer, tailNumber(n));
      const entry = await env.store.head(key, { signal });
      if (entry === undefined) return key;
    }
    if (n === number) n++;
  }
  return undefined;
}
