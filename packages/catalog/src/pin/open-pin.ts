import type { LoggedBatch } from "@shale/columns";
import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId, ShardingSpec, WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { backOff } from "../back-off.ts";
import { existing } from "../open-catalog.ts";
import { holdsOrdinal } from "../ordinal-ranges.ts";
import { patientEnv } from "../patient-env.ts";
import { findGap } from "./find-gap.ts";
import type { GroupState, Pin, PinOptions, TailPosition } from "./pin.ts";
import type { PinMemo } from "./pin-memo.ts";
import { createPinMemo, knownAbove, learnTail } from "./pin-memo.ts";
import type { PinSnapshot } from "./pin-snapshot.ts";
import { decodeSnapshot } from "./pin-snapshot.ts";
import type { Positions } from "./plan-pin.ts";
import {
  firstWatermarks,
  groupsOf,
  laterOf,
  memoryAbove,
  retiredSince,
  snapshotOf,
  specOf,
  tailRefsOf,
} from "./plan-pin.ts";
import { readGroups, watermarkSpan } from "./read-groups.ts";
import type { TailHead } from "./read-heads.ts";
import { NO_POSITION, readHeads } from "./read-heads.ts";
import { readSnapshotRows, snapshotExpired } from "./snapshot-rows.ts";

/** Tries before the store counts as too restless to pin. */
const TRY_COUNT_MAX = 16;

/**
 * Pins one exact cut of a project by the order of protocol R1: the catalog, the rows in memory, the
 * heads of the tail, the manifests.
 *
 * Publishes nothing: a reader that meets the absence of a pinned object pins again (R5).
 *
 * @param memo What earlier pins learned; one for each project and process.
 * @throws {ShaleError} PROJECT_NOT_FOUND, OPTION_INVALID, PIN_UNSTABLE, SNAPSHOT_EXPIRED,
 * FORMAT_UNKNOWN, OBJECT_CORRUPT, OBJECT_MISSING, STORE_UNAVAILABLE
 */
export async function openPin(
  env: Env,
  project: ProjectId,
  options: PinOptions = {},
  memo: PinMemo = createPinMemo(env, project),
): Promise<Pin> {
  const wanted = wantedSnapshot(project, options);
  const reading = patientEnv(env);
  let gapBefore: string | undefined;
  for (let tryCount = 1; tryCount <= TRY_COUNT_MAX; tryCount++) {
    const outcome = await tryPin({ env: reading, project, options, memo, wanted });
    if ("pin" in outcome) return outcome.pin;
    if (outcome.gap !== undefined && outcome.gap === gapBefore) throw missing(outcome.gap);
    gapBefore = outcome.gap;
    await backOff(env, tryCount, { signal: options.signal });
  }
  throw new ShaleError(
    "PIN_UNSTABLE",
    `Cannot pin project "${project}": it changed during each of ${TRY_COUNT_MAX} tries`,
  );
}

function wantedSnapshot(
  project: ProjectId,
  { snapshot, spec }: Pick<PinOptions, "snapshot" | "spec">,
): PinSnapshot | undefined {
  const wanted = snapshot === undefined ? undefined : decodeSnapshot(snapshot);
  if (wanted === undefined) return undefined;
  const path = "snapshot";
  if (wanted.project !== project) {
    const message = `Cannot use the snapshot: it is of project "${wanted.project}", not "${project}"`;
    throw new ShaleError("OPTION_INVALID", message, { path });
  }
  if (spec !== undefined && wanted.spec !== spec) {
    const message = `Cannot use the snapshot: it is of spec ${wanted.spec}, not ${spec}`;
    throw new ShaleError("OPTION_INVALID", message, { path });
  }
  return wanted;
}

/** A watermark passes an object before it goes, and this one was read after it was gone. */
function missing(key: string): ShaleError {
  return new ShaleError(
    "OBJECT_MISSING",
    `Cannot read ${key}: it is gone, and nothing drained it`,
    {
      details: { key },
    },
  );
}

interface PinTry {
  readonly env: Env;
  readonly project: ProjectId;
  readonly options: PinOptions;
  readonly memo: PinMemo;
  readonly wanted: PinSnapshot | undefined;
}

/** What a try has read by the time it knows where to stand. */
interface PinReading {
  readonly catalog: CatalogDocument;
  readonly spec: ShardingSpec;
  readonly memory: readonly LoggedBatch[];
  readonly heads: ReadonlyMap<WriterOrdinal, TailHead>;
  readonly groups: ReadonlyMap<number, GroupState>;
  /** By writer, over all groups. */
  readonly lowest: Positions;
  readonly highest: Positions;
  readonly call: CallOptions;
}

/** Without a pin: pin again. `gap` is the key of a tail object that was not there. */
type PinOutcome = { readonly pin: Pin } | { readonly gap: string | undefined };

