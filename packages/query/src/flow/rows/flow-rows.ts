import type { ScanBatch } from "@shale/scan";
import type { CohortMembers } from "../../cohort/cohort-members.ts";
import { compileFilter, intersect } from "../../filter/row-filter.ts";
import type { RowSelect } from "../../filter/row-select.ts";
import { compileSelect } from "../../filter/row-select.ts";
import type { ParsedFlow } from "../../parse/flow/parsed-flow.ts";
import { growingF64, growingU32 } from "../../rows/growing-columns.ts";
import type { RowsByUser } from "../../rows/rows-by-user.ts";
import { rowsByUser } from "../../rows/rows-by-user.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import type { ShardSessions } from "../../sessions/shard-sessions.ts";
import { NO_SESSION } from "../../sessions/shard-sessions.ts";
import type { FlowPlan } from "../flow-plan.ts";
import type { KeptRows } from "./kept-rows.ts";
import { createKeptRows } from "./kept-rows.ts";
import type { RowLabels } from "./row-labels.ts";

/** The visible rows of one shard as they are added, user by user within a day. */
export interface FlowRows {
  readonly timesMs: Float64Array;
  readonly labels: Uint32Array;
  /** Bit a: the row matches anchor a. */
  readonly anchors: Uint32Array;
  /** undefined: sessions do not matter. */
  readonly sessions: Uint32Array | undefined;
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  add(batch: ScanBatch): void;
  /** Each user's rows in event order. */
  byUser(): RowsByUser;
  /** Makes ready for the next shard. */
  clear(): void;
}

export interface FlowRowsOptions {
  readonly plan: FlowPlan;
  readonly labels: RowLabels;
  readonly cohorts: CohortMembers;
  /** Where given, rows of other sessions than these do not count. */
  readonly sessions: ShardSessions | undefined;
  readonly budget: MemoryBudget;
}

export function createFlowRows(options: FlowRowsOptions): FlowRows {
  const { plan, labels, cohorts, sessions, budget } = options;
  const { startMs, endMs } = sessions ?? plan;
  const sightOf = createRowSight(plan.parsed, cohorts);
  const users = growingU32();
  const timesMs = growingF64();
  const labelsOfRows = growingU32();
  const anchorsOfRows = growingU32();
  const sessionsOfRows = growingU32();
  const ofSessions = sessions === undefined ? [] : [sessionsOfRows];
  const columns = [users, timesMs, labelsOfRows, anchorsOfRows, ...ofSessions];
  const holder = {};
  const kept = sessions === undefined ? createKeptRows(plan.parsed) : undefined;
  let userCount = 0;
  return {
    get timesMs() {
      return timesMs.numbers;
    },
    get labels() {
      return labelsOfRows.numbers;
    },
    get anchors() {
      return anchorsOfRows.numbers;
    },
    get sessions() {
      return sessions && sessionsOfRows.numbers;
    },
    add(batch) {
      const { visible, anchors } = sightOf(batch);
      const codes = labels.of(batch, visible);
      const serials = sessions?.of(batch); // Rows that nobody sees belong to sessions too.
      const nobody = batch.users.codeOf("");
      const { rowCount } = batch;
      userCount = Math.max(userCount, batch.users.count);
      kept?.reserveUsers(userCount);
      const count = copyRows(
        batch,
        { visible, anchors, codes, serials, nobody, startMs, endMs, kept },
        {
          start: users.length,
          users: users.reserve(rowCount),
          timesMs: timesMs.reserve(rowCount),
          labels: labelsOfRows.reserve(rowCount),
          anchors: anchorsOfRows.reserve(rowCount),
          sessions: sessions && sessionsOfRows.reserve(rowCount),
        },
      );
      for (const column of columns) column.advance(count);
      const own = columns.reduce((sum, { byteCount }) => sum + byteCount, kept?.byteCount ?? 0);
      // The order by user takes a number for each row, and one for each user.
      budget.hold(holder, own + labels.byteCount + 4 * (users.length + userCount));
    },
    byUser: () => rowsByUser(users.numbers.subarray(0, users.length), userCount),
    clear() {
      for (const column of columns) column.clear();
      kept?.clear();
      userCount = 0;
    },
  };
}

