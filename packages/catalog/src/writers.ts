import type { Env, ProcessIdentity } from "@shale/env";
import { nonceOf } from "@shale/env";
import type { CatalogDocument, CatalogWriter } from "@shale/format";
import type { ProjectId, WriterOrdinal } from "@shale/model";
import { invariant, ShaleError, writerOrdinal } from "@shale/model";
import { existing, openCatalog } from "./open-catalog.ts";

export interface WriterRegistration {
  /** Default: this process. */
  readonly process?: ProcessIdentity | undefined;
  /** 32 hex digits that name this registration; the same twice is one. Default: fresh ones. */
  readonly nonce?: string | undefined;
}
export interface RegisteredWriter {
  readonly ordinal: WriterOrdinal;
  /** A version that lists the writer. */
  readonly catalog: CatalogDocument;
}

/**
 * Hands out the next ordinal; it is never handed out again.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, CATALOG_CONFLICT, STORE_UNAVAILABLE: repeat with the same
 * nonce, or leave an ordinal unused
 */
export async function registerWriter(
  env: Env,
  project: ProjectId,
  registration: WriterRegistration = {},
): Promise<RegisteredWriter> {
  const { nonce = nonceOf(env.random), process = env.processes.self } = registration;
  const { host, pid, started } = process;
  const registeredMs = Math.max(0, env.clock.nowMs());
  const catalog = await openCatalog(env, project).commit((newest) => {
    const before = existing(newest, project);
    if (writerOfNonce(before, nonce) !== undefined) return undefined; // P2: the edit's own mark.
    const ordinal = writerOrdinal(before.nextOrdinal);
    const writer: CatalogWriter = {
      ordinal,
      nonce,
      process: { host, pid, started },
      registeredMs,
      forgotten: null,
    };
    return { ...before, writers: [...before.writers, writer], nextOrdinal: ordinal + 1 };
  });
  const writer = writerOfNonce(catalog, nonce);
  invariant(writer !== undefined, `the registration ${nonce} is in the catalog that holds it`);
  return { ordinal: writer.ordinal, catalog };
}

function writerOfNonce(catalog: CatalogDocument, nonce: string): CatalogWriter | undefined {
  return catalog.writers.find((writer) => writer.nonce === nonce);
}

export interface WriterLoss {
  /** The last seq of its tail: what was acknowledged above it is given up. */
  readonly lastSeq: number;
  /** Who decided it. */
  readonly by: string;
}
export interface ForgottenWriter {
  readonly writer: WriterOrdinal;
  /** As it stands in the catalog; of two calls the first counts. */
  readonly lastSeq: number;
  readonly catalog: CatalogDocument;
}

/**
 * Declares the log of a writer lost (protocol W5), and says so in the audit. Whether its process
 * lives is the caller's to ask.
 *
 * @throws {ShaleError} PROJECT_NOT_FOUND, WRITER_UNKNOWN, CATALOG_CONFLICT, STORE_UNAVAILABLE
 */
export async function forgetWriter(
  env: Env,
  project: ProjectId,
  ordinal: WriterOrdinal,
  { lastSeq, by }: WriterLoss,
): Promise<ForgottenWriter> {
  const atMs = Math.max(0, env.clock.nowMs());
  const what = `writer forget ${ordinal}: its log is lost, its tail ends at seq ${lastSeq}`;
  const catalog = await openCatalog(env, project).commit((newest) => {
    const before = existing(newest, project);
    if (listedWriter(before, ordinal).forgotten !== null) return undefined;
    return {
      ...before,
      writers: before.writers.map((writer) =>
        writer.ordinal === ordinal ? { ...writer, forgotten: { lastSeq, atMs } } : writer,
      ),
      audit: [...before.audit, { atMs, what, by }],
    };
  });
  const { forgotten } = listedWriter(catalog, ordinal);
  return { writer: ordinal, lastSeq: forgotten?.lastSeq ?? lastSeq, catalog };
}

function listedWriter(catalog: CatalogDocument, ordinal: WriterOrdinal): CatalogWriter {
  const writer = catalog.writers.find((one) => one.ordinal === ordinal);
  if (writer !== undefined) return writer;
  throw new ShaleError(
    "WRITER_UNKNOWN",
    `Cannot find writer ${ordinal} of project "${catalog.project}": it is retired or never was`,
  );
}
