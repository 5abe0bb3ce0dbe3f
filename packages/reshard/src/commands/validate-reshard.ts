import { validationKey } from "@shale/catalog";
import { sumGenerations } from "@shale/columns";
import { newestCatalog } from "@shale/compaction";
import type { CallOptions } from "@shale/env";
import { nonceOf, retryingStore } from "@shale/env";
import type { CatalogDocument, CatalogOperation, ValidationRecord } from "@shale/format";
import { encodeValidationRecord } from "@shale/format";
import { ShaleError } from "@shale/model";
import { readUnits } from "../copy/run-backfill.ts";
import { withValidation } from "../edits/proving.ts";
import { operationFor } from "../edits/step.ts";
import type { ReshardVerb } from "../states/transition-table.ts";
import { compareSpecs } from "../validate/compare-specs.ts";
import type { ComparisonProgress, SpecComparison } from "../validate/comparison.ts";
import type { ComparisonJournal } from "../validate/comparison-journal.ts";
import type { SweptObject } from "../validate/sweep-objects.ts";
import { sweepObjects } from "../validate/sweep-objects.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { commitEdit, copyRunOf, loadExisting, shardsOf, stepOf } from "./reshard-context.ts";

export interface ValidateOptions extends CallOptions {
  /** Default: the operation under way. */
  readonly operationId?: string | undefined;
  /** Reads every row, those of the new spec by a second reader, and compares by a second digest. */
  readonly full?: boolean | undefined;
  /** Events that are listed at most. Default 1,000. */
  readonly differencesMax?: number | undefined;
  /** Days that were compared before, and are as they were, are not compared again. */
  readonly journal?: ComparisonJournal | undefined;
  readonly onProgress?: ((progress: ComparisonProgress) => void) | undefined;
}

export interface Validated
  extends Pick<SpecComparison, "matched" | "misplaced" | "units" | "differences"> {
  /** Writer to seq: where both specs stood. */
  readonly cut: Readonly<Record<string, number>>;
  /** What `finalize` needs; null where the specs differ. */
  readonly token: string | null;
  /** Day files of the new spec that are gone or changed. */
  readonly objects: readonly SweptObject[];
}

/**
 * Compares both specs at one cut, and leaves a token where they hold the same (protocol S4). An
 * earlier token is void from then on.
 *
 * @throws {ShaleError} RESHARD_STATE, OBJECT_MISSING, OBJECT_CORRUPT, PIN_UNSTABLE,
 * STORE_UNAVAILABLE: repeat; differences are an answer and no error
 */
export async function validateReshard(
  context: ReshardContext,
  options: ValidateOptions = {},
): Promise<Validated> {
  const { signal } = options;
  const seen = await loadExisting(context, signal);
  const operation = operationFor(seen, "validate", options.operationId);
  await checkCopied(context, seen, operation, "validate", signal);
  const held = await context.hold("reshard validate", signal);
  try {
    const objects = await sweepNew(context, seen, operation, signal);
    const comparison = await whileAllowed(context, { verb: "validate", operation, signal }, () =>
      compare(context, operation, options),
    );
    const matched = comparison.matched && objects.length === 0;
    const token = await record(context, operation, { ...comparison, matched }, signal);
    const step = stepOf(context);
    const found = {
      ...{ id: operation.id, record: token, matched, began: seen.transitions.length },
      facts: sumsOf(comparison),
    };
    const edit = (before: CatalogDocument) => withValidation(before, found, step);
    const committed = await commitEdit(context, edit, signal);
    const { units, differences, misplaced, hi } = comparison;
    const seqs = Object.entries(hi.positions).map(([writer, { lastSeq }]) => [writer, lastSeq]);
    return {
      ...{ matched, cut: Object.fromEntries(seqs), misplaced },
      token: committed.operation?.token === token ? token : null,
      ...{ units, differences, objects },
    };
  } finally {
    await held.release();
  }
}