/** What is known of the rows of a batch. */
interface ReadRows {
  readonly visible: Uint8Array | undefined;
  readonly anchors: Uint32Array;
  readonly codes: Uint32Array;
  readonly serials: Uint32Array | undefined;
  readonly nobody: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly kept: KeptRows | undefined;
}
/** Where they go, from `start` on. */
interface HeldRows {
  readonly start: number;
  readonly users: Uint32Array;
  readonly timesMs: Float64Array;
  readonly labels: Uint32Array;
  readonly anchors: Uint32Array;
  readonly sessions: Uint32Array | undefined;
}

/** Copies the rows that count. Returns how many they are. */
function copyRows({ rowCount, userCodes, timesMs }: ScanBatch, read: ReadRows, to: HeldRows) {
  const { visible, anchors, codes, serials, nobody, startMs, endMs, kept } = read;
  let at = to.start;
  for (let row = 0; row < rowCount; row++) {
    if (visible !== undefined && visible[row] === 0) continue;
    const user = userCodes[row] ?? 0;
    const atMs = timesMs[row] ?? 0;
    if (user === nobody || atMs < startMs || atMs >= endMs) continue;
    const anchor = anchors[row] ?? 0;
    const label = codes[row] ?? 0;
    if (kept !== undefined && !kept.keeps(user, { atMs, anchor, label })) continue;
    if (to.sessions !== undefined) {
      const serial = serials?.[row] ?? NO_SESSION;
      if (serial === NO_SESSION) continue;
      to.sessions[at] = serial;
    }
    to.users[at] = user;
    to.timesMs[at] = atMs;
    to.labels[at] = label;
    to.anchors[at] = anchor;
    at++;
  }
  return at - to.start;
}

/** Which rows are visible (undefined: all), and which anchors they match. */
interface RowSight {
  readonly visible: Uint8Array | undefined;
  readonly anchors: Uint32Array;
}

/** Anchors are visible without being included; what is hidden is no anchor either. */
function createRowSight(
  parsed: ParsedFlow,
  cohorts: CohortMembers,
): (batch: ScanBatch) => RowSight {
  const where = parsed.where === undefined ? undefined : compileFilter(parsed.where, cohorts);
  const compile = (selects: ParsedFlow["hide"]): RowSelect[] =>
    selects.map((select) => compileSelect(select, cohorts));
  const anchors = compile(parsed.anchors);
  const hidden = compile(parsed.hide);
  const included = parsed.include && compile(parsed.include);
  return (batch) => {
    const { rowCount } = batch;
    const matches = new Uint32Array(rowCount);
    for (const [index, select] of anchors.entries()) {
      const mask = select.maskOf(batch, undefined);
      for (let row = 0; row < rowCount; row++) {
        if (mask?.[row] !== 0) matches[row] = (matches[row] ?? 0) | (1 << index);
      }
    }
    let visible = where?.maskOf(batch);
    if (included !== undefined) {
      const seen = new Uint8Array(rowCount);
      for (let row = 0; row < rowCount; row++) if (matches[row] !== 0) seen[row] = 1;
      for (const select of included) mark(seen, select.maskOf(batch, undefined), 1);
      if (visible !== undefined) intersect(seen, visible);
      visible = seen;
    }
    if (hidden.length === 0) return { visible, anchors: matches };
    visible ??= new Uint8Array(rowCount).fill(1);
    for (const select of hidden) mark(visible, select.maskOf(batch, undefined), 0);
    return { visible, anchors: matches };
  };
}

/** Writes a value where the other mask (undefined: everywhere) has a row. */
function mark(target: Uint8Array, mask: Uint8Array | undefined, value: 0 | 1): void {
  for (let row = 0; row < target.length; row++) if (mask?.[row] !== 0) target[row] = value;
}
