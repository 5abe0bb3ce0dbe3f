import { tailKey } from "@shale/catalog";
import { sumGenerations } from "@shale/columns";
import { fanOut } from "@shale/env";
import type { CatalogPosition, CatalogVector, DayFileEntry } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { invariant, tailNumber } from "@shale/model";
import type { Drain } from "../../plan/plan-drains.ts";
import type { DrainedGroup, DrainOutput, TailBytes } from "../../task/drain-task.ts";
import type { EncodedFile } from "../../task/task-place.ts";
import type { CompactionRun, GroupRun } from "../compaction-run.ts";
import { batchesOf, type Output, putFiles } from "../put-files.ts";
import type { JobResult, StandingJob } from "../under-claim.ts";
import { absenceOf } from "../under-claim.ts";
import type { Settled } from "./shared-rounds.ts";

const READ_CONCURRENCY = 8;
/** Batches of outputs that are stored, read back or verified at the same time. */
const BATCH_CONCURRENCY = 4;

/** Of tail objects for each slice: every slice decodes all of them, and may start a thread. */
const SLICE_BYTES_MIN = 4_194_304;

/** What a group drains, under its own claim. */
export interface RangeRequest {
  readonly run: CompactionRun;
  readonly group: GroupRun;
  readonly job: StandingJob;
  readonly above: ReadonlyMap<WriterOrdinal, number>;
  readonly range: Omit<Drain, "group">;
}

/**
 * Drains groups of one spec. Those that drain the same objects by the same catalog read and decode
 * them together; what goes wrong for one, a claim that was taken say, leaves the others alone.
 */
export async function drainRanges(
  requests: readonly RangeRequest[],
): Promise<readonly Settled<JobResult>[]> {
  const settled = new Map<RangeRequest, Settled<JobResult>>();
  for (const alike of alikeOf(requests)) {
    for (const [request, end] of await drainAlike(alike)) settled.set(request, end);
  }
  return requests.map((request) => {
    const end = settled.get(request);
    invariant(end !== undefined, "every request is settled");
    return end;
  });
}

function alikeOf(requests: readonly RangeRequest[]): readonly (readonly RangeRequest[])[] {
  const alike = new Map<string, RangeRequest[]>();
  for (const request of requests) {
    const { job, above, range } = request;
    const key = JSON.stringify([job.catalog.version, [...above], [...range.upTo]]);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, [request]);
    else known.push(request);
  }
  return [...alike.values()];
}

type Ends = ReadonlyMap<RangeRequest, Settled<JobResult>>;

async function drainAlike(requests: readonly RangeRequest[]): Promise<Ends> {
  const [first] = requests;
  invariant(first !== undefined, "somebody asks for every range");
  const { run } = first;
  const objects = await readRange(run, first);
  if ("missing" in objects) return await absencesOf(run, requests, objects.missing);
  const inputBytes = objects.found.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const inputs = objects.found.length;
  const { drained, watermarks } = await drainObjects(first, requests, objects.found);
  const ends = new Map<RangeRequest, Settled<JobResult>>();
  const added = await putAll(run, requests, drained, ends);
  requests.forEach((request, index) => {
    const own = drained[index];
    if (ends.has(request) || own === undefined) return;
    const balance = { in: own.range, expired: own.expired };
    const change = { added: added.get(request) ?? [], removed: [], watermarks, balance };
    ends.set(request, { result: { change, step: { inputs, inputBytes } } });
  });
  return ends;
}

type RangeObjects = { readonly found: readonly TailBytes[] } | { readonly missing: string };

/** The objects by name: a listing can miss one, and none of these may be missed. */
async function readRange(
  run: CompactionRun,
  { group, above, range }: RangeRequest,
): Promise<RangeObjects> {
  const names = [...range.upTo].flatMap(([writer, top]) => {
    const base = above.get(writer) ?? 0;
    return Array.from({ length: top - base }, (_, i) => {
      const n = tailNumber(base + 1 + i);
      return { writer, n, key: tailKey(group.project, writer, n) };
    });
  });
  let missing: string | undefined;
  const fan = { concurrency: READ_CONCURRENCY, signal: run.signal };
  const objects = await fanOut(names, fan, async (name, signal) => {
    if (missing !== undefined) return undefined;
    const object = await run.store.get(name.key, { signal });
    if (object === undefined) missing = name.key;
    return object && { ...name, bytes: object.bytes };
  });
  return missing === undefined
    ? { found: objects.filter((object) => object !== undefined) }
    : { missing };
}

