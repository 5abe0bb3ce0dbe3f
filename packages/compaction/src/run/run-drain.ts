import { tailKey } from "@shale/catalog";
import { fanOut } from "@shale/env";
import type { CatalogDocument, CatalogPosition, CatalogVector } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { tailNumber } from "@shale/model";
import type { Drain, DrainPolicy, ListedTail } from "../plan/plan-drains.ts";
import { planDrainRange } from "../plan/plan-drains.ts";
import type { DrainOutput, TailBytes } from "../task/drain-task.ts";
import type { CompactionRun, GroupRun } from "./compaction-run.ts";
import { drainedNumbers } from "./group-positions.ts";
import { tailAbove } from "./list-tail.ts";
import { putFile } from "./put-file.ts";
import type { JobEnd, JobResult, StandingJob } from "./under-claim.ts";
import { absenceOf, underClaim } from "./under-claim.ts";

const READ_CONCURRENCY = 8;
const WRITE_CONCURRENCY = 4;

export interface DrainRequest {
  /** Read before: it knows the writers of `heads`. */
  readonly seen: CatalogDocument;
  /** What stood in the tail, listed before this call (protocol C1). */
  readonly heads: ListedTail;
  readonly limits: Pick<DrainPolicy, "bytesMax" | "objectCountMax">;
}

/**
 * Drains a beginning of the tail into day files of one group (protocol C1): the heads were read,
 * the claim is put, the catalog is read, and only then the rows, by name.
 *
 * "stopped" while a cut is pending, or when the spec is not fed or behind.
 */
export async function runDrain(
  run: CompactionRun,
  group: GroupRun,
  { seen, heads, limits }: DrainRequest,
): Promise<JobEnd> {
  return await underClaim(run, group, { kind: "drain", inputs: [], seen }, async (job) => {
    if (!mayDrain(job.catalog, group)) return undefined;
    const above = drainedNumbers(job.catalog, group.spec, job.manifest);
    const range = planDrainRange(tailAbove(heads, above), limits);
    return range.objectCount === 0
      ? undefined
      : await drainRange(run, group, job, { above, range });
  });
}

/** Whether the catalog lets the spec be drained (protocol C1, S1, S7). */
export function mayDrain(
  { cutPending, fed, behind }: Pick<CatalogDocument, "cutPending" | "fed" | "behind">,
  { spec }: Pick<GroupRun, "spec">,
): boolean {
  return cutPending === null && fed.includes(spec) && behind.every((one) => one.spec !== spec);
}

interface DrainWork {
  readonly above: ReadonlyMap<WriterOrdinal, number>;
  readonly range: Omit<Drain, "group">;
}

async function drainRange(
  run: CompactionRun,
  group: GroupRun,
  job: StandingJob,
  { above, range }: DrainWork,
): Promise<JobResult> {
  const { signal, compression } = run;
  const { catalog, claimId } = job;
  const objects = await readRange(run, group, job, { above, range });
  const inputBytes = objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const output = await run.tasks.drain(
    {
      place: { project: group.project, spec: group.spec, shards: group.shards },
      group: group.group,
      cuts: catalog.cuts,
      firstDay: catalog.retention.firstDay,
      tombstones: { key: catalog.tombstoneKey, tombstones: catalog.tombstones },
      compression,
      objects,
    },
    { signal },
  );
  const fan = { concurrency: WRITE_CONCURRENCY, signal };
  const numbered = output.files.map((file, number) => ({ file, number }));
  const added = await fanOut(numbered, fan, ({ file, number }, either) =>
    putFile({ ...run, signal: either }, group, { claimId, number }, file),
  );
  const { range: rows, expired } = output;
  return {
    change: {
      added,
      removed: [],
      watermarks: watermarksOf(output),
      balance: { in: rows, expired },
    },
    step: { inputs: objects.length, inputBytes },
  };
}

/** The objects by name: a listing can miss one, and none of these may be missed. */
async function readRange(
  run: CompactionRun,
  group: GroupRun,
  { claimId }: StandingJob,
  { above, range }: DrainWork,
): Promise<readonly TailBytes[]> {
  const names = [...range.upTo].flatMap(([writer, top]) => {
    const base = above.get(writer) ?? 0;
    return Array.from({ length: top - base }, (_, i) => {
      const n = tailNumber(base + 1 + i);
      return { writer, n, key: tailKey(group.project, writer, n) };
    });
  });
  const fan = { concurrency: READ_CONCURRENCY, signal: run.signal };
  return await fanOut(names, fan, async (name, signal) => {
    const object = await run.store.get(name.key, { signal });
    if (object === undefined) throw await absenceOf({ signal }, group, claimId, name.key);
    return { ...name, bytes: object.bytes };
  });
}

function watermarksOf({ ends }: DrainOutput): CatalogVector {
  const positions: Record<string, CatalogPosition> = {};
  for (const { writer, n, lastSeq } of ends) positions[String(writer)] = { n, lastSeq };
  return { positions, infinite: [] };
}