/**
 * What reads the specs of an operation. Where it fails because the operation went on meanwhile, the
 * caller hears of that.
 *
 * @throws {ShaleError} RESHARD_STATE, and what `work` throws
 */
export async function whileAllowed<T>(
  context: ReshardContext,
  {
    verb,
    operation,
    signal,
  }: CallOptions & { readonly verb: ReshardVerb; readonly operation: CatalogOperation },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    operationFor(await loadExisting(context, signal), verb, operation.id);
    throw error;
  }
}

/** What a comparison found, without its events: for the log. */
export function sumsOf({ units, hi }: Pick<SpecComparison, "units" | "hi">) {
  const differing = units.filter(({ equal }) => !equal);
  const total = sumGenerations(
    units.map((unit) => ({ generation: 0, rows: unit.old.events, digest: unit.old.digest })),
  );
  return {
    units: units.length,
    differing: differing.length,
    events: total[0]?.rows ?? 0,
    digest: total[0]?.digest ?? "0".repeat(32),
    cut: JSON.stringify(hi.positions),
  };
}

async function compare(
  { env, project, hasher, cache }: ReshardContext,
  { source, spec }: CatalogOperation,
  { full, differencesMax, journal, onProgress, signal }: ValidateOptions,
): Promise<SpecComparison> {
  return await compareSpecs(env, project, {
    ...{ source, target: spec, full, hasher, cache },
    ...{ differencesMax, journal, onProgress, signal },
  });
}

/** @throws {ShaleError} RESHARD_STATE while rows are left to be copied */
export async function checkCopied(
  context: ReshardContext,
  seen: CatalogDocument,
  operation: CatalogOperation,
  what: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const copies = copyRunOf(context, seen, operation, signal);
  const { units, isDrained } = await readUnits(copies);
  const left = units.filter(({ isDone }) => !isDone).length;
  const { behind } = await newestCatalog(copies.jobs);
  const isBehind = behind.some(({ spec }) => spec === operation.spec);
  if (left === 0 && isDrained && !isBehind) return;
  const why = isBehind
    ? `spec ${operation.spec} is behind`
    : isDrained
      ? `${left} days of shards are not copied`
      : `spec ${operation.source} has not drained the tail up to the cut`;
  throw new ShaleError("RESHARD_STATE", `Cannot ${what} operation "${operation.id}": ${why}`, {
    hint: "Next: shale reshard backfill",
    details: { state: operation.state, next: ["backfill"] },
  });
}

export async function sweepNew(
  { env, project }: ReshardContext,
  seen: CatalogDocument,
  { spec }: CatalogOperation,
  signal: AbortSignal | undefined,
): Promise<readonly SweptObject[]> {
  const reading = { ...env, store: retryingStore(env, env.store) };
  return await sweepObjects(reading, project, { spec, shards: shardsOf(seen, spec), signal });
}

/** Keeps what was found as an object, and names it. */
async function record(
  { env, project }: ReshardContext,
  { id, source, spec }: CatalogOperation,
  comparison: SpecComparison,
  signal: AbortSignal | undefined,
): Promise<string> {
  const token = nonceOf(env.random);
  const { matched, misplaced, hi, units, manifests } = comparison;
  const found: ValidationRecord = {
    ...{ operation: id, source, spec, matched, misplaced, hi },
    sourceVersions: versionsOf(manifests.source),
    specVersions: versionsOf(manifests.target),
    units: units.map(({ day, generation, old, new: now }) => ({ day, generation, old, new: now })),
    atMs: Math.max(0, Math.floor(env.clock.nowMs())),
  };
  const bytes = encodeValidationRecord(found);
  const store = retryingStore(env, env.store);
  await store.put(validationKey(project, token), bytes, { ifAbsent: true }, { signal });
  return token;
}

function versionsOf(byGroup: Readonly<Record<string, number>>): readonly number[] {
  return Object.keys(byGroup)
    .map(Number)
    .sort((a, b) => a - b)
    .map((group) => byGroup[String(group)] ?? 0);
}
