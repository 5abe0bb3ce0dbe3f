import type { ScanBatch } from "@shale/scan";
import { growingF64, growingU32 } from "../../rows/growing-columns.ts";
import type { RowsByUser } from "../../rows/rows-by-user.ts";
import { rowsByUser } from "../../rows/rows-by-user.ts";
import type { KeyCells } from "../../segmentation/key-cells.ts";
import type { MemoryBudget } from "../../segmentation/memory-budget.ts";
import type { ShardSessions } from "../../sessions/shard-sessions.ts";
import { NO_SESSION } from "../../sessions/shard-sessions.ts";
import type { FunnelPlan } from "../funnel-plan.ts";
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
  readonly budget: MemoryBudget;
}

export function createShardRows(options: ShardRowsOptions): ShardRows {
  const { plan, kinds, held, keys, sessions, budget } = options;
  const { fromMs, endMs } = plan;
  const keepsAll = plan.parsed.order === "strict"; // Whatever matches nothing breaks a chain.
  const users = growingU32();
  const timesMs = growingF64();
  const kindsOfRows = growingU32();
  const heldOfRows = growingU32();
  const sessionsOfRows = growingU32();
  const cellsOfRows = keys.map(growingU32);
  const columns = [users, timesMs, kindsOfRows, heldOfRows, sessionsOfRows, ...cellsOfRows];
  const holder = {};
  let userCount = 0;

  function holdBytes(): void {
    const own = columns.reduce((sum, { byteCount }) => sum + byteCount, 0);
    // Half as much again for the order by user.
    const values = keys.reduce((sum, { byteCount }) => sum + byteCount, held?.byteCount ?? 0);
    budget.hold(holder, own + values + 4 * (users.length + userCount));
  }
  return {
    get timesMs() {
      return timesMs.numbers;
    },
    get kinds() {
      return kindsOfRows.numbers;
    },
    get held() {
      return held && heldOfRows.numbers;
    },
    get sessions() {
      return sessions && sessionsOfRows.numbers;
    },
    get cells() {
      return cellsOfRows.map(({ numbers }) => numbers);
    },
    add(batch) {
      const { kinds: kindOf, seen } = kinds.of(batch);
      const heldCodes = held?.of(batch);
      const serials = sessions?.of(batch); // Rows that match nothing belong to sessions too.
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
          sessionsOfRows.push(serial);
        }
        users.push(user);
        timesMs.push(atMs);
        kindsOfRows.push(kind);
        if (heldCodes !== undefined) heldOfRows.push(heldCodes[row] ?? 0);
        for (let key = 0; key < cells.length; key++) cellsOfRows[key]?.push(cells[key]?.[row] ?? 0);
      }
      holdBytes();
    },
    byUser: () => rowsByUser(users.numbers.subarray(0, users.length), userCount),
    clear() {
      for (const column of columns) column.clear();
      userCount = 0;
    },
  };
}
