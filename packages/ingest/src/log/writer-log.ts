import type { LoggedBatch } from "@shale/columns";
import type { Disk, Env, LogFile } from "@shale/env";
import { nonceOf } from "@shale/env";
import { encodeWalFileHeader, encodeWalRecord } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { lastSeqOf } from "../append/unflushed-rows.ts";
import { isFenced } from "./fence.ts";
import { segmentNameOf } from "./log-paths.ts";

/** The write-ahead log of one ordinal, as its writer sees it. */
export interface WriterLog {
  readonly folder: string;
  /**
   * Writes one record for each batch, fsyncs them, and then looks for a fence (W1, W2): only
   * "durable" allows an acknowledgement. One call at a time, and none after "fenced", so that the
   * records of that call are the last of the log.
   *
   * After a failure the records may be in the log whole, in part or not at all. The segment is
   * given up: an fsync that comes back after a failed one says nothing about what was written
   * before it. The next call begins a new segment.
   */
  commit(batches: readonly LoggedBatch[]): Promise<"durable" | "fenced">;
  isFenced(): Promise<boolean>;
  /**
   * Removes segments of which no record is above `seq` (W3), also those that were given up: the
   * rows of failed calls were never acknowledged and are passed over by the tail's lastSeq.
   */
  removeThrough(seq: number): Promise<void>;
  /** The next commit begins a new segment. Not during one. */
  endSegment(): Promise<void>;
  /** Closes the open segment and leaves all files where they are. */
  close(): Promise<void>;
}

interface Segment {
  readonly path: string;
  /** Greatest seq that may be in it; 0 while there is none. */
  lastSeq: number;
}
interface OpenSegment extends Segment {
  readonly file: LogFile;
  readonly nonce: string;
  /** Offset up to which everything is known to be fsynced (W1). */
  durableBytes: number;
}

export function createWriterLog(
  env: Env,
  disk: Disk,
  log: {
    readonly folder: string;
    readonly writer: WriterOrdinal;
    readonly segmentBytesMax: number;
  },
): WriterLog {
  const { folder, writer, segmentBytesMax } = log;
  let ended: Segment[] = [];
  let open: OpenSegment | undefined;
  let segmentCount = 0;

  async function openSegment(): Promise<OpenSegment> {
    // A number is never tried again: a failed creation may have left the file.
    segmentCount++;
    const path = `${folder}/${segmentNameOf(segmentCount)}`;
    const segment: Segment = { path, lastSeq: 0 };
    ended.push(segment);
    const file = await disk.createLog(path);
    const nonce = nonceOf(env.random);
    try {
      await file.append([encodeWalFileHeader({ writer, segment: segmentCount, nonce })]);
      await file.sync();
    } catch (error) {
      await closeFile(file);
      throw error;
    }
    ended = ended.filter((other) => other !== segment);
    return { path, lastSeq: 0, file, nonce, durableBytes: file.sizeBytes };
  }
  /** No record goes into a segment once a later one exists: a reader of both sees a prefix. */
  async function endSegment(segment: OpenSegment): Promise<void> {
    ended.push(segment);
    open = undefined;
    await closeFile(segment.file);
  }
  async function endOpen(): Promise<void> {
    if (open !== undefined) await endSegment(open);
  }

  async function closeFile(file: LogFile): Promise<void> {
    try {
      await file.close();
    } catch (cause) {
      env.logger.warn("A WAL segment was not closed", { folder, cause });
    }
  }
  async function write(segment: OpenSegment, batches: readonly LoggedBatch[]): Promise<void> {
    const { durableBytes, nonce } = segment;
    const chunks = batches.flatMap((batch) => encodeWalRecord({ batch, durableBytes, nonce }));
    for (const batch of batches) segment.lastSeq = lastSeqOf(batch);
    await segment.file.append(chunks);
    await segment.file.sync();
    segment.durableBytes = segment.file.sizeBytes;
  }

  return {
    folder,
    async commit(batches) {
      try {
        if (open !== undefined && open.file.sizeBytes >= segmentBytesMax) await endSegment(open);
        open ??= await openSegment();
        await write(open, batches);
        return (await isFenced(disk, folder)) ? "fenced" : "durable";
      } catch (error) {
        if (open !== undefined) await endSegment(open);
        // A taker removes the folder, so that every write fails: that is a fence too.
        if (await isFenced(disk, folder)) return "fenced";
        throw error;
      }
    },
    isFenced: () => isFenced(disk, folder),
    async removeThrough(seq) {
      for (const segment of ended.filter(({ lastSeq }) => lastSeq <= seq)) {
        await disk.removeFile(segment.path);
        ended = ended.filter((other) => other !== segment);
      }
    },
    endSegment: endOpen,
    close: endOpen,
  };
}
