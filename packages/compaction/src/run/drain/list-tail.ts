import { tailKey, tailPlaceOfKey, tailPrefix } from "@shale/catalog";
import type { CallOptions, Env } from "@shale/env";
import { fanOut, listAll } from "@shale/env";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { tailNumber } from "@shale/model";
import type { ListedObject, ListedTail } from "../../plan/plan-drains.ts";

const LISTING_CONCURRENCY = 16;

/**
 * The tail objects above the given numbers, by writer: the heads of protocol C1 with their sizes.
 * Every number up to the highest existed; one that the listing missed stands there without a size.
 *
 * @throws {ShaleError} STORE_UNAVAILABLE
 */
export async function listTail(
  env: Env,
  project: ProjectId,
  above: ReadonlyMap<WriterOrdinal, number>,
  { signal }: CallOptions = {},
): Promise<ListedTail> {
  const fan = { concurrency: LISTING_CONCURRENCY, signal };
  const tails = await fanOut([...above], fan, async ([writer, n], either) => {
    const prefix = tailPrefix(project, writer);
    const after = n === 0 ? undefined : tailKey(project, writer, tailNumber(n));
    const objects: ListedObject[] = [];
    for await (const { key, size } of listAll(env.store, prefix, { after, signal: either })) {
      const listed = tailPlaceOfKey(key)?.n;
      if (listed === undefined) continue;
      // Numbers have no gap (W3), while a listing can miss one.
      for (let missed = n + objects.length + 1; missed < listed; missed++) {
        objects.push({ n: missed, bytes: 0 });
      }
      objects.push({ n: listed, bytes: size });
    }
    return [writer, objects] as const;
  });
  return new Map(tails);
}

/** The part of a tail above other numbers. */
export function tailAbove(tail: ListedTail, above: ReadonlyMap<WriterOrdinal, number>): ListedTail {
  return new Map(
    [...above].map(([writer, from]) => [
      writer,
      (tail.get(writer) ?? []).filter(({ n }) => n > from),
    ]),
  );
}
