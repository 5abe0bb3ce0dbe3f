import { tailKey, tailPlaceOfKey, tailPrefix } from "@shale/catalog";
import { fanOut, listAll } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { tailNumber } from "@shale/model";
import type { GroupView } from "../group-view.ts";
import { fedGroupsOf } from "../group-view.ts";
import { loadNewestCatalog } from "../newest-catalog.ts";
import { loadNewestManifest } from "../read-group.ts";
import type { VerifyContext } from "../verify-context.ts";
import type { TailFacts, TailRef } from "./check-tail-object.ts";
import { checkTailObject } from "./check-tail-object.ts";
import type { TailView, WriterTail } from "./tail-rules.ts";
import { neededObjectsOf, tailFindingsOf, tailRowsOf } from "./tail-rules.ts";

const READ_CONCURRENCY = 8;

export interface TailCheck extends TailView {
  /** Read before the manifests, as a pin reads it. `catalog` was read after them. */
  readonly pinned: CatalogDocument;
  /** By writer and number. */
  readonly listed: readonly TailRef[];
  /** Shards of the spec that answers. */
  readonly shards: number;
}

/** Checks the tail of every writer; returns how many rows of the live spec stand in it alone. */
export async function checkTail(context: VerifyContext, check: TailCheck): Promise<number> {
  const { listed, shards, catalog } = check;
  const { signal } = context;
  const fan = { concurrency: READ_CONCURRENCY, signal };
  const read = await fanOut(listed, fan, (ref) => checkTailObject(context, ref, shards));
  const gone = listed.filter((_, index) => read[index] === "gone");
  const facts = read.filter((one) => one !== undefined && one !== "gone");
  const writers = new Set([
    ...catalog.writers.map(({ ordinal }) => ordinal),
    ...listed.map(({ writer }) => writer),
  ]);
  const tails: WriterTail[] = [];
  const missing: TailRef[] = [];
  for (const writer of writers) {
    const absent = new Set(gone.filter((one) => one.writer === writer).map(({ n }) => n));
    const own = listed.filter((one) => one.writer === writer && !absent.has(one.n));
    const tail = {
      writer,
      listed: own.map(({ n }) => n),
      objects: facts.filter((one) => one.writer === writer),
    };
    const asked = await askByName(context, check, tail);
    tails.push(asked.tail);
    missing.push(...asked.missing);
  }
  await findMissing(context, check, missing);
  await findWrong(context, check, tails);
  return tailRowsOf(tails, { ...check, catalog: check.pinned });
}

/**
 * A writer may have retired since the manifests were read: what looks unread is looked at again,
 * the catalog first.
 */
async function findWrong(
  context: VerifyContext,
  check: TailCheck,
  tails: readonly WriterTail[],
): Promise<void> {
  let fresh: TailView | undefined;
  for (const tail of tails) {
    let findings = tailFindingsOf(tail, check);
    if (findings.some(({ code }) => code === "TAIL_UNREAD")) {
      fresh ??= {
        project: check.project,
        catalog: await freshCatalog(context, check),
        groups: await freshGroups(context, check),
      };
      findings = tailFindingsOf(tail, fresh);
    }
    for (const { code, object, message } of findings) context.report.find(code, object, message);
  }
}

/** What the listing did not show may stand all the same: a listing is not a snapshot (R1). */
async function askByName(
  context: VerifyContext,
  check: TailCheck,
  tail: WriterTail,
): Promise<{ readonly tail: WriterTail; readonly missing: readonly TailRef[] }> {
  const { project, shards } = check;
  const found: TailFacts[] = [];
  const there: number[] = [];
  const missing: TailRef[] = [];
  for (const n of neededObjectsOf(tail, check)) {
    const { writer } = tail;
    const ref = { key: tailKey(project, writer, tailNumber(n)), writer, n };
    const facts = await checkTailObject(context, ref, shards);
    if (facts === "gone") missing.push(ref);
    else there.push(n);
    if (facts !== undefined && facts !== "gone") found.push(facts);
  }
  const listed = [...tail.listed, ...there].sort((a, b) => a - b);
  const objects = [...tail.objects, ...found].sort((a, b) => a.n - b.n);
  return { tail: { ...tail, listed, objects }, missing };
}

/**
 * An object goes once every watermark has passed it, or its writer is retired: the newest manifests
 * tell whether that is why it is not there.
 */
async function findMissing(
  context: VerifyContext,
  check: TailCheck,
  missing: readonly TailRef[],
): Promise<void> {
  if (missing.length === 0) return;
  const { project, report } = context;
  const heads = await headsOf(context, new Set(missing.map(({ writer }) => writer)));
  const groups = await freshGroups(context, check);
  const catalog = await freshCatalog(context, check);
  for (const { key, writer, n } of missing) {
    const listed = heads.get(writer) ?? [];
    const needed = neededObjectsOf({ writer, listed }, { project, catalog, groups });
    if (!needed.includes(n)) continue;
    const why = "it is above the lowest watermark, or the last of its writer";
    report.find("OBJECT_MISSING", key, `It is not there: ${why}`);
  }
}

/** The groups whose watermarks count, with the manifests of now. */
async function freshGroups(
  context: VerifyContext,
  { groups, catalog }: TailCheck,
): Promise<readonly GroupView[]> {
  const fresh: GroupView[] = [];
  for (const group of fedGroupsOf(groups, catalog)) {
    const newest = await loadNewestManifest(context, group);
    fresh.push(newest === "damaged" ? group : { ...group, manifest: newest });
  }
  return fresh;
}

async function freshCatalog(
  context: VerifyContext,
  { catalog }: TailCheck,
): Promise<CatalogDocument> {
  return (await loadNewestCatalog(context)) ?? catalog;
}

/** What of these writers stands now, read before the watermarks. */
async function headsOf(
  { env, project, signal }: VerifyContext,
  writers: ReadonlySet<WriterOrdinal>,
): Promise<ReadonlyMap<WriterOrdinal, readonly number[]>> {
  const heads = new Map<WriterOrdinal, readonly number[]>();
  for (const writer of writers) {
    const listed: number[] = [];
    for await (const { key } of listAll(env.store, tailPrefix(project, writer), { signal })) {
      const n = tailPlaceOfKey(key)?.n;
      if (n !== undefined) listed.push(n);
    }
    heads.set(writer, listed);
  }
  return heads;
}
