import type { EventInput } from "@shale/model";
import { DAY_MS } from "@shale/model";
import type { LogPlace, ReferenceStore } from "../reference/reference-store.ts";
import { referenceStore } from "../reference/reference-store.ts";
import { manualClock } from "../simulation/manual-clock.ts";

/** User of the last event of every append, its mark: whole or not at all, the mark tells which. */
export const MARK_USER = "(append)";

/** One append as its client remembers it. */
export interface SentAppend {
  readonly name: string;
  /** The mark is the last; it has no insert_id, so that its derived id tells where the rows lie. */
  readonly events: readonly EventInput[];
  readonly markMs: number;
  /** Number of the process that was asked. */
  readonly process: number;
  readonly machine: number;
  /** Acknowledged, or seen: it survives every crash. */
  isPromised: boolean;
  /** The process that was asked sees it as long as it lives. */
  isHere: boolean;
  /** Every process sees it from now on. */
  isShared: boolean;
}
export type ModelEntry = { readonly append: SentAppend } | { readonly deleteUser: string };

/** What the clients of all processes did and were promised. */
export interface StoreModel {
  /** Appends and deletions in the order of their calls. */
  readonly log: ModelEntry[];
  readonly appends: Map<string, SentAppend>;
  /** What may be the first day that is kept, ascending: a collect that failed may have raised it. */
  firstDaysMs: readonly number[];
  keepMs: number | null;
  /** Appends and deletions that were called and whose end nobody knows yet. */
  inFlight: number;
  /** Deletions that are under way: a reading beside them may see their users or not. */
  deleting: number;
  /** The clocks of two processes may differ, or have been put back. */
  areClocksApart: boolean;
}

export function createStoreModel(options: { readonly areClocksApart: boolean }): StoreModel {
  return {
    log: [],
    appends: new Map(),
    firstDaysMs: [-Infinity],
    keepMs: null,
    inFlight: 0,
    deleting: 0,
    areClocksApart: options.areClocksApart,
  };
}

/** What one reader saw: the appends whose marks it met, and where the first row of each lies. */
export type SeenAppends = ReadonlyMap<string, LogPlace>;

/** A reference store with what a reader who saw these appends must see. */
export async function expectedStore(
  model: StoreModel,
  seen: SeenAppends,
  firstDayMs: number,
): Promise<ReferenceStore> {
  const isCut = Number.isFinite(firstDayMs);
  const reference = referenceStore({ clock: manualClock(isCut ? firstDayMs : 0) });
  for (const entry of model.log) {
    if ("deleteUser" in entry) {
      await reference.deleteUsers([entry.deleteUser]);
      continue;
    }
    const place = seen.get(entry.append.name);
    if (place !== undefined) await reference.append(entry.append.events, { place });
  }
  if (isCut) {
    await reference.setRetention(0);
    await reference.collect();
  }
  return reference;
}

/** Names of the appends that a process must see. */
export function requiredNames(model: StoreModel, process: number): string[] {
  return [...model.appends.values()]
    .filter((sent) => sent.isShared || (sent.isHere && sent.process === process))
    .map(({ name }) => name);
}

/** A process saw these appends: it sees them again, and others do if it is not the one asked. */
export function noteSeen(model: StoreModel, seen: SeenAppends, process: number): void {
  for (const name of seen.keys()) {
    const sent = model.appends.get(name);
    if (sent === undefined) throw new Error(`Append ${name} is there, and nobody made it`);
    sent.isPromised = true;
    if (sent.process === process) sent.isHere = true;
    else sent.isShared = true;
  }
}

/** The process put into the store all that it had promised. */
export function noteFlushed(model: StoreModel, process: number): void {
  for (const sent of model.appends.values()) {
    if (sent.process === process && sent.isPromised) sent.isShared = true;
  }
}

export function noteEnded(model: StoreModel, process: number): void {
  for (const sent of model.appends.values()) {
    if (sent.process === process) sent.isHere = false;
  }
}

/** A collect ran between these two instants and has raised the first day, or may have. */
export function noteCollected(
  model: StoreModel,
  nowMs: readonly number[],
  certainty: "done" | "doubtful",
): void {
  const { keepMs } = model;
  if (keepMs === null) return;
  const daysMs = nowMs.map((ms) => Math.floor((ms - keepMs) / DAY_MS) * DAY_MS);
  const raised = model.firstDaysMs.flatMap((known) => daysMs.map((day) => Math.max(known, day)));
  const all = certainty === "done" ? raised : [...model.firstDaysMs, ...raised];
  model.firstDaysMs = [...new Set(all)].sort((a, b) => a - b);
}
