import { loadCatalog, readHeartbeats } from "@shale/catalog";
import type { Env, ProcessIdentity } from "@shale/env";
import type { CatalogDocument, Heartbeat } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import { decodeOwner } from "../log/log-owner.ts";
import {
  FENCE_NAME,
  logFolderOf,
  logsFolderOf,
  OWNER_NAME,
  RELEASED_NAME,
  writerOfFolder,
} from "../log/log-paths.ts";
import type { TailPlace } from "../tail/read-tail-end.ts";

/** What can be told of one log on this disk without reading its rows. */
export interface LogFacts {
  readonly writer: WriterOrdinal;
  /** Below the root of the disk. */
  readonly folder: string;
  /** How the catalog knows the writer. */
  readonly standing: "registered" | "forgotten" | "retired" | "unknown";
  /** The process that opened the log, undefined when nobody says. */
  readonly process: ProcessIdentity | undefined;
  /** A hint. "dead" too for a log that its writer has left. */
  readonly owner: "alive" | "dead" | "unknown";
  /** Whether its folder is on this disk. */
  readonly isHere: boolean;
  readonly isFenced: boolean;
  /** When the writer was last heard of, ms since 1970 UTC by its own clock. */
  readonly heardMs: number;
}

/**
 * All logs of the project on this disk, by ordinal; none without a disk. The folders are listed
 * first and the catalog is read second: a writer registers before it makes its folder, so that one
 * which comes meanwhile is not taken for a stranger.
 *
 * @param what For the error: `Cannot <what>: no project …`
 * @throws {ShaleError} PROJECT_NOT_FOUND; what the store or the disk throws
 */
export async function readLogFacts(
  env: Env,
  project: ProjectId,
  what: string,
): Promise<readonly LogFacts[]> {
  const names = (await env.disk?.listNames(logsFolderOf(project))) ?? [];
  const writers = names.map(writerOfFolder).filter((writer) => writer !== undefined);
  const catalog = await loadCatalog(env, project);
  if (catalog === undefined) {
    throw new ShaleError("PROJECT_NOT_FOUND", `Cannot ${what}: no project "${project}"`);
  }
  if (writers.length === 0) return [];
  const heartbeats = await readHeartbeats(env, project);
  const facts: LogFacts[] = [];
  for (const writer of writers) {
    facts.push(await readFactsOf(env, { project, writer }, { catalog, heartbeats }));
  }
  return facts;
}

/** The same of one writer, whether its log is on this disk or not. */
export async function readFactsOf(
  env: Env,
  { project, writer }: TailPlace,
  known: { readonly catalog: CatalogDocument; readonly heartbeats: readonly Heartbeat[] },
): Promise<LogFacts> {
  const { disk } = env;
  const folder = logFolderOf(project, writer);
  const names = (await disk?.listNames(folder)) ?? [];
  const marker = await disk?.readFile(`${folder}/${OWNER_NAME}`);
  const registered = known.catalog.writers.find(({ ordinal }) => ordinal === writer);
  const heartbeat = known.heartbeats.find(({ ordinal }) => ordinal === writer);
  const owner = marker === undefined ? undefined : decodeOwner(marker);
  const process = owner?.process ?? registered?.process;
  return {
    writer,
    folder,
    standing: standingOf(known.catalog, writer),
    process,
    owner: names.includes(RELEASED_NAME) ? "dead" : ownerStateOf(env, process),
    isHere: names.length > 0,
    isFenced: names.includes(FENCE_NAME),
    heardMs: heartbeat?.atMs ?? registered?.registeredMs ?? 0,
  };
}

function ownerStateOf(env: Env, process: ProcessIdentity | undefined): LogFacts["owner"] {
  return process === undefined ? "unknown" : env.processes.stateOf(process);
}

function standingOf(catalog: CatalogDocument, writer: WriterOrdinal): LogFacts["standing"] {
  const registered = catalog.writers.find(({ ordinal }) => ordinal === writer);
  if (registered !== undefined) {
    return registered.forgotten === null ? "registered" : "forgotten";
  }
  const isRetired = catalog.retired.some(({ from, to }) => from <= writer && writer <= to);
  return isRetired ? "retired" : "unknown";
}
