import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ComparisonJournal, JournaledDay } from "@shale/engine";
import type { Clock } from "@shale/env";

/** What is older is compared again: files may have been damaged since. */
const AGE_MS_MAX = 86_400_000;

export interface JournalPlace {
  readonly root: string;
  readonly projectId: string;
  readonly full: boolean;
  readonly clock: Clock;
}

export interface ValidationJournal extends ComparisonJournal {
  /** Once the comparison is complete: the next one reads everything anew. */
  remove(): Promise<void>;
}

interface Line extends JournaledDay {
  readonly day: number;
  readonly atMs: number;
}

/**
 * Keeps which days were equal in a file of its own, one line a day, so that a validation which was
 * stopped goes on. A day that differs is compared again: its events, and so its users, are in no
 * file outside of the store.
 */
export async function openValidationJournal(
  folder: string,
  { root, projectId, full, clock }: JournalPlace,
): Promise<ValidationJournal> {
  const name = JSON.stringify([resolve(root), projectId, full]);
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 32);
  const path = join(folder, `validate-${hash}.ndjson`);
  const days = await readDays(path, clock.nowMs() - AGE_MS_MAX);
  return {
    load: async (day) => days.get(day),
    async save(day, { fingerprint, comparison }) {
      const isEqual = comparison.differences.length === 0 && comparison.misplaced === 0;
      if (!isEqual || comparison.units.some(({ equal }) => !equal)) return;
      const line: Line = { day, atMs: clock.nowMs(), fingerprint, comparison };
      await unlessRefused(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await appendFile(path, `${JSON.stringify(line)}\n`);
      });
    },
    remove: () => unlessRefused(() => rm(path, { force: true })),
  };
}

/** Without a journal a rerun takes longer, and nothing else: that ends no validation. */
async function unlessRefused(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}

async function readDays(path: string, sinceMs: number): Promise<ReadonlyMap<number, JournaledDay>> {
  const days = new Map<number, JournaledDay>();
  let text = "";
  await unlessRefused(async () => {
    if ((await stat(path)).isFile()) text = await readFile(path, "utf8");
  });
  // The last line may be half of one.
  for (const line of text.split("\n").slice(0, -1)) {
    const parsed: unknown = parsedOf(line);
    if (!isLine(parsed) || parsed.atMs < sinceMs) continue;
    const { day, fingerprint, comparison } = parsed;
    days.set(day, { fingerprint, comparison });
  }
  return days;
}

function parsedOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null) return false;
  return "day" in value && "atMs" in value && "fingerprint" in value && "comparison" in value;
}
