import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { Day, ProjectId } from "@shale/model";
import { dayOf, ShaleError } from "@shale/model";
import { existing, openCatalog } from "../open-catalog.ts";

export interface RetentionEdit extends CallOptions {
  /** Who decided it, for the audit. */
  readonly by: string;
}

/**
 * Sets how long events are kept, by their time; null for ever. Nothing is hidden before the next
 * `collect`, and what is hidden by then stays hidden (protocol C6).
 *
 * @throws {ShaleError} OPTION_INVALID, PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE
 */
export async function setRetention(
  env: Env,
  project: ProjectId,
  keepMs: number | null,
  { by, signal }: RetentionEdit,
): Promise<CatalogDocument> {
  if (keepMs !== null && !(Number.isSafeInteger(keepMs) && keepMs >= 1)) {
    throw new ShaleError(
      "OPTION_INVALID",
      `Cannot keep events for ${keepMs} ms: it must be a whole number of 1 or more`,
      { path: "keepMs" },
    );
  }
  const atMs = Math.max(0, env.clock.nowMs());
  return await openCatalog(env, project).commit(
    (newest) => withRetention(existing(newest, project), keepMs, { atMs, by }),
    { signal },
  );
}

/** Its mark is the setting itself. */
export function withRetention(
  before: CatalogDocument,
  keepMs: number | null,
  { atMs, by }: { readonly atMs: number; readonly by: string },
): CatalogDocument | undefined {
  if (before.retention.keepMs === keepMs) return undefined;
  const what = `retention: ${keepMs === null ? "events are kept for ever" : `keep ${keepMs} ms`}`;
  return {
    ...before,
    retention: { ...before.retention, keepMs },
    audit: [...before.audit, { atMs, what, by }],
  };
}

/**
 * Raises `firstDay` to the UTC day of `nowMs` − keep; it never falls. A clock that is ahead
 * expires events for good, so `nowMs` is to be the least of the clocks at hand.
 *
 * @returns The first day that is shown; null when nothing is hidden.
 * @throws {ShaleError} PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE
 */
export async function raiseFirstDay(
  env: Env,
  project: ProjectId,
  nowMs: number,
  options: CallOptions = {},
): Promise<Day | null> {
  const catalog = await openCatalog(env, project).commit(
    (newest) => withFirstDay(existing(newest, project), nowMs),
    options,
  );
  return catalog.retention.firstDay;
}

/** Its mark is the day itself. */
export function withFirstDay(before: CatalogDocument, nowMs: number): CatalogDocument | undefined {
  const { keepMs, firstDay } = before.retention;
  if (keepMs === null) return undefined;
  const wanted = dayOf(nowMs - keepMs);
  if (firstDay !== null && firstDay >= wanted) return undefined;
  return { ...before, retention: { keepMs, firstDay: wanted } };
}
