import { ShaleError } from "@shale/model";

/** Settings of a writer. Sizes in bytes of memory, as `batchBytes` estimates them. */
export interface WriterSettings {
  /** Longest time that a row waits for its flush. Lower: other processes see rows sooner. */
  readonly flushIntervalMs: number;
  /** Unflushed bytes that start a flush at once. Higher: fewer and larger tail objects. */
  readonly flushBytes: number;
  /** Unflushed rows that start a flush at once. */
  readonly flushRows: number;
  /** Size at which a tail object takes no further append; a larger append makes a larger one. */
  readonly tailObjectBytesMax: number;
  /** Unflushed bytes above which appends wait. A larger append waits until all others are flushed. */
  readonly memoryBytesMax: number;
  /** Appends that share one write and fsync. */
  readonly groupBytesMax: number;
  /** Size at which the next group begins a new WAL segment. Lower: less to read after a crash. */
  readonly segmentBytesMax: number;
  /**
   * How long after its last rows a writer counts as idle: an empty object then supersedes its last
   * one, so that it can be collected, and its log begins a new segment. Seen to at heartbeats.
   */
  readonly idleAfterMs: number;
  /** How often the heartbeat is written and the seq floor raised. */
  readonly heartbeatIntervalMs: number;
  /** How long a store may fail before `committed` appends, waiting appends and `flush` reject. */
  readonly storeWaitMs: number;
  /** How long `close` tries to bring the last rows into the store. */
  readonly closeWaitMs: number;
}
export type WriterOptions = { readonly [Name in keyof WriterSettings]?: number | undefined };

const MIB = 1024 * 1024;

export const writerDefaults: WriterSettings = {
  flushIntervalMs: 1000,
  flushBytes: 16 * MIB,
  flushRows: 100_000,
  tailObjectBytesMax: 64 * MIB,
  memoryBytesMax: 256 * MIB,
  groupBytesMax: 8 * MIB,
  segmentBytesMax: 32 * MIB,
  idleAfterMs: 60_000,
  heartbeatIntervalMs: 5000,
  storeWaitMs: 30_000,
  closeWaitMs: 30_000,
};

/** The options with their defaults. @throws {ShaleError} OPTION_INVALID */
export function writerSettingsOf(options: WriterOptions): WriterSettings {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
  const settings: WriterSettings = { ...writerDefaults, ...given };
  for (const [name, value] of Object.entries(settings)) {
    if (!Number.isFinite(value) || value < 1) {
      throw new ShaleError(
        "OPTION_INVALID",
        `Cannot open a writer with ${name} ${value}: it must be 1 or more`,
        { path: name },
      );
    }
  }
  return settings;
}
