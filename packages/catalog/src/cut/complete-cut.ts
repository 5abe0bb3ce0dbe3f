import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument, CatalogVector } from "@shale/format";
import type { ProjectId } from "@shale/model";
import { invariant } from "@shale/model";
import { existing, openCatalog } from "../open-catalog.ts";
import { patientEnv } from "../patient-env.ts";
import { readEnds, withLaterWriters } from "./read-ends.ts";

/**
 * Takes the cut that is pending, if one is: the second commit of S1. Whoever finds it pending may
 * do so, and of several the first counts. Nobody waits for a writer.
 *
 * @returns The newest catalog, in which no cut of that operation is pending.
 * @throws {ShaleError} PROJECT_NOT_FOUND, PIN_UNSTABLE, CATALOG_CONFLICT, OBJECT_CORRUPT,
 * FORMAT_UNKNOWN, STORE_UNAVAILABLE: it is still pending, or taken: repeat
 */
export async function completeCut(
  env: Env,
  project: ProjectId,
  options: CallOptions = {},
): Promise<CatalogDocument> {
  const chain = openCatalog(env, project);
  const seen = existing(await chain.loadNewest(options), project);
  const { cutPending, operation } = seen;
  if (cutPending === null) return seen;
  invariant(operation?.id === cutPending.operation, "a pending cut is the operation's own");
  const ends = await readEnds(patientEnv(env), seen, operation.source, options);
  return await chain.commit(
    (newest) => withCut(existing(newest, project), cutPending.operation, ends),
    options,
  );
}

/**
 * Its mark is that nothing is pending of *this* operation: a second begin must not be ended with
 * heads that were read for the first (schedule 4).
 */
export function withCut(
  before: CatalogDocument,
  operationId: string,
  ends: CatalogVector,
): CatalogDocument | undefined {
  const { operation, cutPending, cuts } = before;
  if (operation === null || cutPending?.operation !== operationId) return undefined;
  const cut = withLaterWriters(ends, before);
  const generation = cuts.length + 1;
  return {
    ...before,
    cutPending: null,
    cuts: [...cuts, { generation, operation: operationId, spec: operation.spec, ...cut }],
  };
}
