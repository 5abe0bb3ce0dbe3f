import { setTimeout as sleep } from "node:timers/promises";
import { openStore, type Project } from "@shale/engine";
import { ShaleError } from "@shale/model";
import { expect } from "vitest";

const count = {
  kind: "segmentation",
  unit: "range",
  from: "2026-09-01",
  to: "2026-11-01",
  series: [{ select: { event: "tick" }, measure: "total" }],
} as const;

export async function totalOf(project: Project, snapshot?: string): Promise<number> {
  const answer = await project.query(count, { snapshot });
  return answer.series[0]?.overall.range ?? 0;
}

/** Errors that say no more than that the store did not hold still. */
function isRace(error: unknown): boolean {
  const codes = ["PIN_UNSTABLE", "SNAPSHOT_EXPIRED", "CATALOG_CONFLICT"];
  return error instanceof ShaleError && codes.includes(error.code);
}

export interface Watched {
  answers: number;
  exports: number;
  broken: number;
  snapshots: number;
  expired: number;
}

/** Asks until it is told to stop. Throws at the first answer that is not right. */
export async function watch(
  { root, committed }: { readonly root: string; readonly committed: () => number },
  isOver: () => boolean,
): Promise<Watched> {
  const seen: Watched = { answers: 0, exports: 0, broken: 0, snapshots: 0, expired: 0 };
  const reader = await openStore({ root, readOnly: true });
  const exporter = await openStore({ root, compaction: "off" });
  const project = await reader.project("shop");
  const exported = await exporter.project("shop");
  const [counting, exporting] = await Promise.allSettled([
    pollCounts(project, committed, { isOver, seen }),
    Promise.all([
      exportSlowly(exported, committed, { isOver, seen, mayBreak: false }),
      exportSlowly(project, committed, { isOver, seen, mayBreak: true }),
    ]),
  ]);
  await reader.close();
  await exporter.close();
  for (const one of [counting, exporting]) if (one.status === "rejected") throw one.reason;
  return seen;
}

interface Watching {
  readonly isOver: () => boolean;
  readonly seen: Watched;
}

async function pollCounts(project: Project, committed: () => number, { isOver, seen }: Watching) {
  let last = 0;
  while (!isOver()) {
    const before = committed();
    const total = await totalOf(project);
    expect(total, "rows committed before the query began").toBeGreaterThanOrEqual(before);
    expect(total, "answers never go back").toBeGreaterThanOrEqual(last);
    last = total;
    seen.answers++;
    await askTwice(project, seen);
    await sleep(20);
  }
}

/** A snapshot answers the same later, or says that it has expired. */
async function askTwice(project: Project, seen: Watched): Promise<void> {
  try {
    const snapshot = await project.snapshot();
    const first = await totalOf(project, snapshot);
    await sleep(50);
    expect(await totalOf(project, snapshot), "the same cut again").toBe(first);
    seen.snapshots++;
  } catch (error) {
    if (!isRace(error)) throw error;
    seen.expired++;
  }
}

/** An export that takes its time, while what it stands on is compacted and collected. */
async function exportSlowly(
  project: Project,
  committed: () => number,
  { isOver, seen, mayBreak }: Watching & { readonly mayBreak: boolean },
): Promise<void> {
  while (!isOver()) {
    const before = committed();
    const numbers = new Set<number>();
    let rows = 0;
    try {
      for await (const { properties } of project.events()) {
        numbers.add(Number(properties["n"]));
        if (rows++ % 250 === 0) await sleep(10);
      }
      expect(numbers.size, "no event twice in an export").toBe(rows);
      expect(rows, "rows committed before the export began").toBeGreaterThanOrEqual(before);
      seen.exports++;
    } catch (error) {
      // Only one that published no pin may find that its objects are gone.
      if (!mayBreak || !isRace(error)) throw error;
      seen.broken++;
    }
    await sleep(20);
  }
}
