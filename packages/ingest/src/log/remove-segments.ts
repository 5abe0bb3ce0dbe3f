import type { WriterState } from "../writer-state.ts";
import { operatingError } from "../writer-state.ts";

/** A segment that stays is read again after a crash and passed over: a failure here costs space. */
export async function removeSegments(
  { env, incarnation }: WriterState,
  seq: number,
): Promise<void> {
  try {
    await incarnation.log?.removeThrough(seq);
  } catch (error) {
    const cause = operatingError(error);
    env.logger.warn("WAL segments that the tail covers were not removed", {
      writer: incarnation.ordinal,
      cause,
    });
  }
}
