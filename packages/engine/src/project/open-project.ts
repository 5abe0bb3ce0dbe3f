import { createPinMemo, createProject, loadCatalog } from "@shale/catalog";
import type { UserHasher } from "@shale/columns";
import { createCompactionMemo } from "@shale/compaction";
import type { Env } from "@shale/env";
import { openWriter, type Writer } from "@shale/ingest";
import { type ProjectId, ShaleError } from "@shale/model";
import type { ShardExecutor } from "@shale/query";
import type { TailCache } from "@shale/scan";
import { cancellable, closedError } from "../close-errors.ts";
import type { Project } from "../store.ts";
import { appendEvents } from "./append-events.ts";
import { askingVerbsOf } from "./ask/ask-project.ts";
import { runBackground } from "./background.ts";
import { forgetWriterLog } from "./forget-writer-log.ts";
import { ingestSources } from "./ingest-sources.ts";
import { inspectionVerbsOf } from "./inspect-project.ts";
import { collectGarbage, compactFiles, deleteProjectUsers, setKeep } from "./maintain-project.ts";
import type { ProjectParts } from "./project-parts.ts";
import { readStatus } from "./read-status.ts";
import { recoverDeadLogs } from "./recover-dead-logs.ts";
import { reshardVerbsOf } from "./reshard-project.ts";

export interface ProjectOptions {
  readonly env: Env;
  readonly project: ProjectId;
  readonly hasher: UserHasher;
  readonly cache: TailCache;
  readonly executors: readonly ShardExecutor[];
  readonly fanOutRowsMin: number | undefined;
  /** The folder of the store; undefined where it is none. */
  readonly root: string | undefined;
  /** Threads that SQL may use. */
  readonly threads: number;
  readonly memoryBytesMax: number;
  readonly flushIntervalMs: number;
  readonly readOnly: boolean;
  /** Whether the workers of `env` know the tasks of compaction. */
  readonly onWorkers: boolean;
  /** Whether a process that appends also compacts and collects. */
  readonly compacts: boolean;
  /** Checks once that the store keeps its rules, before this process writes to it. */
  readonly probe: () => Promise<void>;
}
export interface ProjectCreationOptions {
  readonly shards: number;
  readonly create: "if-missing" | "never";
}
/** A project of this process, and how its store ends it. */
export interface OpenProject {
  readonly project: Project;
  close(): Promise<void>;
}

/**
 * Opens a project, makes it where it is missing and may be made, and takes over the logs that dead
 * writers left on this disk (protocol W4).
 */
export async function openProject(
  options: ProjectOptions,
  creation: ProjectCreationOptions,
): Promise<OpenProject> {
  const { env, project, readOnly } = options;
  if ((await loadCatalog(env, project)) === undefined) {
    if (readOnly || creation.create === "never") throw notFound(project);
    await options.probe();
    await createProject(env, { project, shards: creation.shards });
  }
  if (!readOnly) await recoverDeadLogs(env, project);
  return projectOver(options);
}

function projectOver(options: ProjectOptions): OpenProject {
  const { env, project, readOnly } = options;
  let writer: Writer | undefined;
  let opening: Promise<Writer> | undefined;
  let closing: Promise<void> | undefined;
  const background = new AbortController();
  let beside: Promise<void> | undefined;

  async function startWriter(): Promise<Writer> {
    if (readOnly) {
      throw new ShaleError(
        "STORE_READ_ONLY",
        `Cannot append to project "${project}": the store was opened with readOnly`,
      );
    }
    await options.probe();
    writer = await openWriter(env, project, { flushIntervalMs: options.flushIntervalMs });
    beside = runBackground(parts, { compacts: options.compacts, signal: background.signal });
    return writer;
  }
  const parts: ProjectParts = {
    env,
    project,
    hasher: options.hasher,
    cache: options.cache,
    executors: options.executors,
    fanOutRowsMin: options.fanOutRowsMin,
    root: options.root,
    threads: options.threads,
    pins: { memo: createPinMemo(env, project) },
    heldPins: new Set(),
    memoryBytesMax: options.memoryBytesMax,
    readOnly,
    compactionMemo: createCompactionMemo(),
    onWorkers: options.onWorkers,
    currentWriter: () => writer,
    openWriter() {
      opening ??= startWriter().catch((error: unknown) => {
        opening = undefined; // A registration that failed may be tried again.
        throw error;
      });
      return opening;
    },
  };
  async function closeWriter(): Promise<void> {
    const opened = await opening?.catch(() => undefined);
    background.abort();
    await beside;
    await Promise.all([...parts.heldPins].map((held) => held.release()));
    await opened?.close();
  }
  return {
    project: verbsOf(parts, () => closing !== undefined),
    close: () => (closing ??= closeWriter()),
  };
}

function verbsOf(parts: ProjectParts, isClosed: () => boolean): Project {
  function checkOpen(what: string): void {
    if (isClosed()) throw closedError(what);
  }
  return {
    id: parts.project,
    async append(events, options = {}) {
      checkOpen("append");
      return await appendEvents(parts, events, options);
    },
    async ingest(sources, options = {}) {
      checkOpen("ingest");
      return await ingestSources(parts, sources, options);
    },
    async flush() {
      checkOpen("flush");
      await parts.currentWriter()?.flush();
    },
    async status(options = {}) {
      checkOpen("read the status");
      return await readStatus(parts, options);
    },
    async compact(options = {}) {
      checkOpen("compact");
      return await cancellable("compact", options.signal, () => compactFiles(parts, options));
    },
    async collect(options = {}) {
      checkOpen("collect");
      return await cancellable("collect", options.signal, () => collectGarbage(parts, options));
    },
    async deleteUsers(userIds, options = {}) {
      checkOpen("delete users");
      return await cancellable("delete users", options.signal, () =>
        deleteProjectUsers(parts, userIds, options),
      );
    },
    async setRetention(keep) {
      checkOpen("set the retention");
      return await setKeep(parts, keep);
    },
    ...askingVerbsOf(parts, checkOpen),
    ...inspectionVerbsOf(parts, checkOpen),
    ...reshardVerbsOf(parts, checkOpen),
    async forgetWriter(ordinal) {
      checkOpen("forget a writer");
      return await forgetWriterLog(parts, ordinal);
    },
  };
}

function notFound(project: ProjectId): ShaleError {
  return new ShaleError("PROJECT_NOT_FOUND", `Cannot open project "${project}": there is none`);
}
