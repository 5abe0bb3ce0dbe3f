import { crc32 } from "node:zlib";
import { dayFileKey, dayFilePrefix, loadEntries, openManifest } from "@shale/catalog";
import type { CallOptions, Env, ObjectEntry } from "@shale/env";
import { fanOut, listAll } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import type { ProjectId, SpecName } from "@shale/model";
import { groupCountOf } from "@shale/model";

const CONCURRENCY = 8;

/** An object that is not what its manifest says. */
export interface SweptObject {
  readonly object: string;
  readonly problem: "missing" | "changed";
}

export interface Sweep extends CallOptions {
  readonly spec: SpecName;
  readonly shards: number;
}

/**
 * Holds a listing of a spec's day files against its manifests (protocol S5): size and the store's
 * token of each. Where the token is another one, as in a store that was copied, the bytes decide.
 *
 * @returns Those that are gone or changed, in the order of their keys.
 * @throws {ShaleError} PIN_UNSTABLE, STORE_UNAVAILABLE: repeat it
 */
export async function sweepObjects(
  env: Env,
  project: ProjectId,
  { spec, shards, signal }: Sweep,
): Promise<readonly SweptObject[]> {
  const groups = Array.from({ length: groupCountOf(shards) }, (_, group) => group);
  const fan = { concurrency: CONCURRENCY, signal };
  // The manifests first: what they list is there when it is listed, unless it was replaced since.
  const before = await fanOut(groups, fan, (group, stop) =>
    entriesOf(env, { project, spec, group }, stop),
  );
  const listed = new Map<string, ObjectEntry>();
  for await (const entry of listAll(env.store, dayFilePrefix(project, spec), { signal })) {
    listed.set(entry.key, entry);
  }
  const suspects = before.flatMap((entries, group) =>
    entries.flatMap((entry) => {
      const key = dayFileKey(project, spec, entry);
      const object = listed.get(key);
      const isSame = object?.size === entry.bytes && object.version === entry.token;
      return isSame ? [] : [{ group, entry, key }];
    }),
  );
  const found = await fanOut(suspects, fan, async ({ group, entry, key }, stop) => {
    const problem = await problemOf(env, { key, entry }, stop);
    if (problem === undefined) return [];
    // Merged and collected since: the newest manifest does not list it any more.
    const now = await entriesOf(env, { project, spec, group }, stop);
    return now.some(({ id }) => id === entry.id) ? [{ object: key, problem }] : [];
  });
  return found.flat().sort((a, b) => (a.object < b.object ? -1 : 1));
}

async function entriesOf(
  env: Env,
  place: { readonly project: ProjectId; readonly spec: SpecName; readonly group: number },
  signal: AbortSignal,
): Promise<readonly DayFileEntry[]> {
  const manifest = await openManifest(env, place).loadNewest({ signal });
  // A spec that was given up meanwhile lists files that may go.
  const isOpen = manifest !== undefined && manifest.closedMs === null;
  return !isOpen ? [] : await loadEntries(env, manifest, "all", { signal });
}

async function problemOf(
  env: Env,
  { key, entry }: { readonly key: string; readonly entry: DayFileEntry },
  signal: AbortSignal,
): Promise<SweptObject["problem"] | undefined> {
  const object = await env.store.get(key, { signal });
  if (object === undefined) return "missing";
  const crc = crc32(object.bytes).toString(16).padStart(8, "0");
  return object.bytes.length === entry.bytes && crc === entry.crc ? undefined : "changed";
}
