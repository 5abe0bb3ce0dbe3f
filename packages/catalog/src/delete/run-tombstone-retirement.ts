import type { CallOptions, Env, ObjectEntry } from "@shale/env";
import { fanOut, listAll, nonceOf } from "@shale/env";
import type { CatalogDocument, TailHeader } from "@shale/format";
import { decodeFirstLook, encodeFirstLook } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { firstLookPrefix, isNonceKey } from "../collect/collect-keys.ts";
import { readGroupsWhole, readManifests } from "../collect/sight/read-groups-whole.ts";
import { readTailEnds, readTailHeaderAt } from "../collect/sight/tail-ends.ts";
import { readHeartbeats } from "../heartbeats.ts";
import { dayFilePrefix, tailPlaceOfKey } from "../object-keys.ts";
import { existing, loadCatalog } from "../open-catalog.ts";
import { patientEnv } from "../patient-env.ts";
import type { StandingLook } from "./plan-tombstone-retirement.ts";
import { tombstonesPastTheTail, tombstonesToRetire } from "./plan-tombstone-retirement.ts";
import { retireTombstones } from "./tombstones.ts";

const READ_CONCURRENCY = 16;

export interface TombstoneRetirementOptions extends CallOptions {
  readonly dryRun: boolean;
  readonly by: string;
}

/**
 * Retires the tombstones that nothing needs any more (protocol D2), in this order: the logs, the
 * tail, the claims (a first look, kept as an object, since they may outlast this run), and then
 * every file of every spec.
 *
 * @param known A catalog that was read before: its tombstones are meant.
 * @returns Their numbers; of a dry run, those that would retire.
 * @throws {ShaleError} whatever cannot be read whole
 */
export async function runTombstoneRetirement(
  env: Env,
  known: CatalogDocument,
  { dryRun, by, signal }: TombstoneRetirementOptions,
): Promise<readonly number[]> {
  const { project } = known;
  const before = await readLooks(env, project, { signal });
  if (known.tombstones.length === 0 && before.length === 0) return [];
  const { past, catalog } = await lookAtLogs(env, known, { signal });
  const open = catalog.specs.filter(({ closedMs }) => closedMs === null);
  const isLookedAt = (number: number): boolean =>
    before.some(({ look }) => look.tombstones.includes(number));
  const fresh = past.map(({ number }) => number).filter((number) => !isLookedAt(number));
  if (fresh.length > 0 && !dryRun) {
    const manifests = await readManifests(env, project, open, { signal });
    const claims = [...manifests.values()].flatMap((one) => one.claims.map(({ id }) => id));
    const look = { tombstones: fresh, claims, atMs: Math.max(0, env.clock.nowMs()) };
    const key = firstLookPrefix(project) + nonceOf(env.random);
    await patientEnv(env).store.put(key, encodeFirstLook(look), { ifAbsent: true }, { signal });
  }
  const looks = fresh.length > 0 && !dryRun ? await readLooks(env, project, { signal }) : before;
  if (looks.length === 0) return [];
  const groups = await readGroupsWhole(env, catalog, { specs: open, signal });
  const listed: ObjectEntry[] = [];
  for (const { spec } of open) {
    listed.push(...(await listUnder(env, dayFilePrefix(project, spec), { signal })));
  }
  const numbers = tombstonesToRetire(looks, { groups, listed });
  const standing = numbers.filter((number) =>
    catalog.tombstones.some((one) => one.number === number),
  );
  if (dryRun) return standing;
  const retired = await retireTombstones(env, project, standing, { by, signal });
  await dropLooks(env, project, looks, { signal });
  return retired;
}

/** Heartbeats and ends first, the tail second: a row that leaves a log comes into the tail. */
async function lookAtLogs(env: Env, known: CatalogDocument, options: CallOptions) {
  const { project } = known;
  const catalog = existing(await loadCatalog(env, project), project);
  const heartbeats = await readHeartbeats(env, project);
  const ordinals = catalog.writers.map(({ ordinal }) => ordinal);
  const ends = await readTailEnds(env, project, ordinals, options);
  const entries = await listUnder(env, `${project}/tail/`, options);
  const keys = entries.map(({ key }) => key).filter((key) => tailPlaceOfKey(key) !== undefined);
  const headers = await fanOut(
    keys,
    { concurrency: READ_CONCURRENCY, signal: options.signal },
    (key, signal): Promise<TailHeader | undefined> =>
      readTailHeaderAt(patientEnv(env), key, { signal }),
  );
  const tail = headers.filter((header) => header !== undefined);
  return { past: tombstonesPastTheTail({ known, catalog, heartbeats, ends, tail }), catalog };
}

async function readLooks(
  env: Env,
  project: ProjectId,
  options: CallOptions,
): Promise<readonly StandingLook[]> {
  const { store } = patientEnv(env);
  const prefix = firstLookPrefix(project);
  const looks: StandingLook[] = [];
  for (const entry of await listUnder(env, prefix, options)) {
    if (!isNonceKey(prefix, entry.key)) continue;
    const stored = await store.get(entry.key, options);
    if (stored === undefined) continue;
    looks.push({ entry, look: decodeFirstLook(stored.bytes, { key: entry.key }) });
  }
  return looks;
}

/** Those whose tombstones have all retired. */
async function dropLooks(
  env: Env,
  project: ProjectId,
  looks: readonly StandingLook[],
  options: CallOptions,
): Promise<void> {
  const { tombstones } = existing(await loadCatalog(env, project), project);
  const standing = new Set(tombstones.map(({ number }) => number));
  for (const { entry, look } of looks) {
    if (look.tombstones.some((number) => standing.has(number))) continue;
    await patientEnv(env).store.delete(entry.key, { ...options, ifVersion: entry.version });
  }
}

async function listUnder(
  env: Env,
  prefix: string,
  options: CallOptions,
): Promise<readonly ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of listAll(patientEnv(env).store, prefix, options)) entries.push(entry);
  return entries;
}
