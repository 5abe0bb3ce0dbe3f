import type { CallOptions, Env } from "@shale/env";
import type { CatalogDocument, CatalogWriter } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { readTailEnds } from "../collect/sight/tail-ends.ts";
import { readHeartbeats } from "../heartbeats.ts";

const POLL_MS_MIN = 50;
const POLL_MS_MAX = 1_000;

/** What a writer says once it has adopted a catalog: rows that come later have greater seqs. */
export interface Adoption {
  readonly ordinal: WriterOrdinal;
  readonly catalogVersion: number;
  /** The greatest seq it has handed out. */
  readonly lastSeq: number;
}
/** A writer of this process: it need not be waited for. */
export interface AdoptingWriter {
  adoptCatalog(): Promise<Adoption>;
}

export interface AdoptionWait extends CallOptions {
  readonly own: readonly AdoptingWriter[];
  readonly waitMs: number;
}
export interface Adoptions {
  /** The greatest seq that was reported, or stands at the end of a sealed tail; 0 for none. */
  readonly lastSeq: number;
  /** Neither adopted nor sealed in time. */
  readonly unanswered: readonly WriterOrdinal[];
}

/**
 * Waits until every writer of the catalog has adopted it: until its heartbeat says so, or its tail
 * is sealed, after which nothing comes under its ordinal. A writer whose process is dead is not
 * waited for. Writers that register later adopt it then.
 *
 * @throws {ShaleError} what the store throws
 */
export async function awaitAdoption(
  env: Env,
  catalog: CatalogDocument,
  { own, waitMs, signal }: AdoptionWait,
): Promise<Adoptions> {
  const { clock, processes } = env;
  const endMs = clock.monotonicMs() + waitMs;
  let lastSeq = 0;
  let waiting: readonly CatalogWriter[] = catalog.writers;
  function answer({ ordinal, catalogVersion, lastSeq: reported }: Adoption): void {
    const hasAdopted = catalogVersion >= catalog.version;
    if (!hasAdopted || !waiting.some((writer) => writer.ordinal === ordinal)) return;
    lastSeq = Math.max(lastSeq, reported);
    waiting = waiting.filter((writer) => writer.ordinal !== ordinal);
  }
  for (const writer of own) answer(await writer.adoptCatalog());
  for (let pollMs = POLL_MS_MIN; ; pollMs = Math.min(2 * pollMs, POLL_MS_MAX)) {
    for (const beat of await readHeartbeats(env, catalog.project)) answer(beat);
    const ordinals = waiting.map(({ ordinal }) => ordinal);
    // Its heartbeat goes when it is sealed, so the seal is looked for afterwards.
    const ends = await readTailEnds(env, catalog.project, ordinals, { signal });
    for (const [ordinal, end] of ends) {
      if (end.isSealed) answer({ ordinal, catalogVersion: catalog.version, lastSeq: end.lastSeq });
    }
    const isHopeless = waiting.every(({ process }) => processes.stateOf(process) === "dead");
    const leftMs = endMs - clock.monotonicMs();
    if (isHopeless || leftMs <= 0) {
      return { lastSeq, unanswered: waiting.map(({ ordinal }) => ordinal) };
    }
    await clock.sleep(Math.min(pollMs, leftMs), { signal });
  }
}
