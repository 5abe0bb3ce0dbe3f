import type { CollectionReport } from "@shale/catalog";
import { closeGroups, runCollection } from "@shale/catalog";
import type { CallOptions } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { SpecName } from "@shale/model";
import { ShaleError } from "@shale/model";
import { withAbort, withAborted, withWindowClosed } from "../edits/ending.ts";
import { checkWindowOver } from "../edits/proving.ts";
import { operationFor, wrongState } from "../edits/step.ts";
import type { ReshardState } from "../states/transition-table.ts";
import { allows } from "../states/transition-table.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { commitEdit, loadExisting, stepOf } from "./reshard-context.ts";

export interface EndOptions extends CallOptions {
  /** Default: the operation under way. */
  readonly operationId?: string | undefined;
  /** For the objects of the spec that is given up: as for `collect` of a project. */
  readonly graceMs?: number | undefined;
}

export interface Aborted {
  readonly state: ReshardState;
  readonly live: string;
}

/**
 * Gives the new spec up (protocol S6): it is no longer fed, every group of it is closed, and its
 * objects are condemned; they go as those of any other collection. A run that ended early is
 * repeated. The live spec is not touched.
 *
 * @throws {ShaleError} RESHARD_STATE, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat
 */
export async function abortReshard(
  context: ReshardContext,
  options: EndOptions = {},
): Promise<Aborted> {
  const { signal } = options;
  const seen = await loadExisting(context, signal);
  const { id, spec } = operationFor(seen, "abort", options.operationId);
  const step = stepOf(context);
  const aborting = await commitEdit(context, (before) => withAbort(before, id, step), signal);
  await closeAll(context, aborting, spec, signal);
  const over = await commitEdit(context, (before) => withAborted(before, id, step), signal);
  await collectQuietly(context, options);
  return { state: over.operation?.state ?? "steady", live: over.live };
}

async function closeAll(
  { env, project }: ReshardContext,
  { specs }: CatalogDocument,
  name: SpecName,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const spec of specs) {
    if (spec.spec === name) await closeGroups(env, project, spec, { signal });
  }
}

/** The operation is over whatever happens here: the next collection does the rest. */
async function collectQuietly(context: ReshardContext, options: EndOptions): Promise<void> {
  const { env, project, by } = context;
  const { signal, graceMs } = options;
  try {
    await runCollection(env, project, { by, graceMs, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ShaleError)) throw error;
    env.logger.warn("what an abort left was not collected", { project, code: error.code, error });
  }
}

export interface ReshardCollected
  extends Pick<CollectionReport, "deletedObjects" | "deletedBytes" | "kept"> {
  readonly state: ReshardState;
  readonly live: string;
}

/**
 * Closes the window of the rollback, if it is over, and deletes what the old spec has left
 * (protocol S5, S6): a commit ends the window, the clock only says that it may. Without an
 * operation it deletes what earlier ones have left.
 *
 * @throws {ShaleError} RESHARD_STATE, CATALOG_CONFLICT, OBJECT_MISSING, STORE_UNAVAILABLE: repeat
 */
export async function collectReshard(
  context: ReshardContext,
  options: EndOptions = {},
): Promise<ReshardCollected> {
  const { env, project, by } = context;
  const { signal, graceMs } = options;
  let catalog = await loadExisting(context, signal);
  const { operation } = catalog;
  if (!allows(operation?.state ?? "steady", "collect")) throw wrongState(catalog, "collect");
  if (operation !== null) {
    operationFor(catalog, "collect", options.operationId);
    checkWindowOver(catalog, env.clock.nowMs());
    const step = stepOf(context);
    const edit = (before: CatalogDocument) => withWindowClosed(before, operation.id, step);
    catalog = await commitEdit(context, edit, signal);
    await closeAll(context, catalog, operation.source, signal);
  }
  const report = await runCollection(env, project, { by, graceMs, signal });
  const { deletedObjects, deletedBytes, kept } = report;
  const { live } = catalog;
  return { state: catalog.operation?.state ?? "steady", live, deletedObjects, deletedBytes, kept };
}
