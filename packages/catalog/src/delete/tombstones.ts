import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument, CatalogTombstone } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { invariant } from "@shale/model";
import { existing, openCatalog } from "../open-catalog.ts";

/** Rows of the user at or below `seq` are to be hidden (protocol D1). */
export interface WantedTombstone {
  /** Keyed 128-bit hash of the user id, 32 hex digits. */
  readonly userHash: string;
  readonly seq: number;
}
export interface TombstoneEdit extends CallOptions {
  /** Who decided it, for the audit. */
  readonly by: string;
}
export interface AddedTombstones {
  /** In the order of the wishes; the same one twice where one covers both. */
  readonly tombstones: readonly CatalogTombstone[];
  /** A version that holds them. */
  readonly catalog: CatalogDocument;
}

/**
 * Adds a tombstone for every wish that no listed one covers, by one commit.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat it
 */
export async function addTombstones(
  env: Env,
  project: ProjectId,
  wanted: readonly WantedTombstone[],
  { by, signal }: TombstoneEdit,
): Promise<AddedTombstones> {
  const atMs = Math.max(0, env.clock.nowMs());
  const catalog = await openCatalog(env, project).commit(
    (newest) => withTombstones(existing(newest, project), wanted, { atMs, by }),
    { signal },
  );
  const tombstones = wanted.map((wish) => {
    const covering = coveringOf(catalog.tombstones, wish);
    invariant(covering !== undefined, "a committed tombstone is in the catalog that holds it");
    return covering;
  });
  return { tombstones, catalog };
}

/**
 * Its mark is the tombstone itself: one of the same user that reaches as far. undefined when every
 * wish has one.
 */
export function withTombstones(
  before: CatalogDocument,
  wanted: readonly WantedTombstone[],
  { atMs, by }: { readonly atMs: number; readonly by: string },
): CatalogDocument | undefined {
  const added: CatalogTombstone[] = [];
  for (const wish of wanted) {
    if (coveringOf([...before.tombstones, ...added], wish) !== undefined) continue;
    const number = before.nextTombstone + added.length;
    added.push({ number, userHash: wish.userHash, seq: wish.seq, atMs });
  }
  if (added.length === 0) return undefined;
  const audit = added.map(({ number, userHash, seq }) => ({
    atMs,
    what: `delete-user ${userHash}: tombstone ${number} hides its rows up to seq ${seq}`,
    by,
  }));
  return {
    ...before,
    tombstones: [...before.tombstones, ...added],
    nextTombstone: before.nextTombstone + added.length,
    audit: [...before.audit, ...audit],
  };
}

function coveringOf(
  tombstones: readonly CatalogTombstone[],
  { userHash, seq }: WantedTombstone,
): CatalogTombstone | undefined {
  return tombstones.find((one) => one.userHash === userHash && one.seq >= seq);
}

/**
 * Takes tombstones out of the catalog after everything that D2 asks for was seen.
 *
 * @returns The numbers that are not listed any more.
 * @throws {ShaleError} PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat it
 */
export async function retireTombstones(
  env: Env,
  project: ProjectId,
  numbers: readonly number[],
  { by, signal }: TombstoneEdit,
): Promise<readonly number[]> {
  if (numbers.length === 0) return [];
  const atMs = Math.max(0, env.clock.nowMs());
  const catalog = await openCatalog(env, project).commit(
    (newest) => withoutTombstones(existing(newest, project), numbers, { atMs, by }),
    { signal },
  );
  return numbers.filter((number) => !catalog.tombstones.some((one) => one.number === number));
}

/** Its mark is that they are not listed. */
export function withoutTombstones(
  before: CatalogDocument,
  numbers: readonly number[],
  { atMs, by }: { readonly atMs: number; readonly by: string },
): CatalogDocument | undefined {
  const gone = before.tombstones.filter(({ number }) => numbers.includes(number));
  if (gone.length === 0) return undefined;
  const what = `tombstones retired: ${gone.map(({ number }) => number).join(", ")}`;
  return {
    ...before,
    tombstones: before.tombstones.filter((one) => !gone.includes(one)),
    audit: [...before.audit, { atMs, what, by }],
  };
}
