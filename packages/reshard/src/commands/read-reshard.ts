import { openPin } from "@shale/catalog";
import type { CallOptions } from "@shale/env";
import { retryingStore } from "@shale/env";
import type {
  CatalogDocument,
  CatalogFailure,
  CatalogOperation,
  CatalogThrottle,
  CatalogTransition,
} from "@shale/format";
import type { CopyProgress } from "../copy/copy-progress.ts";
import { progressOf } from "../copy/copy-progress.ts";
import { readUnits } from "../copy/run-backfill.ts";
import type { ReshardState, ReshardVerb } from "../states/transition-table.ts";
import { commandsIn } from "../states/transition-table.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { copyRunOf, loadExisting } from "./reshard-context.ts";

export interface ReshardStatus {
  readonly state: ReshardState;
  readonly live: string;
  readonly operationId: string | null;
  /** The one that rows of new appends are of. */
  readonly generation: number;
  readonly from: { readonly spec: string; readonly shards: number } | null;
  readonly to: { readonly spec: string; readonly shards: number } | null;
  readonly strategy: CatalogOperation["strategy"] | null;
  /** null without an operation. */
  readonly progress: CopyProgress | null;
  /** What the spec that does not answer has yet to drain; null where it is not fed. */
  readonly lag: { readonly tailObjects: number } | null;
  readonly behind: {
    readonly spec: string;
    /** ISO. */
    readonly since: string;
    /** Writer to seq: up to where it catches up; null while it does not. */
    readonly target: Readonly<Record<string, number>> | null;
  } | null;
  readonly validation: {
    readonly token: string | null;
    readonly valid: boolean;
    /** Why it is not. */
    readonly reason: string | null;
  };
  readonly paused: boolean;
  readonly throttle: CatalogThrottle | null;
  readonly lastError: (Omit<CatalogFailure, "atMs"> & { readonly at: string }) | null;
  /** ISO; null unless finalized. */
  readonly rollbackUntil: string | null;
  /** Commands that may run now. */
  readonly next: readonly ReshardVerb[];
}

/** Where a reshard stands. @throws {ShaleError} PROJECT_NOT_FOUND, STORE_UNAVAILABLE */
export async function readReshard(
  context: ReshardContext,
  { signal }: CallOptions = {},
): Promise<ReshardStatus> {
  const catalog = await loadExisting(context, signal);
  const { operation, live, cuts } = catalog;
  const state = operation?.state ?? "steady";
  return {
    ...{ state, live, operationId: operation?.id ?? null, generation: cuts.length },
    from: operation && specIn(catalog, operation.source),
    to: operation && specIn(catalog, operation.spec),
    strategy: operation?.strategy ?? null,
    progress: operation && (await readProgress(context, catalog, operation, signal)),
    lag: await readLag(context, catalog, signal),
    behind: behindOf(catalog),
    validation: validationOf(catalog),
    paused: operation?.paused ?? false,
    throttle: operation?.throttle ?? null,
    lastError: failureOf(operation?.lastError ?? null),
    rollbackUntil:
      operation?.finalizedMs == null ? null : isoOf(operation.finalizedMs + operation.rollbackMs),
    next: commandsIn(state),
  };
}

function specIn({ specs }: CatalogDocument, name: string) {
  const shards = specs.find(({ spec }) => spec === name)?.shards ?? 0;
  return { spec: name, shards };
}

async function readProgress(
  context: ReshardContext,
  catalog: CatalogDocument,
  operation: CatalogOperation,
  signal: AbortSignal | undefined,
): Promise<CopyProgress | null> {
  if (operation.state === "aborting") return null;
  const copies = copyRunOf(context, catalog, operation, signal);
  const { units, catalog: newest } = await readUnits(copies);
  return progressOf(units, copies.pair, newest, operation.spec);
}

async function readLag(
  { env, project }: ReshardContext,
  { fed, live, cutPending, behind }: CatalogDocument,
  signal: AbortSignal | undefined,
): Promise<ReshardStatus["lag"]> {
  const other = fed.find((spec) => spec !== live);
  const isBehind = behind.some(({ spec }) => spec === other);
  if (other === undefined || cutPending !== null || isBehind) return null;
  const reading = { ...env, store: retryingStore(env, env.store) };
  const { tail } = await openPin(reading, project, { spec: other, signal });
  return { tailObjects: tail.length };
}

function behindOf({ behind }: CatalogDocument): ReshardStatus["behind"] {
  const [first] = behind;
  if (first === undefined) return null;
  const positions = Object.entries(first.catchUp?.target?.positions ?? {});
  const target = Object.fromEntries(positions.map(([writer, { lastSeq }]) => [writer, lastSeq]));
  return {
    spec: first.spec,
    since: isoOf(first.sinceMs),
    target: first.catchUp?.target == null ? null : target,
  };
}

function validationOf({ operation, transitions }: CatalogDocument): ReshardStatus["validation"] {
  if (operation?.token != null) return { token: operation.token, valid: true, reason: null };
  const last = transitions.findLast(({ verb }) => verb === "validate" || verb === "rollback");
  if (operation === null || last?.operation !== operation.id) {
    return { token: null, valid: false, reason: "not validated yet" };
  }
  const token = typeof last.facts["token"] === "string" ? last.facts["token"] : null;
  if (operation.state === "finalized") return { token, valid: false, reason: "used by finalize" };
  if (last.verb === "rollback") return { token: null, valid: false, reason: "rolled back since" };
  const reason = token === null ? "the specs differed" : "the new spec was behind since";
  return { token, valid: false, reason };
}

function failureOf(failure: CatalogFailure | null): ReshardStatus["lastError"] {
  if (failure === null) return null;
  const { atMs, code, message } = failure;
  return { code, message, at: isoOf(atMs) };
}

/** One step of an operation, as the log gives it. */
export interface ReshardLogEntry extends Omit<CatalogTransition, "atMs" | "verb"> {
  readonly verb: string;
  /** ISO, by the clock of whoever took the step. */
  readonly at: string;
}

/**
 * Every step of every operation, oldest first; `after` leaves out those up to that number. The steps
 * in a row lead to the present state (B14).
 */
export async function readReshardLog(
  context: ReshardContext,
  { after = 0, signal }: CallOptions & { readonly after?: number | undefined } = {},
): Promise<readonly ReshardLogEntry[]> {
  const { transitions } = await loadExisting(context, signal);
  return transitions.filter(({ number }) => number > after).map(logEntryOf);
}

export function logEntryOf({ atMs, ...step }: CatalogTransition): ReshardLogEntry {
  return { ...step, at: isoOf(atMs) };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
