import type {
  Aborted,
  Backfilled,
  Begun,
  Finalized,
  ReshardCollected,
  RolledBack,
} from "@shale/engine";
import { keptText } from "../maintenance/collection.ts";
import { bytesText, countText, durationText, numberText, shareText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { wrapText } from "../text.ts";
import { nextLines } from "./next-command.ts";
import { comparisonText } from "./validation.ts";

/** Sentences, wrapped, and the command that comes next below them. */
function page(sentences: readonly string[], next: readonly string[], { width }: Layout): string {
  const text = sentences.flatMap((sentence) => wrapText(sentence, width)).join("\n");
  return next.length === 0 ? text : `${text}\n\n${next.join("\n")}`;
}

export function begunText(begun: Begun, layout: Layout): string {
  const { operationId, spec, shards, generation, state, cut } = begun;
  const writers = countText(Object.keys(cut).length, "writer");
  const sentences = [
    `operation ${operationId}: spec ${spec} with ${countText(shards, "shard")} is ${state}`,
    generation === null
      ? "history is copied before the cut is taken"
      : `the cut is taken for ${writers}: rows above it are of generation ${generation} and go to both specs`,
  ];
  return page(sentences, nextLines({ state, spec }, layout), layout);
}

export function backfilledText(
  backfilled: Backfilled & { readonly paused: boolean; readonly spec?: string | undefined },
  layout: Layout,
): string {
  const { state, jobsDone, jobsTotal, rowsDone, rowsTotal, bytesDone, paused } = backfilled;
  const { rowsPerSecond, complete, spec } = backfilled;
  const done = `${numberText(rowsDone)} of ${countText(rowsTotal, "row")}`;
  const sentences = [
    `${state}: ${done} copied (${shareText(rowsDone, rowsTotal)}, ${bytesText(bytesDone)}), ${numberText(jobsDone)} of ${countText(jobsTotal, "job")}`,
  ];
  if (rowsPerSecond > 0) sentences.push(`${countText(rowsPerSecond, "row")} a second`);
  if (paused) sentences.push("paused: nobody copies until it is resumed");
  else if (!complete) sentences.push("it ended before everything was copied");
  const facts = { state, spec, isCopied: complete, isPaused: paused };
  return page(sentences, nextLines(facts, layout), layout);
}

export function finalizedText(finalized: Finalized, layout: Layout): string {
  const { state, live, pauseMs, rollbackUntil } = finalized;
  const sentences = [
    `spec ${live} answers from now on; the commit took ${durationText(pauseMs)}`,
    `both specs stay fed; a rollback is possible until ${rollbackUntil}, and then until reshard collect`,
  ];
  return page(sentences, nextLines({ state, rollbackUntil }, layout), layout);
}

export function rolledBackText(back: RolledBack, layout: Layout): string {
  const { state, live, pauseMs, comparison } = back;
  const sentences = [`spec ${live} answers again; the commit took ${durationText(pauseMs)}`];
  const found = matchedText(comparison, layout) ?? comparisonText(comparison, layout);
  const next = nextLines({ state, isCopied: true }, layout);
  return `${page(sentences, [], layout)}\n\n${found}\n\n${next.join("\n")}`;
}

/** One line where both specs hold the same: nobody has to look at a table then. */
function matchedText(comparison: RolledBack["comparison"], { width }: Layout): string | undefined {
  if (!comparison.matched || !("units" in comparison)) return undefined;
  const { units } = comparison;
  const events = countText(
    units.reduce((sum, unit) => sum + unit.old.events, 0),
    "event",
  );
  const pairs = countText(units.length, "pair");
  const text = `both specs hold the same ${events} (${pairs} of day and generation compared)`;
  return wrapText(text, width).join("\n");
}

export function abortedText({ state, live }: Aborted, layout: Layout): string {
  const sentences = [`the new spec is given up; spec ${live} answers as before`];
  return page(sentences, nextLines({ state }, layout), layout);
}

export function collectedText(collected: ReshardCollected, layout: Layout): string {
  const { state, live, deletedObjects, deletedBytes, kept } = collected;
  const sentences = [
    `${countText(deletedObjects, "object")} (${bytesText(deletedBytes)}) deleted; spec ${live} answers`,
    ...kept.map((one) => `${countText(one.objects, "object")} kept: they ${keptText(one.why)}`),
  ];
  return page(sentences, nextLines({ state }, layout), layout);
}
