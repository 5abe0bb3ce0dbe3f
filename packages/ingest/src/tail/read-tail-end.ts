import { tailKey, tailPrefix } from "@shale/catalog";
import type { CallOptions, Env } from "@shale/env";
import { listAll } from "@shale/env";
import type { TailHeader } from "@shale/format";
import { decodeTailHeader, TAIL_HEADER_BYTES } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError, tailNumber } from "@shale/model";

/** One writer's tail. */
export interface TailPlace {
  readonly project: ProjectId;
  readonly writer: WriterOrdinal;
}

/** Where a writer's tail ends. */
export interface TailEnd {
  /** Number of its highest object; 0 when there is none. */
  readonly n: number;
  /** Greatest seq that the tail covers. */
  readonly lastSeq: number;
  readonly isSealed: boolean;
}

export const emptyTailEnd: TailEnd = { n: 0, lastSeq: 0, isSealed: false };

export function tailEndOf({ n, lastSeq, sealed }: TailHeader): TailEnd {
  return { n, lastSeq, isSealed: sealed };
}

/**
 * The end of a tail that others may extend or collect meanwhile. A listing is not a snapshot, so
 * it gives a number to start from, and what follows that number is asked for by name.
 */
export async function readTailEnd(
  env: Env,
  place: TailPlace,
  options: CallOptions = {},
): Promise<TailEnd> {
  while (true) {
    const listed = await readHighestNumber(env, place, options);
    const head = listed === 0 ? undefined : await readTailHeader(env, place, listed, options);
    if (listed > 0 && head === undefined) continue; // Collected: so there is a higher one.
    let end = head === undefined ? emptyTailEnd : tailEndOf(head);
    while (true) {
      const next = await readTailHeader(env, place, end.n + 1, options);
      if (next === undefined) return end;
      end = tailEndOf(next);
    }
  }
}

/** undefined when there is no such object. @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN */
export async function readTailHeader(
  env: Env,
  { project, writer }: TailPlace,
  n: number,
  options: CallOptions = {},
): Promise<TailHeader | undefined> {
  const key = tailKey(project, writer, tailNumber(n));
  const range = { offset: 0, length: TAIL_HEADER_BYTES };
  const object = await env.store.get(key, { ...options, range });
  if (object === undefined) return undefined;
  const header = decodeTailHeader(object.bytes, { key });
  if (header.writer === writer && header.n === n) return header;
  throw new ShaleError(
    "OBJECT_CORRUPT",
    `Cannot read ${key}: it is object ${header.n} of writer ${header.writer}`,
    { details: { key } },
  );
}

async function readHighestNumber(
  env: Env,
  { project, writer }: TailPlace,
  options: CallOptions,
): Promise<number> {
  let highest = 0;
  for await (const { key } of listAll(env.store, tailPrefix(project, writer), options)) {
    highest = Number(key.slice(key.lastIndexOf("/") + 1));
  }
  return highest;
}
