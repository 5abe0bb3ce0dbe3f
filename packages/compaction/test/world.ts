import { createProject, openCatalog, registerWriter, tailKey } from "@shale/catalog";
import { createBatchBuilder, loadUserHasher, tombstoneHash } from "@shale/columns";
import type { Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { emptyTailObject, encodeTailObject, tailObjectOf } from "@shale/format";
import type { Day, WriterOrdinal } from "@shale/model";
import { projectId, tailNumber } from "@shale/model";

export const hasher = await loadUserHasher();
export const project = projectId("shop");
/** 2026-01-10. */
export const DAY = 20_463;
export const DAY_MS = 86_400_000;

export interface Row {
  readonly user: string;
  readonly event: string;
  readonly timeMs: number;
  readonly insertId: string | undefined;
  readonly price: number | undefined;
  readonly page: string | undefined;
}
export interface LoggedRow extends Row {
  readonly writer: number;
  readonly seq: number;
}

/** What was appended to one project, kept beside the store. */
export interface World {
  readonly rows: LoggedRow[];
  readonly numbers: Map<number, number>;
  nextSeq: number;
}

export async function createWorld(
  env: Env,
  options: { readonly shards?: number; readonly writers?: number } = {},
): Promise<World> {
  await createProject(env, { project, shards: options.shards ?? 2 });
  for (let i = 0; i < (options.writers ?? 1); i++) await registerWriter(env, project);
  return { rows: [], numbers: new Map(), nextSeq: 1 };
}

/** A row that follows from its number: some share users, days, and insert ids. */
export function rowAt(i: number, shape: Partial<Row> = {}): Row {
  return {
    user: `user-${i % 7}`,
    event: ["view", "buy"][i % 2] ?? "view",
    timeMs: (DAY + (i % 3)) * DAY_MS + ((i * 7_919) % DAY_MS),
    insertId: i % 4 === 0 ? `id-${i % 3}` : undefined,
    price: i % 3 === 0 ? i / 4 : undefined,
    page: i % 5 === 0 ? `/p/${i % 11}` : undefined,
    ...shape,
  };
}

/** The rows as the next tail object of the writer; none: an idle writer's mark, or its seal. */
export async function flush(
  env: Env,
  world: World,
  rows: readonly Row[],
  options: { readonly writer?: number; readonly sealed?: boolean } = {},
): Promise<void> {
  const writer = (options.writer ?? 1) as WriterOrdinal;
  const n = tailNumber((world.numbers.get(writer) ?? 0) + 1);
  const logged = rows.map((row) => ({ ...row, writer, seq: world.nextSeq++ }));
  const builder = createBatchBuilder(hasher);
  for (const { user, event, timeMs, insertId, price, page } of logged) {
    builder.startRow(user, event, timeMs, insertId);
    if (price !== undefined) builder.setNumber("price", price);
    if (page !== undefined) builder.setString("page", page);
  }
  const nonce = n.toString(16).padStart(32, "0");
  const seqs = Float64Array.from(logged, ({ seq }) => seq);
  const object =
    rows.length === 0
      ? emptyTailObject({ writer, n, nonce, lastSeq: world.nextSeq - 1, sealed: !!options.sealed })
      : tailObjectOf({ n, nonce, batch: { ...builder.build(), writer, seqs } });
  await env.store.put(tailKey(project, writer, n), encodeTailObject(object), { ifAbsent: true });
  world.numbers.set(writer, n);
  world.rows.push(...logged);
}

export async function editCatalog(
  env: Env,
  edit: (catalog: CatalogDocument) => Partial<CatalogDocument>,
): Promise<CatalogDocument> {
  let isDone = false;
  return await openCatalog(env, project).commit((newest) => {
    if (isDone || newest === undefined) return undefined;
    isDone = true;
    return { ...newest, ...edit(newest) };
  });
}

/** Hides what the user has up to `seq`. */
export async function deleteUser(env: Env, user: string, seq: number): Promise<void> {
  await editCatalog(env, ({ tombstones, nextTombstone, tombstoneKey }) => {
    const userHash = tombstoneHash(tombstoneKey, Buffer.from(user));
    const tombstone = { number: nextTombstone, userHash, seq, atMs: 0 };
    return { tombstones: [...tombstones, tombstone], nextTombstone: nextTombstone + 1 };
  });
}

export async function expireBefore(env: Env, firstDay: number): Promise<void> {
  await editCatalog(env, ({ retention }) => ({
    retention: { ...retention, firstDay: firstDay as Day },
  }));
}
