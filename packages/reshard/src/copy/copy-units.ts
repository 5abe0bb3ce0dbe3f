import { crc32 } from "node:zlib";
import { dayFileKey } from "@shale/catalog";
import type { FileBytes, GroupRun } from "@shale/compaction";
import { wholeFileOf } from "@shale/compaction";
import { fanOut } from "@shale/env";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import type { Day } from "@shale/model";
import { invariant, ShaleError } from "@shale/model";
import { pinBroken } from "@shale/scan";
import type { CopyOutput } from "../task/copy-task.ts";
import type { CopyRun } from "./copy-run.ts";
import type { CopyUnit } from "./plan-units.ts";

const READ_CONCURRENCY = 8;

export interface UnitsToCopy {
  /** Read after the claim and the manifests of the old spec. */
  readonly catalog: CatalogDocument;
  readonly units: readonly CopyUnit[];
}

/**
 * Reads and splits the rows of units of one group by day, as many days at a time as there are
 * threads and one more; `take` stores what a day gave.
 *
 * @throws {ShaleError} PIN_UNSTABLE when a file of the old spec has gone, OBJECT_CORRUPT
 */
export async function copyUnits(
  run: CopyRun,
  group: GroupRun,
  { catalog, units }: UnitsToCopy,
  take: (output: CopyOutput) => Promise<void>,
): Promise<void> {
  const { jobs } = run;
  const fan = { concurrency: jobs.parallel, signal: jobs.signal };
  await fanOut(byDay(units), fan, async (ofDay, signal) => {
    const ofCall = { ...run, jobs: { ...jobs, signal } };
    const output = await copyDay(ofCall, group, { catalog, units: ofDay });
    if (output !== undefined) await take(output);
  });
}

function byDay(units: readonly CopyUnit[]): readonly (readonly CopyUnit[])[] {
  const days = [...new Set(units.map(({ day }) => day))];
  return days.map((day) => units.filter((unit) => unit.day === day));
}

/** Rows of one UTC day; undefined when no file needs it. */
async function copyDay(
  run: CopyRun,
  group: GroupRun,
  { catalog, units }: UnitsToCopy,
): Promise<CopyOutput | undefined> {
  const { jobs, tasks } = run;
  const needed = units.flatMap((unit) => unit.needed.map((entry) => ({ unit, entry })));
  if (needed.length === 0) return undefined;
  const fan = { concurrency: READ_CONCURRENCY, signal: jobs.signal };
  const sources = await fanOut(needed, fan, async ({ unit, entry }, signal) => ({
    file: await readSource(run, entry, signal),
    generations: entry.generations,
    after: unit.after,
    upTo: unit.upTo,
  }));
  const { project, spec, shards } = group;
  return await tasks.copy(
    {
      place: { project, spec, shards },
      group: group.group,
      day: dayOfAll(units),
      sources,
      tombstones: { key: catalog.tombstoneKey, tombstones: catalog.tombstones },
      compression: jobs.compression,
    },
    { signal: jobs.signal },
  );
}

function dayOfAll([first]: readonly CopyUnit[]): Day {
  invariant(first !== undefined, "there is a unit");
  return first.day;
}

/** A whole file of the old spec, checked against its entry. */
async function readSource(
  { jobs, sources }: CopyRun,
  entry: DayFileEntry,
  signal: AbortSignal,
): Promise<FileBytes> {
  const [source] = sources;
  invariant(source !== undefined, "the old spec has a group");
  const key = dayFileKey(source.project, source.spec, entry);
  const object = await jobs.store.get(key, { signal });
  if (object === undefined) throw pinBroken(key);
  const crc = crc32(object.bytes).toString(16).padStart(8, "0");
  if (object.bytes.length === entry.bytes && crc === entry.crc) {
    return wholeFileOf(key, object.bytes, entry.footerBytes);
  }
  throw new ShaleError("OBJECT_CORRUPT", `Cannot copy ${key}: it is not what its manifest says`, {
    details: { key },
  });
}
