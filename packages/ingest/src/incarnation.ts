import { readHeartbeats, registerWriter, seqsOf } from "@shale/catalog";
import type { Disk, Env } from "@shale/env";
import { fanOut, nonceOf } from "@shale/env";
import type { CatalogDocument } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { ShaleError } from "@shale/model";
import type { SeqClock } from "./append/seq-clock.ts";
import { decodeOwner, encodeOwner } from "./log/log-owner.ts";
import { logFolderOf, OWNER_NAME } from "./log/log-paths.ts";
import type { WriterLog } from "./log/writer-log.ts";
import { createWriterLog } from "./log/writer-log.ts";
import type { TailEnd, TailPlace } from "./tail/read-tail-end.ts";
import { emptyTailEnd, readTailEnd } from "./tail/read-tail-end.ts";

/** One ordinal in the life of a writer: it ends with a seal, and another may follow. */
export interface Incarnation {
  readonly ordinal: WriterOrdinal;
  /** undefined without a disk: then only the tail makes rows durable. */
  readonly log: WriterLog | undefined;
  /** The end of the tail as far as this writer has seen it confirmed. */
  tail: TailEnd;
  /** The newest catalog that the seq clock has adopted. */
  catalog: CatalogDocument;
  /** The rows of the highest object; undefined when it has none, and while there is no object. */
  headRows: HeadRows | undefined;
}
export interface HeadRows {
  readonly firstSeq: number;
  /** When it was confirmed, on the monotonic clock. */
  readonly confirmedMs: number;
}

/** One attempt to become a writer. Tried again with the same nonce it finds what it had made. */
export interface Opening {
  readonly seqs: SeqClock;
  readonly segmentBytesMax: number;
  /** 32 hex digits: the mark of the registration (P2) and of the log's owner. */
  readonly nonce: string;
}

const HEAD_CONCURRENCY = 16;
/** Ordinals that may be taken over while they are being opened, before that is an error. */
const OPENING_COUNT_MAX = 5;

/**
 * Registers a new ordinal and makes its log's folder. The seq clock is raised above every seq that
 * was seen at this moment (protocol, "seq of a row").
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE and what else the
 *   store throws; DISK_FULL, DISK_FAILED, PERMISSION_DENIED of the disk; WRITER_FENCED
 */
export async function openIncarnation(
  env: Env,
  project: ProjectId,
  { nonce: firstNonce, seqs, segmentBytesMax }: Opening,
): Promise<Incarnation> {
  for (let nonce = firstNonce, count = 1; ; nonce = nonceOf(env.random), count++) {
    const { ordinal, catalog } = await registerWriter(env, project, { nonce });
    await raiseSeqs(env, project, { seqs, catalog, isOpening: true });
    const place = { project, writer: ordinal };
    const { disk } = env;
    const start = { ordinal, tail: emptyTailEnd, catalog, headRows: undefined };
    if (disk === undefined) return { ...start, log: undefined };
    const folder = logFolderOf(project, ordinal);
    if (await takeFolder(env, place, { disk, folder, nonce })) {
      const log = createWriterLog(env, disk, { folder, writer: ordinal, segmentBytesMax });
      return { ...start, log };
    }
    if (count >= OPENING_COUNT_MAX) throw takenError(ordinal);
  }
}

/**
 * Makes the log's folder one's own. False when somebody has taken it for a dead writer's before the
 * marker stood. A taker seals before it removes anything, so either the seal is seen here, or its
 * fence by the first commit.
 */
async function takeFolder(
  env: Env,
  place: TailPlace,
  log: { readonly disk: Disk; readonly folder: string; readonly nonce: string },
): Promise<boolean> {
  try {
    await log.disk.makeFolder(log.folder);
    return (await writeOwner(env, log)) && (await readTailEnd(env, place)).n === 0;
  } catch (error) {
    // A taker that removes the folder at this moment makes a disk fail; its seal tells.
    if ((await readTailEnd(env, place)).n === 0) throw error;
    return false;
  }
}

function takenError(writer: WriterOrdinal): ShaleError {
  return new ShaleError(
    "WRITER_FENCED",
    `Cannot open a log: ${OPENING_COUNT_MAX} ordinals up to ${writer} were taken over at once`,
  );
}

/** True when the marker is one's own: made now, or by an earlier attempt whose reply was lost. */
async function writeOwner(
  env: Env,
  { disk, folder, nonce }: { readonly disk: Disk; readonly folder: string; readonly nonce: string },
): Promise<boolean> {
  const path = `${folder}/${OWNER_NAME}`;
  const owner = encodeOwner({ process: env.processes.self, nonce });
  if (await disk.createMarker(path, owner)) return true;
  const found = await disk.readFile(path);
  return found !== undefined && decodeOwner(found)?.nonce === nonce;
}

/**
 * Raises the seq clock above what others have handed out, as far as it can be seen now. Heads are
 * read at the opening only: a writer that lives says in its heartbeat more than its head does.
 */
export async function raiseSeqs(
  env: Env,
  project: ProjectId,
  {
    seqs,
    catalog,
    isOpening,
  }: {
    readonly seqs: SeqClock;
    readonly catalog: CatalogDocument;
    readonly isOpening: boolean;
  },
): Promise<void> {
  for (const seen of seqsOf(catalog)) seqs.raise(seen);
  for (const { lastSeq } of await readHeartbeats(env, project)) seqs.raise(lastSeq);
  if (!isOpening) return;
  await fanOut(
    catalog.writers,
    { concurrency: HEAD_CONCURRENCY },
    async ({ ordinal: writer }, signal) => {
      try {
        seqs.raise((await readTailEnd(env, { project, writer }, { signal })).lastSeq);
      } catch (error) {
        // Another's damaged head says nothing about its seqs, and must not stop this writer.
        if (!(error instanceof ShaleError) || error.kind !== "corrupt") throw error;
        env.logger.warn("A head was left out of the seq floor", { writer, cause: error });
      }
    },
  );
}