/** Whoever lost the claim that protects the object hears so; for the others it is lost. */
async function absencesOf(
  run: CompactionRun,
  requests: readonly RangeRequest[],
  key: string,
): Promise<Ends> {
  const ends = new Map<RangeRequest, Settled<JobResult>>();
  for (const request of requests) {
    const { group, job } = request;
    ends.set(request, { error: await absenceOf(run, group, job.claimId, key) });
  }
  return ends;
}

/** On as many workers as it pays, each with a part of the shard-days. */
async function drainObjects(
  { run, group, job }: RangeRequest,
  requests: readonly RangeRequest[],
  objects: readonly TailBytes[],
): Promise<{ readonly drained: readonly DrainedGroup[]; readonly watermarks: CatalogVector }> {
  const { compression, signal, tasks } = run;
  const { catalog } = job;
  const bytes = objects.reduce((sum, object) => sum + object.bytes.length, 0);
  const count = Math.max(1, Math.min(run.computing, Math.floor(bytes / SLICE_BYTES_MIN)));
  const slices = Array.from({ length: count }, (_, index) => ({ index, count }));
  const outputs = await fanOut(slices, { concurrency: count, signal }, (slice, either) =>
    tasks.drain(
      {
        place: { project: group.project, spec: group.spec, shards: group.shards },
        groups: requests.map((request) => request.group.group),
        slice,
        cuts: catalog.cuts,
        firstDay: catalog.retention.firstDay,
        tombstones: { key: catalog.tombstoneKey, tombstones: catalog.tombstones },
        compression,
        objects,
      },
      { signal: either },
    ),
  );
  const [any] = outputs;
  invariant(any !== undefined, "there is a slice");
  return { drained: mergedSlices(outputs), watermarks: watermarksOf(any) };
}

/** The groups of all slices, their files in the order that one slice alone would give. */
function mergedSlices(outputs: readonly DrainOutput[]): readonly DrainedGroup[] {
  const [first] = outputs;
  if (first === undefined || outputs.length === 1) return first?.groups ?? [];
  return first.groups.map(({ group }, index) => {
    const own = outputs.flatMap(({ groups }) => groups[index] ?? []);
    const files = own.flatMap((slice) => slice.files);
    return {
      group,
      files: files.sort(compareFiles),
      range: sumGenerations(...own.map(({ range }) => range)),
      expired: sumGenerations(...own.map(({ expired }) => expired)),
    };
  });
}

/** Files of one shard and day come from one slice, in the order of their generations. */
function compareFiles(a: EncodedFile, b: EncodedFile): number {
  return a.shard - b.shard || a.day - b.day;
}

function watermarksOf({ ends }: DrainOutput): CatalogVector {
  const positions: Record<string, CatalogPosition> = {};
  for (const { writer, n, lastSeq } of ends) positions[String(writer)] = { n, lastSeq };
  return { positions, infinite: [] };
}

interface Batch {
  readonly request: RangeRequest;
  readonly outputs: readonly Output[];
}

/** Entries of all files, by request. Requests that fail are put into `ends`. */
async function putAll(
  run: CompactionRun,
  requests: readonly RangeRequest[],
  drained: readonly DrainedGroup[],
  ends: Map<RangeRequest, Settled<JobResult>>,
): Promise<ReadonlyMap<RangeRequest, readonly DayFileEntry[]>> {
  const batches: Batch[] = requests.flatMap((request, index) => {
    const { claimId } = request.job;
    const outputs = (drained[index]?.files ?? []).map((file, number) => ({
      claimId,
      number,
      file,
    }));
    return batchesOf(outputs, ({ file }) => file.bytes.length).map((batch) => ({
      request,
      outputs: batch,
    }));
  });
  const fan = { concurrency: BATCH_CONCURRENCY, signal: run.signal };
  const stored = await fanOut(batches, fan, async ({ request, outputs }, signal) => {
    if (ends.has(request)) return [];
    try {
      return await putFiles({ ...run, signal }, request.group, outputs);
    } catch (error) {
      if (requests.length === 1) throw error;
      ends.set(request, { error });
      return [];
    }
  });
  const added = new Map<RangeRequest, DayFileEntry[]>(requests.map((request) => [request, []]));
  batches.forEach(({ request }, index) => {
    added.get(request)?.push(...(stored[index] ?? []));
  });
  return added;
}
