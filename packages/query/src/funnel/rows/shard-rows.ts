import type { ScanBatch } from "@shale/scan";
import { growingF64, growingU32 } from "../../rows/growing-columns.ts";
import type { RowsByUser } from "../../rows/rows-by-user.ts";
import { rowsByUser } from "../../rows/rows-by-user.ts";
import type { KeyCells } from "../../segmentation/key-cells.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import type { ShardSessions } from "../../sessions/shard-sessions.ts";
import { NO_SESSION } from "../../sessions/shard-sessions.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
import type { AttemptMarks } from "./attempt-marks.ts";
import type { HeldCodes } from "./held-codes.ts";
import type { RowKinds } from "./row-kinds.ts";

/** The rows of one shard that matter to a funnel, as they are added: user by user within a day. */
export interface ShardRows {
  readonly timesMs: Float64Array;
  readonly kinds: Uint32Array;
  /** undefined: nothing is held constant. */
  readonly held: Uint32Array | undefined;
  /** undefined: sessions do not matter. */
  readonly sessions: Uint32Array | undefined;
  /** Marks of a filter on attempts; undefined: there is none. */
  readonly marks: Uint32Array | undefined;
  /** By key of the breakdown. */
  readonly cells: readonly Uint32Array[];
  /** @throws {ShaleError} MEMORY_EXCEEDED */
  add(batch: ScanBatch): void;
  /** Each user's rows in event order. */
  byUser(): RowsByUser;
  /** Makes ready for the next shard. */
  clear(): void;
}

export interface ShardRowsOptions {
  readonly plan: FunnelPlan;
  readonly kinds: RowKinds;
  readonly held: HeldCodes | undefined;
  readonly keys: readonly KeyCells[];
  /** Where given, rows of other sessions than these do not count. */
  readonly sessions: ShardSessions | undefined;
  readonly marks: AttemptMarks | undefined;
  readonly budget: MemoryBudget;
}

export function createShardRows(options: ShardRowsOptions): ShardRows {
  const { plan, kinds, held, keys, sessions, marks, budget } = options;
  const { fromMs, endMs } = plan;
  const keepsAll = plan.parsed.order === "strict"; // Whatever matches nothing breaks a chain.
  const columns = createColumns(keys.length);
  const holder = {};
  let userCount = 0;

  function holdBytes(): void {
    const sources = [held, marks, ...keys];
    const values = sources.reduce((sum, source) => sum + (source?.byteCount ?? 0), 0);
    // Half as much again for the order by user.
    const order = 4 * (columns.users.length + userCount);
    budget.hold(holder, columns.byteCount() + values + order);
  }
  function add(batch: ScanBatch): void {
    const { kinds: kindOf, seen } = kinds.of(batch);
    const heldCodes = held?.of(batch);
    const serials = sessions?.of(batch); // Rows that match nothing belong to sessions too.
    const marksOf = marks?.of(batch);
    const cells = keys.map((key) => key.cellsOf(batch, undefined));
    const nobody = batch.users.codeOf("");
    userCount = Math.max(userCount, batch.users.count);
    for (let row = 0; row < batch.rowCount; row++) {
      const kind = kindOf[row] ?? 0;
      if ((kind === 0 && !keepsAll) || seen?.[row] === 0) continue;
      const user = batch.userCodes[row] ?? 0;
      const atMs = batch.timesMs[row] ?? 0;
      if (user === nobody || atMs < fromMs || atMs >= endMs) continue;
      if (serials !== undefined) {
        const serial = serials[row] ?? NO_SESSION;
        if (serial === NO_SESSION) continue;
        columns.sessions.push(serial);
      }
      columns.users.push(user);
      columns.timesMs.push(atMs);
      columns.kinds.push(kind);
      if (heldCodes !== undefined) columns.held.push(heldCodes[row] ?? 0);
      if (marksOf !== undefined) columns.marks.push(marksOf[row] ?? 0);
      for (let key = 0; key < cells.length; key++) columns.cells[key]?.push(cells[key]?.[row] ?? 0);
    }
    holdBytes();
  }
  return {
    get timesMs() {
      return columns.timesMs.numbers;
    },
    get kinds() {
      return columns.kinds.numbers;
    },
    get held() {
      return held && columns.held.numbers;
    },
    get sessions() {
      return sessions && columns.sessions.numbers;
    },
    get marks() {
      return marks && columns.marks.numbers;
    },
    get cells() {
      return columns.cells.map(({ numbers }) => numbers);
    },
    add,
    byUser: () => rowsByUser(columns.users.numbers.subarray(0, columns.users.length), userCount),
    clear() {
      columns.clear();
      userCount = 0;
    },
  };
}

function createColumns(keyCount: number) {
  const columns = {
    users: growingU32(),
    timesMs: growingF64(),
    kinds: growingU32(),
    held: growingU32(),
    sessions: growingU32(),
    marks: growingU32(),
  };
  const cells = Array.from({ length: keyCount }, growingU32);
  const all = [...Object.values(columns), ...cells];
  return {
    ...columns,
    cells,
    byteCount: () => all.reduce((sum, { byteCount }) => sum + byteCount, 0),
    clear(): void {
      for (const column of all) column.clear();
    },
  };
}
