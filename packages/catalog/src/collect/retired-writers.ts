import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument, OrdinalRange } from "@shale/format";
import type { ProjectId, SpecName, WriterOrdinal } from "@shale/model";
import { writerOrdinal } from "@shale/model";
import { existing, openCatalog } from "../open-catalog.ts";
import { holdsOrdinal } from "../ordinal-ranges.ts";

export interface WriterRetirement extends CallOptions {
  /**
   * The specs whose every group was seen to be past the seals; another one fed: nothing happens.
   */
  readonly specs: readonly SpecName[];
  readonly by: string;
}

/**
 * Takes writers out of the list and into the retired ranges (protocol W7). The caller has seen
 * that each is sealed and that every group of `specs` is past its seal; what is fed now is
 * compared.
 *
 * @returns Those of `ordinals` that are retired now.
 * @throws {ShaleError} PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat it
 */
export async function retireInCatalog(
  env: Env,
  project: ProjectId,
  ordinals: readonly WriterOrdinal[],
  { specs, by, signal }: WriterRetirement,
): Promise<{ readonly retired: readonly WriterOrdinal[]; readonly catalog: CatalogDocument }> {
  const atMs = Math.max(0, env.clock.nowMs());
  const catalog = await openCatalog(env, project).commit(
    (newest) => withRetired(existing(newest, project), ordinals, { specs, atMs, by }),
    { signal },
  );
  const retired = ordinals.filter((ordinal) => holdsOrdinal(catalog.retired, ordinal));
  return { retired, catalog };
}

/** Its mark is that they are retired. */
export function withRetired(
  before: CatalogDocument,
  ordinals: readonly WriterOrdinal[],
  edit: { readonly specs: readonly SpecName[]; readonly atMs: number; readonly by: string },
): CatalogDocument | undefined {
  const { specs, atMs, by } = edit;
  const leaving = before.writers.filter(({ ordinal }) => ordinals.includes(ordinal));
  const isSeen = keptSpecsOf(before).every((spec) => specs.includes(spec));
  if (leaving.length === 0 || !isSeen || isTakingPosition(before)) return undefined;
  const names = leaving.map(({ ordinal }) => ordinal);
  return {
    ...before,
    writers: before.writers.filter(({ ordinal }) => !names.includes(ordinal)),
    retired: withOrdinals(before.retired, names),
    audit: [...before.audit, { atMs, what: `writers retired: ${names.join(", ")}`, by }],
  };
}

/** Specs that the tail is kept for: fed, and not behind without a way back (protocol S7). */
export function keptSpecsOf({ fed, behind }: CatalogDocument): readonly SpecName[] {
  return fed.filter((name) => !behind.some((one) => one.spec === name && one.catchUp === null));
}

/** A cut or a catch-up target is being taken: positions are read that must not move away. */
export function isTakingPosition({ cutPending, behind }: CatalogDocument): boolean {
  return cutPending !== null || behind.some(({ catchUp }) => catchUp?.target === null);
}

/** `ranges` with these ordinals, joined where they touch. */
export function withOrdinals(
  ranges: readonly OrdinalRange[],
  ordinals: readonly WriterOrdinal[],
): readonly OrdinalRange[] {
  const singles = ordinals.map((ordinal) => ({ from: ordinal, to: ordinal }));
  const sorted = [...ranges, ...singles].sort((a, b) => a.from - b.from);
  const joined: OrdinalRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || range.from > last.to + 1) joined.push(range);
    else joined[joined.length - 1] = { from: last.from, to: laterOf(last.to, range.to) };
  }
  return joined;
}

function laterOf(a: WriterOrdinal, b: WriterOrdinal): WriterOrdinal {
  return writerOrdinal(Math.max(a, b));
}
