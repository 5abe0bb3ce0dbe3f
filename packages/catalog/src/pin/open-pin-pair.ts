import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId, SpecName, WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { backOff } from "../back-off.ts";
import { existing } from "../open-catalog.ts";
import { openPin } from "./open-pin.ts";
import type { Pin, TailPosition } from "./pin.ts";
import { createPinMemo } from "./pin-memo.ts";
import type { Positions } from "./plan-pin.ts";
import { laterOf, retiredSince, snapshotOf, specOf, tailRefsOf } from "./plan-pin.ts";
import { watermarkSpan } from "./read-groups.ts";
import { NO_POSITION } from "./read-heads.ts";

/** Two specs of a project at one exact cut (protocol S4). */
export interface PinPair {
  /** Of both pins: read after both. */
  readonly catalog: CatalogDocument;
  /** Where both stand: at or above every watermark of both. */
  readonly hi: Positions;
  readonly first: Pin;
  readonly second: Pin;
}
export interface PinPairOptions extends CallOptions {
  readonly first: SpecName;
  readonly second: SpecName;
}

/** Tries before the store counts as too restless to pin. */
const TRY_COUNT_MAX = 16;

/**
 * Pins two specs at one cut, without the rows in memory: one after the other, then both are raised
 * to the greater position of each writer. What is hidden, by tombstones and by expiry, is the same
 * in both: the catalog is read once more after both.
 *
 * Publishes nothing, as `openPin`: who meets the absence of an object takes the pair again.
 *
 * @throws {ShaleError} as `openPin`
 */
export async function openPinPair(
  env: Env,
  project: ProjectId,
  { first, second, signal }: PinPairOptions,
): Promise<PinPair> {
  const memo = createPinMemo(env, project);
  for (let tryCount = 1; tryCount <= TRY_COUNT_MAX; tryCount++) {
    const one = await openPin(env, project, { spec: first, signal }, memo);
    const other = await openPin(env, project, { spec: second, signal }, memo);
    const catalog = existing(await memo.catalog.loadNewest({ signal }), project);
    const pair = pairOf(one, other, catalog);
    if (pair !== undefined) return pair;
    await backOff(env, tryCount, { signal });
  }
  throw new ShaleError(
    "PIN_UNSTABLE",
    `Cannot pin specs ${first} and ${second} of project "${project}" at one cut: writers or ` +
      `deletes came to their end during each of ${TRY_COUNT_MAX} tries`,
  );
}

/**
 * Both pins at one cut; undefined when they have to be taken again.
 *
 * @param catalog Read after both pins.
 * @throws {ShaleError} OPTION_INVALID when a spec was given up meanwhile
 */
export function pairOf(first: Pin, second: Pin, catalog: CatalogDocument): PinPair | undefined {
  specOf(catalog, first.spec.spec);
  specOf(catalog, second.spec.spec);
  for (const { catalog: own } of [first, second]) {
    const known = {
      live: own.tombstones.map(({ number }) => number),
      next: own.nextTombstone,
    };
    // The files of the other pin may have lost the rows under it already.
    if (retiredSince(known, catalog) !== undefined) return undefined;
  }
  const hi = new Map(first.hi);
  for (const [writer, position] of second.hi) {
    hi.set(writer, laterOf(hi.get(writer) ?? NO_POSITION, position));
  }
  if ([first, second].some((pin) => [...hi.keys()].some((writer) => isOver(pin, writer)))) {
    return undefined;
  }
  return {
    catalog,
    hi,
    first: raisePin(first, hi, catalog),
    second: raisePin(second, hi, catalog),
  };
}

/**
 * Whether the writer had retired when the pin was taken. The other pin was taken while it stood,
 * and may end before its last rows, which are all in the day files of this one (protocol W7).
 */
function isOver({ hi, catalog }: Pin, writer: WriterOrdinal): boolean {
  return !hi.has(writer) && writer < catalog.nextOrdinal;
}

/**
 * The pin at a later cut: its tail goes on, from its own watermarks. A writer that it does not know
 * registered after it, so that nothing of it is in the pinned day files.
 *
 * @param hi At or above the pin's own.
 * @param catalog What hides rows from now on.
 */
export function raisePin(pin: Pin, hi: Positions, catalog: CatalogDocument): Pin {
  const groups = pin.groups;
  const { lowest } = watermarkSpan(groups.values(), new Map<WriterOrdinal, TailPosition>());
  return {
    catalog,
    spec: pin.spec,
    hi,
    groups,
    tail: tailRefsOf(catalog.project, lowest, hi),
    memory: [],
    snapshot: snapshotOf(catalog, pin.spec.spec, { hi, memory: [], groups }),
  };
}
