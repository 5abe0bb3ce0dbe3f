import type { Reshard } from "@shale/reshard";
import { reshardOf } from "@shale/reshard";
import { cancellable } from "../close-errors.ts";
import { holdWorkPin } from "./hold-work-pin.ts";
import { checkWritable, nameOf } from "./maintain-project.ts";
import type { ProjectParts } from "./project-parts.ts";

/** Of the memory budget, what copies may hold: the rest is the cache's and the queries'. */
const COPY_SHARE = 0.5;

/** The verbs of resharding. Those that only look work on a store that is read-only. */
export function reshardVerbsOf(
  parts: ProjectParts,
  checkOpen: (what: string) => void,
): { readonly reshard: Reshard } {
  const reshard = reshardOf({
    env: parts.env,
    project: parts.project,
    hasher: parts.hasher,
    cache: parts.cache,
    memo: parts.compactionMemo,
    onWorkers: parts.onWorkers,
    memoryBytesMax: parts.memoryBytesMax * COPY_SHARE,
    hold: (what, signal) => holdWorkPin(parts, { what, signal }),
    checkOpen,
    by: nameOf(parts),
  });
  /** What this process has acknowledged is in the tail by then. */
  async function flushed<T>(
    what: string,
    { signal }: { readonly signal?: AbortSignal | undefined },
    work: () => Promise<T>,
  ): Promise<T> {
    checkOpen(what);
    checkWritable(parts, what);
    await parts.currentWriter()?.flush();
    return await cancellable(what, signal, work);
  }
  async function looking<T>(what: string, work: () => Promise<T>): Promise<T> {
    checkOpen(what);
    return await work();
  }
  return {
    reshard: {
      plan: (options) => looking("plan a reshard", () => reshard.plan(options)),
      begin: (options) => flushed("begin a reshard", options, () => reshard.begin(options)),
      backfill: (options = {}) => flushed("backfill", options, () => reshard.backfill(options)),
      pause: (options = {}) => flushed("pause a backfill", options, () => reshard.pause(options)),
      resume: (options = {}) =>
        flushed("resume a backfill", options, () => reshard.resume(options)),
      validate: (options = {}) =>
        flushed("validate a reshard", options, () => reshard.validate(options)),
      finalize: (options = {}) =>
        flushed("finalize a reshard", options, () => reshard.finalize(options)),
      rollback: (options = {}) => flushed("roll back", options, () => reshard.rollback(options)),
      abort: (options = {}) => flushed("abort a reshard", options, () => reshard.abort(options)),
      status: (options) => looking("read a reshard", () => reshard.status(options)),
      collect: (options = {}) =>
        flushed("collect an old spec", options, () => reshard.collect(options)),
      log: (options) => looking("read the log of reshards", () => reshard.log(options)),
      follow: (options) => reshard.follow(options),
    },
  };
}
