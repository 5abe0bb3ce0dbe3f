import { loadManifests, validationKey } from "@shale/catalog";
import type { CallOptions } from "@shale/env";
import { retryingStore } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import { decodeValidationRecord } from "@shale/format";
import { ShaleError } from "@shale/model";
import { validationRequired, withFinalized } from "../edits/proving.ts";
import { operationFor } from "../edits/step.ts";
import type { ReshardState } from "../states/transition-table.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { commitEdit, loadExisting, shardsOf, stepOf } from "./reshard-context.ts";
import { checkCopied, sweepNew } from "./validate-reshard.ts";

export interface FinalizeOptions extends CallOptions {
  /** Default: the operation under way. */
  readonly operationId?: string | undefined;
  /** Of a validation; default: that of the last one. */
  readonly token?: string | undefined;
}

export interface Finalized {
  readonly state: ReshardState;
  readonly live: string;
  /** How long the commit took. No append and no query waits for it. */
  readonly pauseMs: number;
  /** ISO: a rollback stays possible at least until then. */
  readonly rollbackUntil: string;
}

/**
 * Lets the new spec answer: one commit (protocol S5). It needs the token of the last validation, no
 * row left to be copied, and every day file of the new spec as its manifest says. Finalizing twice
 * is finalizing once.
 *
 * @throws {ShaleError} RESHARD_STATE, VALIDATION_REQUIRED, OBJECT_MISSING or OBJECT_CORRUPT for a
 * day file; CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat
 */
export async function finalizeReshard(
  context: ReshardContext,
  options: FinalizeOptions = {},
): Promise<Finalized> {
  const { signal } = options;
  const seen = await loadExisting(context, signal);
  const { operationId } = options;
  const isOwn = operationId === undefined || operationId === seen.operation?.id;
  if (seen.operation?.state === "finalized" && isOwn) return finalizedOf(seen, 0);
  const operation = operationFor(seen, "finalize", operationId);
  const token = options.token ?? operation.token;
  if (token === null || token !== operation.token) throw validationRequired(seen, options.token);
  await checkRecord(context, seen, token, signal);
  await checkCopied(context, seen, operation, "finalize", signal);
  const [damaged] = await sweepNew(context, seen, operation, signal);
  if (damaged !== undefined) {
    const { object: key, problem } = damaged;
    throw new ShaleError(
      problem === "missing" ? "OBJECT_MISSING" : "OBJECT_CORRUPT",
      `Cannot finalize: ${key} is ${problem === "missing" ? "gone" : "not what was validated"}`,
      { hint: "Restore the object from a backup, or abort this reshard", details: { key } },
    );
  }
  const step = stepOf(context);
  const startMs = context.env.clock.monotonicMs();
  const edit = (before: CatalogDocument) =>
    withFinalized(before, { id: operation.id, token }, step);
  const catalog = await commitEdit(context, edit, signal);
  return finalizedOf(catalog, context.env.clock.monotonicMs() - startMs);
}

/** The token is of this operation, and no group is behind what was validated. */
async function checkRecord(
  { env, project }: ReshardContext,
  seen: CatalogDocument,
  token: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const key = validationKey(project, token);
  const stored = await retryingStore(env, env.store).get(key, { signal });
  const record = stored && decodeValidationRecord(stored.bytes, { key });
  if (record?.operation !== seen.operation?.id || record?.matched !== true) {
    throw validationRequired(seen, token);
  }
  const { source, spec, sourceVersions, specVersions } = record;
  const reading = { ...env, store: retryingStore(env, env.store) };
  for (const [name, versions] of [
    [source, sourceVersions],
    [spec, specVersions],
  ] as const) {
    const manifests = await loadManifests(reading, project, name, shardsOf(seen, name), { signal });
    for (const [group, manifest] of manifests) {
      const isOld = (manifest?.version ?? 0) < (versions[group] ?? 0);
      if (isOld || manifest?.closedMs != null) throw validationRequired(seen, undefined);
    }
  }
}

function finalizedOf(catalog: CatalogDocument, pauseMs: number): Finalized {
  const { operation, live } = catalog;
  const untilMs = (operation?.finalizedMs ?? 0) + (operation?.rollbackMs ?? 0);
  return {
    ...{ state: operation?.state ?? "steady", live, pauseMs: Math.round(pauseMs) },
    rollbackUntil: new Date(untilMs).toISOString(),
  };
}
