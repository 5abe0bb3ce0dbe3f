import type { CallOptions, Env } from "@shale/env";
import { fanOut, listAll } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { decodeTailHeader, TAIL_HEADER_BYTES } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError, tailNumber } from "@shale/model";
import { numberBehind, tailKey, tailPrefix } from "../object-keys.ts";
import type { TailPosition } from "./pin.ts";

/** What stands in one writer's tail above a position. */
export interface TailHead {
  /** Numbers that the listing showed, ascending. It can miss one that stands (protocol R1). */
  readonly listed: readonly number[];
  /** The highest of them; the position itself when there is none. */
  readonly head: TailPosition;
}

export const NO_POSITION: TailPosition = { n: 0, lastSeq: 0 };
const LISTING_CONCURRENCY = 16;
const LISTING_COUNT_MAX = 16;

/**
 * The highest tail object of every writer that is not retired, by listing above `above` (a writer
 * that is not in it: from the first).
 *
 * @throws {ShaleError} PIN_UNSTABLE, OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE
 */
export async function readHeads(
  env: Env,
  project: ProjectId,
  catalog: CatalogDocument,
  above: ReadonlyMap<WriterOrdinal, TailPosition>,
  { signal = new AbortController().signal }: CallOptions = {},
): Promise<ReadonlyMap<WriterOrdinal, TailHead>> {
  const heads = await fanOut(
    catalog.writers,
    { concurrency: LISTING_CONCURRENCY, signal },
    async ({ ordinal }, either) => {
      const position = above.get(ordinal) ?? NO_POSITION;
      const head = await readHead(env, { project, writer: ordinal, position, signal: either });
      return [ordinal, head] as const;
    },
  );
  return new Map(heads);
}

interface HeadReading extends CallOptions {
  readonly project: ProjectId;
  readonly writer: WriterOrdinal;
  readonly position: TailPosition;
}

async function readHead(env: Env, reading: HeadReading): Promise<TailHead> {
  const { project, writer, position, signal } = reading;
  const prefix = tailPrefix(project, writer);
  const after = position.n === 0 ? undefined : tailKey(project, writer, tailNumber(position.n));
  for (let count = 1; count <= LISTING_COUNT_MAX; count++) {
    const listed: number[] = [];
    for await (const { key } of listAll(env.store, prefix, { after, signal })) {
      const n = numberBehind(prefix, key);
      if (n !== undefined) listed.push(n);
    }
    const n = listed.at(-1);
    if (n === undefined) return { listed, head: position };
    const lastSeq = await readLastSeq(env, { project, writer, n, signal });
    if (lastSeq !== undefined) return { listed, head: { n, lastSeq } };
    // Drained and deleted since it was listed, so a higher one stands by now.
  }
  throw new ShaleError(
    "PIN_UNSTABLE",
    `Cannot find the head of writer ${writer}: it vanished ${LISTING_COUNT_MAX} times`,
  );
}

/** From the header alone; undefined when there is no such object. */
async function readLastSeq(
  env: Env,
  place: Omit<HeadReading, "position"> & { readonly n: number },
): Promise<number | undefined> {
  const { project, writer, n, signal } = place;
  const key = tailKey(project, writer, tailNumber(n));
  const range = { offset: 0, length: TAIL_HEADER_BYTES };
  const stored = await env.store.get(key, { range, signal });
  if (stored === undefined) return undefined;
  const header = decodeTailHeader(stored.bytes, { key });
  if (header.writer !== writer || header.n !== n) {
    throw new ShaleError(
      "OBJECT_CORRUPT",
      `Cannot read ${key}: it is object ${header.n} of writer ${header.writer}`,
      { details: { key } },
    );
  }
  return header.lastSeq;
}
