import type { CallOptions, Env } from "@shale/env";
import { fanOut, listAll } from "@shale/env";
import type { TailHeader } from "@shale/format";
import { decodeTailHeader, TAIL_HEADER_BYTES } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { tailPlaceOfKey, tailPrefix } from "../../object-keys.ts";
import { patientEnv } from "../../patient-env.ts";

const READ_CONCURRENCY = 16;
const LISTING_COUNT_MAX = 16;

/** Where a writer's tail ends, by its highest object. */
export interface TailEnd {
  readonly n: number;
  readonly lastSeq: number;
  /** Nothing comes after it under this ordinal that anybody reads (W4). */
  readonly isSealed: boolean;
}

/**
 * The ends of these writers' tails; one without an object is not in it. A listing can miss an
 * object, so an end may be an earlier one; a seal that is seen is one.
 *
 * @throws {ShaleError} PIN_UNSTABLE, OBJECT_CORRUPT, FORMAT_UNKNOWN, STORE_UNAVAILABLE
 */
export async function readTailEnds(
  env: Env,
  project: ProjectId,
  writers: readonly WriterOrdinal[],
  options: CallOptions = {},
): Promise<ReadonlyMap<WriterOrdinal, TailEnd>> {
  const reading = patientEnv(env);
  const ends = await fanOut(
    writers,
    { concurrency: READ_CONCURRENCY, signal: options.signal },
    async (writer, signal) => [writer, await readEnd(reading, project, writer, signal)] as const,
  );
  return new Map(ends.flatMap(([writer, end]) => (end === undefined ? [] : [[writer, end]])));
}

async function readEnd(
  env: Env,
  project: ProjectId,
  writer: WriterOrdinal,
  signal: AbortSignal,
): Promise<TailEnd | undefined> {
  for (let count = 1; count <= LISTING_COUNT_MAX; count++) {
    let highest: string | undefined;
    for await (const { key } of listAll(env.store, tailPrefix(project, writer), { signal })) {
      if (tailPlaceOfKey(key) !== undefined) highest = key;
    }
    if (highest === undefined) return undefined;
    const header = await readTailHeaderAt(env, highest, { signal });
    if (header === undefined) continue; // Superseded and collected since it was listed.
    return { n: header.n, lastSeq: header.lastSeq, isSealed: header.sealed };
  }
  throw new ShaleError(
    "PIN_UNSTABLE",
    `Cannot find the end of writer ${writer}'s tail: it vanished ${LISTING_COUNT_MAX} times`,
  );
}

/** undefined when there is no such object. @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN */
export async function readTailHeaderAt(
  env: Env,
  key: string,
  { signal }: CallOptions,
): Promise<TailHeader | undefined> {
  const range = { offset: 0, length: TAIL_HEADER_BYTES };
  const stored = await env.store.get(key, { range, signal });
  if (stored === undefined) return undefined;
  const header = decodeTailHeader(stored.bytes, { key });
  const place = tailPlaceOfKey(key);
  if (header.writer === place?.writer && header.n === place.n) return header;
  throw new ShaleError(
    "OBJECT_CORRUPT",
    `Cannot read ${key}: it is object ${header.n} of writer ${header.writer}`,
    { details: { key } },
  );
}
