import type { PropertyColumn } from "../event-batch.ts";
import type { TextTable } from "../text-table.ts";

/** Events as readers outside get them: row i of every array is the same event. Immutable. */
export interface EventColumns {
  readonly rowCount: number;
  readonly events: TextTable;
  /** Index in `events`. */
  readonly eventCodes: Uint32Array;
  readonly users: TextTable;
  /** Index in `users`. */
  readonly userCodes: Uint32Array;
  /** Epoch ms, UTC. */
  readonly timesMs: Float64Array;
  readonly insertIds: TextTable;
  /** 0 = absent, else 1 + index in `insertIds`. */
  readonly insertIdCodes: Uint32Array;
  /** In the order of a plan; dense. undefined: no row has a value. */
  readonly properties: readonly (PropertyColumn | undefined)[];
}

/** The columns that each event has, in their order; those of properties follow. */
export const eventColumnNames = ["event", "user_id", "time", "insert_id"] as const;

/** Writes events, a part after the other, as one file or stream. */
export interface EventEncoder {
  /** What stands before the first part. */
  begin(): readonly Uint8Array[];
  encode(part: EventColumns): readonly Uint8Array[];
  /** What stands behind the last one. */
  end(): readonly Uint8Array[];
}
