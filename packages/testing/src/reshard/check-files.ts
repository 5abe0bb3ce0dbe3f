import { dayFileKey, dayFilePrefix, loadEntries, loadManifests, pagePrefix } from "@shale/catalog";
import { loadUserHasher } from "@shale/columns";
import { storedRowsOf, wholeFileOf } from "@shale/compaction";
import type { Env } from "@shale/env";
import type { CatalogCut, CatalogDocument, CatalogSpec, DayFileEntry } from "@shale/format";
import { shardOf } from "@shale/model";
import type { CommandRun } from "../world/running-process.ts";
import { onlooker, peekCatalog, project } from "./peek-catalog.ts";

/**
 * Reads every day file of every spec that is open: each row lies in the shard of its user, in the
 * file of its UTC day, and says of which generation it is. Once all was collected, nothing is left
 * of closed specs.
 */
export async function checkFiles(
  run: CommandRun,
  { isCollected }: { readonly isCollected: boolean },
): Promise<void> {
  const catalog = await peekCatalog(run);
  const env = onlooker(run);
  for (const spec of catalog?.specs ?? []) {
    if (spec.closedMs === null) await checkOpenSpec(env, catalog as CatalogDocument, spec);
    else if (isCollected) await checkNothingLeft(env, spec);
  }
}

async function checkNothingLeft(env: Env, { spec }: CatalogSpec): Promise<void> {
  for (const prefix of [dayFilePrefix(project, spec), pagePrefix(project, spec)]) {
    const { entries } = await env.store.list(prefix);
    const [left] = entries;
    if (left !== undefined) throw new Error(`Spec ${spec} is closed, and ${left.key} is left`);
  }
}

async function checkOpenSpec(
  env: Env,
  { cuts }: CatalogDocument,
  spec: CatalogSpec,
): Promise<void> {
  const manifests = await loadManifests(env, project, spec.spec, spec.shards);
  for (const manifest of manifests.values()) {
    if (manifest === undefined) continue;
    for (const entry of await loadEntries(env, manifest, "all")) {
      await checkFile(env, { spec, cuts, entry });
    }
  }
}

async function checkFile(
  env: Env,
  file: {
    readonly spec: CatalogSpec;
    readonly cuts: readonly CatalogCut[];
    readonly entry: DayFileEntry;
  },
): Promise<void> {
  const { spec, cuts, entry } = file;
  const hasher = await loadUserHasher();
  const key = dayFileKey(project, spec.spec, entry);
  const object = await env.store.get(key);
  if (object === undefined) throw new Error(`${key} is listed, and gone`);
  const rows = storedRowsOf(wholeFileOf(key, object.bytes, entry.footerBytes), hasher);
  for (let row = 0; row < rows.rowCount; row++) {
    const user = rows.userCodes[row] ?? 0;
    const { hashHigh, hashLow } = rows.users;
    const shard = shardOf(hashHigh[user] ?? 0, hashLow[user] ?? 0, spec.shards);
    if (shard !== entry.shard) throw new Error(`${key} has a row of shard ${shard}`);
    const [writer, seq] = [rows.writers[row] ?? 0, rows.seqs[row] ?? 0];
    const wanted = cuts.filter((cut) => isAbove(cut, writer, seq)).length;
    const found = rows.generations[row];
    if (found !== wanted) {
      throw new Error(`${key}: row ${writer}-${seq} is of generation ${found}, not ${wanted}`);
    }
  }
}

function isAbove({ positions, infinite }: CatalogCut, writer: number, seq: number): boolean {
  if (infinite.some(({ from, to }) => from <= writer && writer <= to)) return false;
  return seq > (positions[String(writer)]?.lastSeq ?? 0);
}
