/** What `doctor` can find. Codes are stable; docs/damage.md lists them. */
export type DiagnosisCode =
  | "DAMAGE" // Something that was looked at is damaged.
  | "LOG_UNREADABLE" // A write-ahead log on this disk cannot be read.
  | "WRITER_SILENT" // A writer has not been heard of, and its log is not on this disk.
  | "CLAIM_ABANDONED" // A job ended without a commit and holds its files.
  | "TAIL_LONG" // Much of the tail is in no day file.
  | "FILES_MANY" // Shard-days have many day files.
  | "GARBAGE" // Objects that no manifest lists.
  | "CONDEMNED_WAITS" // Condemned objects wait for the end of their grace.
  | "DELETE_WAITS" // A user is hidden, and not removed for good yet.
  | "RETENTION_DUE" // Days are there that are not to be kept.
  | "RESHARD_CUT" // A cut is still being taken; drains wait for it.
  | "RESHARD_BEHIND" // A spec has missed rows of the tail.
  | "RESHARD_FAILED" // Copying was stopped by an error.
  | "RESHARD_PAUSED" // Copying was paused.
  | "RESHARD_WAITS" // A reshard is open, and nobody gets it on.
  | "RESHARD_ABORTING" // A reshard was given up, and the new spec is not closed yet.
  | "RESHARD_WINDOW" // The time of the rollback is over, and the old spec is kept.
  | "SPEC_CLOSED"; // Files of a spec that was given up, or replaced.

export interface DiagnosisFinding {
  readonly code: DiagnosisCode;
  /** What is the matter, as a sentence. */
  readonly what: string;
  /** The command that comes next, or what else to do. */
  readonly next: string;
  /** Nothing goes on by itself, or by running commands regularly. */
  readonly needsPerson: boolean;
}

export interface Diagnosis {
  /** Nothing needs a person. */
  readonly ok: boolean;
  /** Those that need a person first. */
  readonly findings: readonly DiagnosisFinding[];
}
