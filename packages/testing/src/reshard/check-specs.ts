import type { CatalogDocument } from "@shale/format";
import type { Query } from "@shale/model";
import { checkReading } from "../world/check-answers.ts";
import { readAnswers, readEvents } from "../world/read-answers.ts";
import type { CommandRun } from "../world/running-process.ts";
import { callOf, mustSucceed, processAt } from "../world/running-process.ts";
import type { SeenAppends } from "../world/store-model.ts";
import { requiredNames } from "../world/store-model.ts";
import type { RunningProcess } from "../world/store-system.ts";
import { peekCatalog } from "./peek-catalog.ts";

/** Specs that have every row: the live one, and the other one while it is fed without a gap. */
export function wholeSpecs(catalog: CatalogDocument, isCopied: boolean): readonly string[] {
  const { live, operation, behind } = catalog;
  if (operation === null) return [live];
  const isWhole = isCopied || ["validating", "finalized"].includes(operation.state);
  if (!isWhole || operation.state === "aborting") return [live];
  const specs = [operation.source, operation.spec];
  return specs.filter((spec) => behind.every((one) => one.spec !== spec));
}

/** Of so many readings of a spec one asks for counts too. */
const COUNTED_OF = 3;

/** Every spec that is whole holds what was promised, in every column, and cuts lie where they may. */
export async function checkSpecs(
  run: CommandRun,
  seat: number,
  options: SpecChecks = {},
): Promise<void> {
  const { model } = run;
  const deletions = (): number => model.log.filter((entry) => "deleteUser" in entry).length;
  const before = deletions();
  if (model.deleting > 0) return;
  if (run.system.isPreparing && run.system.checks === "short") return;
  try {
    await readSpecs(run, seat, options);
  } catch (error) {
    if (deletions() === before) throw error;
  }
}

interface SpecChecks {
  /** The copying has just been said to be complete. */
  readonly isCopied?: boolean;
  readonly queries?: readonly Query[];
}

async function readSpecs(
  run: CommandRun,
  seat: number,
  { isCopied = false, queries = [] }: SpecChecks,
): Promise<void> {
  const running = await processAt(run, seat);
  if (running === undefined) return;
  const before = await peekCatalog(run);
  if (before === undefined) return;
  for (const spec of wholeSpecs(before, isCopied)) {
    await checkSpec(run, running, { spec, before, queries });
  }
}

async function checkSpec(
  run: CommandRun,
  running: RunningProcess,
  asked: {
    readonly spec: string;
    readonly before: CatalogDocument;
    readonly queries: readonly Query[];
  },
): Promise<void> {
  const { spec, before, queries } = asked;
  const required = requiredNames(run.model, running.number);
  // Counts are asked for as well, now and then: they may come from footers.
  const isCounted = queries.length > 0 || run.system.specReadings++ % COUNTED_OF === 0;
  const { project } = running;
  const outcome = await callOf(running.env, () =>
    isCounted ? readAnswers(project, queries, { spec }) : readEvents(project, { spec }),
  );
  if (outcome.kind !== "done" && outcome.kind !== "failed") return;
  const after = await peekCatalog(run);
  // The spec may have been given up, or fallen behind, while it was read.
  if (after === undefined || !isSameSituation(before, after)) return;
  if (outcome.kind === "failed") {
    if (mustSucceed(run, running)) throw outcome.error;
    return;
  }
  try {
    const { seen } = await checkReading(run.model, outcome.value, { running, required, queries });
    checkCuts(run, after, seen);
  } catch (cause) {
    throw new Error(`Spec ${spec} (live is ${before.live}): ${String(cause)}`, { cause });
  }
}

function isSameSituation(before: CatalogDocument, after: CatalogDocument): boolean {
  const name = ({ operation, behind, cutPending }: CatalogDocument): string =>
    JSON.stringify([operation?.id, operation?.state, behind, cutPending]);
  return name(before) === name(after);
}

/** What was in the store before a cut is below it; what was appended after it is above. */
function checkCuts({ system }: CommandRun, { cuts }: CatalogDocument, seen: SeenAppends): void {
  for (const [index, { positions, infinite, operation }] of cuts.entries()) {
    const bounds = system.cuts.get(index);
    if (bounds?.notAbove === undefined) continue;
    for (const [name, { writer, seq }] of seen) {
      const isInfinite = infinite.some(({ from, to }) => from <= writer && writer <= to);
      const isBelow = isInfinite || seq <= (positions[String(writer)]?.lastSeq ?? 0);
      if (!isBelow && bounds.below.has(name)) {
        throw new Error(`Append ${name} was there before the cut of ${operation} and is above it`);
      }
      if (isBelow && !bounds.notAbove.has(name)) {
        throw new Error(`Append ${name} was made after the cut of ${operation} and is below it`);
      }
    }
  }
}
