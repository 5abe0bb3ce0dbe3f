import type { AnswerOf, QueryKind } from "@shale/model";
import { parseQuery, readSchema, runQuery, snapshotOf } from "@shale/query";
import { runWithPin } from "@shale/scan";
import type { ProjectSchema, QueryOptions } from "../../store.ts";
import type { ProjectParts } from "../project-parts.ts";
import { pinsOf } from "./take-pin.ts";

/** Answers a query at one pin, and at a fresh one when an object of the pin has gone (R5). */
export async function answerQuery<K extends QueryKind>(
  parts: ProjectParts,
  query: unknown,
  options: QueryOptions,
): Promise<AnswerOf[K]> {
  const { env, cache } = parts;
  const parsed = parseQuery(query);
  const snapshot = snapshotOf(parsed) ?? options.snapshot;
  const { spec, signal, onProgress, deadlineMs } = options;
  const answer = await runWithPin(pinsOf(parts, { spec, snapshot, signal }), (pin) =>
    runQuery(env, {
      pin,
      parsed,
      nowMs: env.clock.nowMs(),
      cache,
      signal,
      deadlineMs,
      memoryBytesMax: options.memoryBytesMax ?? parts.memoryBytesMax,
      onProgress,
      executors: parts.executors,
      fanOutRowsMin: parts.fanOutRowsMin,
    }),
  );
  return answer as AnswerOf[K]; // The parser gives the kind that the document names, or throws.
}

export async function loadSchema(parts: ProjectParts): Promise<ProjectSchema> {
  return await runWithPin(pinsOf(parts, {}), (pin) =>
    readSchema(parts.env, pin, { cache: parts.cache }),
  );
}
