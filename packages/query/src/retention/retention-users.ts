import type { ScanBatch } from "@shale/scan";
import { createUserCollector } from "../cohort/collect-users.ts";
import type { UserSet } from "../cohort/user-set.ts";
import type { ParsedRetention } from "../parse/parsed-query.ts";
import type { RetentionCell } from "../parse/users/parsed-users.ts";
import type { QueryRun } from "../query-run.ts";
import { createMemoryBudget } from "../segmentation/memory-budget.ts";
import type { SegmentSpace } from "../segmentation/segment-space.ts";
import { membersOfCell } from "../shards/segment-index.ts";
import { createSegmentTest } from "../users/segment-test.ts";
import type { OpenEntries } from "./open-entries.ts";
import type { RetentionCounts } from "./retention-counts.ts";
import { scanRetention } from "./scan-retention.ts";

/** Stands between what a scan finds and what it counts, and so sees whom it counts. */
export interface RetentionWatch {
  /** The users that follow are those of the batch's shard. */
  begin(batch: ScanBatch): void;
  counts(counts: RetentionCounts, space: SegmentSpace | undefined): RetentionCounts;
  entries(entries: OpenEntries): OpenEntries;
}

export interface RetentionCellAsked {
  readonly of: ParsedRetention;
  readonly cell: RetentionCell;
  /** Segments that the answer lists, as JSON. */
  readonly listed: readonly string[];
}

/**
 * The users behind a number of a retention.
 *
 * @throws {ShaleError} MEMORY_EXCEEDED, and what a scan throws
 */
export async function usersOfRetention(
  run: QueryRun,
  { of, cell, listed }: RetentionCellAsked,
  asOfMs: number,
): Promise<UserSet> {
  const users = createUserCollector(createMemoryBudget(run.memoryBytesMax));
  const asked = { ...of, by: cell.segment === undefined ? undefined : of.by };
  /** Whom the counts are about that come next. */
  let user = 0;
  await scanRetention(run, asked, asOfMs, {
    begin: (batch) => users.begin(batch),
    counts(counts, space) {
      const isWanted = createSlotTest({ cell, listed }, counts, space);
      return {
        get cells() {
          return counts.cells;
        },
        get numbers() {
          return counts.numbers;
        },
        slotOf: (found) => counts.slotOf(found),
        addUser(slot, cohort) {
          if (cell.bracket === undefined && cohort === cell.cohort && isWanted(slot)) {
            users.add(user);
          }
          counts.addUser(slot, cohort);
        },
        addReturned(slot, cohort, bracket) {
          if (cell.bracket === bracket && cohort === cell.cohort && isWanted(slot)) {
            users.add(user);
          }
          counts.addReturned(slot, cohort, bracket);
        },
      };
    },
    entries: (entries) => ({
      beginShard: () => entries.beginShard(),
      reserveUsers: (count) => entries.reserveUsers(count),
      open(born, birth) {
        user = born;
        entries.open(born, birth);
      },
      addReturn(returned, atMs, interval) {
        user = returned;
        entries.addReturn(returned, atMs, interval);
      },
    }),
  });
  return users.finish();
}

/** Whether users of a slot are in the segment that is meant. */
function createSlotTest(
  { cell: { segment }, listed }: Pick<RetentionCellAsked, "cell" | "listed">,
  counts: RetentionCounts,
  space: SegmentSpace | undefined,
): (slot: number) => boolean {
  if (segment === undefined) return () => true;
  const isMeant = createSegmentTest(segment, listed);
  const verdicts = new Map<number, boolean>();
  return (slot) => {
    let verdict = verdicts.get(slot);
    if (verdict === undefined) {
      const segments = membersOfCell(space, counts.cells[slot] ?? 0);
      verdict = segments.some((one) => isMeant(space?.valuesOf(one) ?? []));
      verdicts.set(slot, verdict);
    }
    return verdict;
  };
}
