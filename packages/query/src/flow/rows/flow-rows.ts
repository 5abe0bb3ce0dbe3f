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
import type { FlowPlan } from "../flow-plan.ts";
import type { FlowSessions } from "./flow-sessions.ts";
import { NO_SESSION } from "./flow-sessions.ts";
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
  readonly sessions: FlowSessions | undefined;
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
      const { rowCount, userCodes, timesMs: times } = batch;
      userCount = Math.max(userCount, batch.users.count);
      kept?.reserveUsers(userCount);
      const start = users.length;
      const [toUsers, toTimes] = [users.reserve(rowCount), timesMs.reserve(rowCount)];
      const [toLabels, toAnchors] = [
        labelsOfRows.reserve(rowCount),
        anchorsOfRows.reserve(rowCount),
      ];
      const toSessions = sessions && sessionsOfRows.reserve(rowCount);
      let at = start;
      for (let row = 0; row < rowCount; row++) {
        if (visible !== undefined && visible[row] === 0) continue;
        const user = userCodes[row] ?? 0;
        const atMs = times[row] ?? 0;
        if (user === nobody || atMs < startMs || atMs >= endMs) continue;
        const anchor = anchors[row] ?? 0;
        const label = codes[row] ?? 0;
        if (kept !== undefined && !kept.keeps(user, { atMs, anchor, label })) continue;
        if (toSessions !== undefined) {
          const serial = serials?.[row] ?? NO_SESSION;
          if (serial === NO_SESSION) continue;
          toSessions[at] = serial;
        }
        toUsers[at] = user;
        toTimes[at] = atMs;
        toLabels[at] = label;
        toAnchors[at] = anchor;
        at++;
      }
      for (const column of columns) column.advance(at - start);
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