async function tryPin(pinTry: PinTry): Promise<PinOutcome> {
  const { env, project, options, memo, wanted } = pinTry;
  const call: CallOptions = { signal: options.signal };
  // (1) The catalog, then the rows in memory: whatever leaves memory later is in the heads.
  const catalog = existing(await memo.catalog.loadNewest(call), project);
  const retired = wanted && retiredSince(wanted.tombstones, catalog);
  if (retired !== undefined) throw snapshotExpired(`tombstone ${retired} has retired since`);
  if (wanted !== undefined && !catalog.fed.includes(wanted.spec)) {
    throw snapshotExpired(`spec ${wanted.spec} has been closed since`);
  }
  const spec = specOf(catalog, wanted?.spec ?? options.spec);
  const memory = options.takeMemory?.() ?? [];
  const first = firstWatermarks(catalog, spec.spec);
  if (memory.some(({ writer }) => !first.has(writer))) return { gap: undefined };

  // (2) The heads, above the lowest watermarks that are remembered: watermarks only rise.
  const remembered = memo.lowest.get(spec.spec);
  const above = new Map(
    [...first].map(([writer, cut]) => {
      const from = laterOf(remembered?.get(writer) ?? cut, cut);
      return [writer, knownAbove(memo, writer, from)?.top ?? from];
    }),
  );
  const heads = await readHeads(env, project, catalog, above, call);

  // (3) The manifests, never before the heads: a listing can miss an object that is made, and its
  // predecessor deleted, while it runs, and only a watermark read afterwards covers both.
  const numbers = groupsOf(spec, options.groups);
  const versions = wanted?.manifests;
  const reading = { ...call, catalog, spec, groups: numbers, first, versions };
  const groups = await readGroups(env, memo, reading);
  if (groups === undefined) return { gap: undefined };
  const span = watermarkSpan(groups.values(), first);
  if (options.groups === undefined && wanted === undefined) {
    memo.lowest.set(spec.spec, span.lowest);
  }
  return await standAt(pinTry, { catalog, spec, memory, heads, groups, ...span, call });
}

/** Chooses hi and makes sure of every object up to it. */
async function standAt(pinTry: PinTry, reading: PinReading): Promise<PinOutcome> {
  const { env, project, options, memo, wanted } = pinTry;
  const { catalog, spec, memory, heads, groups, lowest, highest, call } = reading;
  const hi =
    wanted === undefined ? newestHi(heads, highest) : snapshotHi(wanted, { highest, groups });
  for (const [writer, top] of hi) {
    const from = lowest.get(writer) ?? NO_POSITION;
    if (from.n >= top.n) continue;
    const listed = heads.get(writer)?.listed ?? [];
    const known = knownAbove(memo, writer, from)?.top.n ?? from.n;
    const gap = await findGap(env, { ...call, project, writer, known, listed, top: top.n });
    if (gap !== undefined && wanted !== undefined) throw snapshotExpired(`${gap} is gone`);
    if (gap !== undefined) return { gap }; // Drained and deleted meanwhile.
    learnTail(memo, writer, { base: from.n, top });
  }
  const rows =
    wanted === undefined
      ? memoryAbove(memory, hi)
      : await readSnapshotRows(env, { ...call, project, wanted, memory });
  const pin: Pin = {
    catalog,
    spec,
    hi,
    groups,
    tail: tailRefsOf(project, lowest, hi),
    memory: rows,
    snapshot: options.snapshot ?? snapshotOf(catalog, spec.spec, { hi, memory: rows, groups }),
  };
  return { pin };
}

/** Whether every group had drained the writer's tail through object n. */
function isDrained(
  groups: ReadonlyMap<number, GroupState>,
  writer: WriterOrdinal,
  n: number,
): boolean {
  return [...groups.values()].every(({ manifest }) => {
    if (manifest === undefined) return n === 0;
    const { positions, infinite } = manifest.watermarks;
    return holdsOrdinal(infinite, writer) || (positions[String(writer)]?.n ?? 0) >= n;
  });
}

/** The greater of head and watermark, writer by writer. */
function newestHi(heads: ReadonlyMap<WriterOrdinal, TailHead>, watermarks: Positions): Positions {
  return new Map(
    [...watermarks].map(([writer, watermark]) => [
      writer,
      laterOf(heads.get(writer)?.head ?? NO_POSITION, watermark),
    ]),
  );
}

/**
 * The snapshot's own hi. A writer that has retired since is left out when its whole tail was in the
 * day files of the snapshot.
 *
 * @throws {ShaleError} SNAPSHOT_EXPIRED when it was not
 */
function snapshotHi(
  wanted: PinSnapshot,
  { highest, groups }: Pick<PinReading, "highest" | "groups">,
): Positions {
  const hi = new Map<WriterOrdinal, TailPosition>();
  for (const [writer, { n, lastSeq }] of wanted.writers) {
    if (highest.has(writer)) hi.set(writer, { n, lastSeq });
    else if (!isDrained(groups, writer, n)) throw snapshotExpired(`writer ${writer} has retired`);
  }
  return hi;
}
