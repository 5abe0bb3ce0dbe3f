import type { CallOptions } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { ShaleError } from "@shale/model";
import { lastFinalize, withRollback } from "../edits/proving.ts";
import { operationFor } from "../edits/step.ts";
import type { ReshardState } from "../states/transition-table.ts";
import { compareSpecs } from "../validate/compare-specs.ts";
import type { ComparisonProgress, SpecComparison } from "../validate/comparison.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { commitEdit, loadExisting, stepOf } from "./reshard-context.ts";
import { sumsOf, whileAllowed } from "./validate-reshard.ts";

export interface RollbackOptions extends CallOptions {
  /** Default: the operation under way. */
  readonly operationId?: string | undefined;
  /** Goes back although the specs differ, or the new one cannot be read. */
  readonly acceptDifferences?: boolean | undefined;
  readonly onProgress?: ((progress: ComparisonProgress) => void) | undefined;
}

export interface RolledBack {
  readonly state: ReshardState;
  readonly live: string;
  readonly pauseMs: number;
  readonly comparison: RollbackComparison;
}

/** The old spec beside the new one; with `error` the new one could not be read. */
export type RollbackComparison =
  | Pick<SpecComparison, "matched" | "units" | "differences">
  | {
      readonly matched: false;
      readonly error: { readonly code: string; readonly message: string };
    };

/**
 * Lets the old spec answer again: one commit (protocol S5). The old spec was fed all the time, so
 * no row is lost, also if the new one is damaged. A run that ended before its commit is repeated;
 * one that ended after it has rolled back, and says so.
 *
 * @throws {ShaleError} RESHARD_STATE, RESHARD_DIFFERENCES, CATALOG_CONFLICT, STORE_UNAVAILABLE:
 * repeat; OBJECT_MISSING, OBJECT_CORRUPT when the old spec is damaged too
 */
export async function rollbackReshard(
  context: ReshardContext,
  options: RollbackOptions = {},
): Promise<RolledBack> {
  const { signal, acceptDifferences = false } = options;
  const seen = await loadExisting(context, signal);
  const operation = operationFor(seen, "rollback", options.operationId);
  const { id } = operation;
  const finalize = lastFinalize(seen);
  // What forbids it is said before the specs are compared.
  withRollback(seen, { id, finalize, facts: {} }, stepOf(context));
  const held = await context.hold("reshard rollback", signal);
  let comparison: RollbackComparison & { readonly facts: Readonly<Record<string, unknown>> };
  try {
    comparison = await whileAllowed(context, { verb: "rollback", operation, signal }, () =>
      compareBoth(context, seen, options),
    );
  } finally {
    await held.release();
  }
  const { facts, ...shown } = comparison;
  if (!comparison.matched && !acceptDifferences) {
    throw new ShaleError(
      "RESHARD_DIFFERENCES",
      `Cannot roll back: spec ${operation.source} differs from ${operation.spec}`,
      { details: { comparison: shown } },
    );
  }
  const step = stepOf(context);
  const said = { matched: comparison.matched, accepted: acceptDifferences, ...plainOf(facts) };
  const startMs = context.env.clock.monotonicMs();
  const catalog = await commitEdit(
    context,
    (before) => withRollback(before, { id, finalize, facts: said }, step),
    signal,
  );
  const pauseMs = Math.round(context.env.clock.monotonicMs() - startMs);
  const { live, operation: after } = catalog;
  return { state: after?.state ?? "steady", live, pauseMs, comparison: shown };
}

async function compareBoth(
  { env, project, hasher, cache }: ReshardContext,
  { operation }: CatalogDocument,
  { onProgress, signal }: RollbackOptions,
): Promise<RollbackComparison & { readonly facts: Readonly<Record<string, unknown>> }> {
  if (operation === null) return { matched: true, units: [], differences: [], facts: {} };
  const { source, spec: target } = operation;
  const options = { source, target, hasher, cache, onProgress, signal };
  try {
    const found = await compareSpecs(env, project, options);
    const { matched, units, differences } = found;
    return { matched, units, differences, facts: sumsOf(found) };
  } catch (error) {
    if (!(error instanceof ShaleError) || error.kind !== "corrupt") throw error;
    const { code, message } = error;
    return { matched: false, error: { code, message }, facts: { error: code } };
  }
}

function plainOf(facts: Readonly<Record<string, unknown>>) {
  const plain: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value === "string" || typeof value === "number") plain[name] = value;
  }
  return plain;
}
