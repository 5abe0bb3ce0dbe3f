import { NO_SESSION } from "../../sessions/shard-sessions.ts";
import type { FlowRows } from "../rows/flow-rows.ts";

/** The visible events of one user, in order. */
export interface UserSequence {
  readonly count: number;
  readonly timesMs: Float64Array;
  readonly labels: Uint32Array;
  /** Bit a: the event matches anchor a. */
  readonly anchors: Uint32Array;
  /** All 0 where sessions do not matter. */
  readonly sessions: Uint32Array;
  load(rows: FlowRows, order: Uint32Array): void;
}

export function createUserSequence(): UserSequence {
  const arrays = { ...arraysFor(64), count: 0 };
  return Object.assign(arrays, {
    load(rows: FlowRows, order: Uint32Array): void {
      if (order.length > arrays.timesMs.length) Object.assign(arrays, arraysFor(2 * order.length));
      const { timesMs, labels, anchors, sessions } = rows;
      for (let event = 0; event < order.length; event++) {
        const row = order[event] ?? 0;
        arrays.timesMs[event] = timesMs[row] ?? 0;
        arrays.labels[event] = labels[row] ?? 0;
        arrays.anchors[event] = anchors[row] ?? 0;
        arrays.sessions[event] = sessions?.[row] ?? NO_SESSION;
      }
      arrays.count = order.length;
    },
  });
}

function arraysFor(length: number) {
  return {
    timesMs: new Float64Array(length),
    labels: new Uint32Array(length),
    anchors: new Uint32Array(length),
    sessions: new Uint32Array(length),
  };
}
