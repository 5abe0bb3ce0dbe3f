import type { CatalogDocument } from "@shale/format";
import type { WriterState } from "./writer-state.ts";

/**
 * Whether an empty object is to supersede the last one, noted in the state: no object is collected
 * as long as it is the highest of its writer (C5). That is due when the writer is idle for long,
 * and at once when a deleted user may have rows in that object.
 */
export function superseded(state: WriterState, { tombstones }: CatalogDocument): boolean {
  const { env, incarnation, isClosing, rows, settings, writing } = state;
  const { headRows } = incarnation;
  if (headRows === undefined || isClosing || rows.rowCount > 0 || writing.length > 0) return false;
  const isIdle = env.clock.monotonicMs() - headRows.confirmedMs >= settings.idleAfterMs;
  const isDeleted = tombstones.some(({ seq }) => seq >= headRows.firstSeq);
  if (isIdle || isDeleted) state.isSupersedeDue = true;
  return state.isSupersedeDue;
}
