import type { Writer } from "@shale/ingest";
import { createDuplicateCounter, createNdjsonReader, type ParsedEvents } from "@shale/intake";
import { ShaleError } from "@shale/model";
import { throwIfAborted } from "../close-errors.ts";
import { createProgressMeter, type ProgressMeter } from "../progress-meter.ts";
import type { IngestOptions, IngestRejection, IngestReport, IngestSource } from "../store.ts";
import type { ProjectParts } from "./project-parts.ts";

/** Rejections that a report lists; the rest is only counted. */
const REJECTIONS_LISTED = 1_000;
/** Appends on their way while the next batch is parsed: one is written, one waits. */
const APPENDS_AHEAD = 2;

interface Tally {
  accepted: number;
  duplicates: number;
  rejectedCount: number;
  readonly rejected: IngestRejection[];
}

/**
 * Appends everything that the sources hold and commits it.
 *
 * A source that fails, or an abort, ends the call; what was appended before is committed first, and
 * the error's `details` hold the report so far.
 */
export async function ingestSources(
  parts: ProjectParts,
  sources: readonly IngestSource[],
  options: IngestOptions,
): Promise<IngestReport> {
  const startMs = parts.env.clock.monotonicMs();
  const tally: Tally = { accepted: 0, duplicates: 0, rejectedCount: 0, rejected: [] };
  const meter = createProgressMeter(parts.env.clock, options.onProgress, {
    phase: "ingest",
    unit: "bytes",
    total: totalBytesOf(sources),
  });
  const report = (): IngestReport => {
    const seconds = (parts.env.clock.monotonicMs() - startMs) / 1_000;
    return { ...tally, eventsPerSecond: seconds > 0 ? Math.round(tally.accepted / seconds) : 0 };
  };
  const appends = createAppendLane(parts);
  try {
    await readSources(parts, { sources, options, tally, meter, appends });
  } catch (error) {
    await appends.settle();
    await appends.flush();
    throw withReport(error, report());
  }
  await appends.settle();
  await appends.flush();
  return report();
}

interface IngestRun {
  readonly sources: readonly IngestSource[];
  readonly options: IngestOptions;
  readonly tally: Tally;
  readonly meter: ProgressMeter;
  readonly appends: AppendLane;
}

async function readSources(parts: ProjectParts, run: IngestRun): Promise<void> {
  const duplicates = createDuplicateCounter();
  let readBytes = 0;
  for (const source of run.sources) {
    const reader = createNdjsonReader({
      hasher: parts.hasher,
      nowMs: () => parts.env.clock.nowMs(),
      duplicates,
      insertIdPrefix: run.options.insertIds === "file-line" ? `${source.file}:` : undefined,
    });
    try {
      for await (const bytes of source.bytes) {
        for (const parsed of reader.push(bytes)) await take(run, source.file, parsed);
        readBytes += bytes.length;
        run.meter.update(readBytes);
        throwIfAborted(run.options.signal, "ingest");
      }
    } catch (error) {
      // Every whole event is kept; the one that was cut is not at fault.
      for (const parsed of reader.breakOff()) await take(run, source.file, parsed);
      throw error;
    }
    for (const parsed of reader.end()) await take(run, source.file, parsed);
  }
  run.meter.finish(readBytes);
}

async function take(run: IngestRun, file: string, parsed: ParsedEvents): Promise<void> {
  const { tally } = run;
  for (const { index, code, message } of parsed.rejected) {
    if (tally.rejected.length === REJECTIONS_LISTED) break;
    tally.rejected.push({ file, line: index, code, message });
  }
  tally.rejectedCount += parsed.rejected.length;
  await run.appends.append(parsed, () => {
    tally.accepted += parsed.accepted;
    tally.duplicates += parsed.duplicates;
  });
}

interface AppendLane {
  /** Resolves when the next batch may be parsed, not when this one is acknowledged. */
  append(parsed: ParsedEvents, onAcknowledged: () => void): Promise<void>;
  /** Waits for every append. @throws what the first failed one threw */
  settle(): Promise<void>;
  flush(): Promise<void>;
}

function createAppendLane(parts: ProjectParts): AppendLane {
  let writer: Writer | undefined;
  const pending: Promise<unknown>[] = [];
  return {
    async append(parsed, onAcknowledged) {
      if (parsed.accepted === 0) return;
      writer ??= await parts.openWriter();
      const append = writer.append(parsed.batch).then(onAcknowledged);
      append.catch(ignoreUntilSettled);
      pending.push(append);
      if (pending.length >= APPENDS_AHEAD) await pending.shift();
    },
    async settle() {
      const settled = await Promise.allSettled(pending.splice(0));
      for (const outcome of settled) if (outcome.status === "rejected") throw outcome.reason;
    },
    async flush() {
      await writer?.flush();
    },
  };
}

/** A failed append is thrown by the `await` that takes it from the lane, not as an unhandled one. */
function ignoreUntilSettled(): void {}

function totalBytesOf(sources: readonly IngestSource[]): number | null {
  let total = 0;
  for (const { sizeBytes } of sources) {
    if (sizeBytes === undefined) return null;
    total += sizeBytes;
  }
  return total;
}

function withReport(error: unknown, report: IngestReport): unknown {
  if (!(error instanceof ShaleError)) return error;
  const { code, message, path, details } = error;
  return new ShaleError(code, message, { cause: error, path, details: { ...details, report } });
}
