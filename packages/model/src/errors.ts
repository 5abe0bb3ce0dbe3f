/** What a caller can do about an error; the command line maps it to its exit code. */
export type ErrorKind =
  | "invalid" // Wrong call, usage or query: change it.
  | "corrupt" // Something kept is damaged: verify, restore.
  | "unavailable" // The store or disk did not answer: repeat later.
  | "conflict" // Somebody else was first, or the state forbids it: a rerun may succeed.
  | "closed" // This handle has ended: open a new one.
  | "configuration" // Permission, configuration or a missing package: put it right.
  | "cancelled"; // The caller stopped it.

/** Every code with its kind and what to do. `docs/errors.md` is generated from this table. */
export const errorCodes = {
  USAGE: ["invalid", "Run the command with --help to see its options"],
  NOT_BUILT: ["invalid", "See what this version has with: shale --help"],
  STORE_NOT_BUILT: ["configuration", "Use a folder: buckets are not built in this version"],
  PROJECT_ID_INVALID: [
    "invalid",
    "Use 1 to 63 of a-z, 0-9, _ and -, starting with a letter or digit",
  ],
  PROJECT_NOT_FOUND: ["invalid", "List the projects with: shale projects"],
  SHARDS_INVALID: ["invalid", "Choose 1 to 65536 shards"],
  OPTION_INVALID: ["invalid", "Give the option a value that the message allows"],
  QUERY_INVALID: ["invalid", "Correct the query at the path that the error names"],
  SQL_INVALID: ["invalid", "Correct the statement: one query over the table events"],
  CURSOR_INVALID: ["invalid", "Pass the cursor of an earlier answer to the same query, unchanged"],
  INPUT_NOT_READABLE: ["invalid", "Check that the file exists, is a file, and may be read"],
  INPUT_TRUNCATED: [
    "corrupt",
    "The gzip stream ends early: fetch the file again, then repeat with the whole file",
  ],
  INPUT_CORRUPT: [
    "corrupt",
    "The gzip stream is damaged: fetch the file again, then repeat with the whole file",
  ],
  OUTPUT_NOT_WRITABLE: ["invalid", "Name a file in a folder that exists and may be written"],
  STORE_READ_ONLY: [
    "configuration",
    "Open the store without readOnly, and check the permissions of its root",
  ],
  STORE_UNAVAILABLE: [
    "unavailable",
    "Wait and repeat: the operation may or may not have taken effect",
  ],
  STORE_RULES_BROKEN: [
    "configuration",
    "This store does not keep conditional writes: use another file system or bucket",
  ],
  STORE_PATH_BLOCKED: [
    "configuration",
    "Move away what stands at that path: the store needs a folder there, or a file",
  ],
  KEY_INVALID: ["invalid", "Use segments of letters, digits, _ = - and . between slashes"],
  STORE_LOCKED: [
    "unavailable",
    "End the process that holds the lock, or remove the lock file if it has died",
  ],
  DISK_FULL: ["unavailable", "Free space on the disk, then repeat"],
  DISK_FAILED: ["unavailable", "Check the disk that holds the log, then open the store again"],
  PERMISSION_DENIED: ["configuration", "Give this process the right to read and write the root"],
  FORMAT_UNKNOWN: ["corrupt", "Use a newer Shale: this object was written by a later version"],
  OBJECT_CORRUPT: ["corrupt", "Restore the object from a backup"],
  OBJECT_MISSING: ["corrupt", "Restore the object from a backup"],
  WAL_CORRUPT: [
    "corrupt",
    "Keep the log folder, restore it from a backup, or declare it lost with: shale writer forget",
  ],
  CATALOG_CONFLICT: [
    "conflict",
    "Repeat: other processes committed to the catalog at the same time",
  ],
  CLAIM_REFUSED: ["conflict", "Plan again: another job has the same files, or they were replaced"],
  CLAIM_LOST: ["conflict", "Plan again: another process took this job over; nothing was committed"],
  RESHARD_STATE: ["conflict", "See where the project stands with: shale reshard status"],
  RESHARD_DIFFERENCES: [
    "conflict",
    "Look at the differences that the command shows; go back all the same with --accept-differences",
  ],
  VALIDATION_REQUIRED: [
    "conflict",
    "Prove first that both specs hold the same: shale reshard validate",
  ],
  MANIFEST_CLOSED: ["conflict", "Read the catalog again: the sharding spec was given up"],
  WRITER_FENCED: [
    "closed",
    "Another process took over this log; append again through a new writer",
  ],
  WRITER_UNKNOWN: ["invalid", "List the writers with: shale status"],
  WRITER_NOT_FORGETTABLE: [
    "conflict",
    "Only a log that is not sealed and belongs to no live process can be forgotten",
  ],
  WORKER_FAILED: [
    "unavailable",
    "Repeat: the thread that ran the task has ended, another one takes its place",
  ],
  STORE_CLOSED: ["closed", "Open the store again"],
  PIN_UNSTABLE: [
    "conflict",
    "Repeat the query: the store changed too often while it was being pinned",
  ],
  SNAPSHOT_EXPIRED: [
    "conflict",
    "Ask without the snapshot: the store no longer holds the rows it stood on",
  ],
  MEMORY_EXCEEDED: [
    "configuration",
    "Ask for a shorter range or fewer values, or raise memoryBytesMax",
  ],
  DURABILITY_UNSUPPORTED: [
    "configuration",
    'Give openStore a walDirectory, or append with durability: "committed"',
  ],
  PACKAGE_MISSING: ["configuration", "Install the optional package that the message names"],
  CANCELLED: ["cancelled", "Run it again to go on"],
  DEADLINE_EXCEEDED: ["cancelled", "Raise deadlineMs or ask for less"],
} as const satisfies Record<string, readonly [ErrorKind, hint: string]>;
export type ErrorCode = keyof typeof errorCodes;

export interface ShaleErrorOptions extends ErrorOptions {
  /** Where in the input the fault is: `steps[1].where.op`. */
  readonly path?: string | undefined;
  /** Facts for programs: JSON values only. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** What to do, where the place knows better than the code. */
  readonly hint?: string | undefined;
}

/** An operating error. `code` is stable within a major version; `message` is not. */
export class ShaleError extends Error {
  override readonly name = "ShaleError";
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options?: ShaleErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = options?.path;
    this.details = options?.details;
    this.hint = options?.hint ?? errorCodes[code][1];
  }

  get kind(): ErrorKind {
    return errorCodes[this.code][0];
  }

  /** True when the same call may succeed later without a change. */
  get retryable(): boolean {
    return this.kind === "unavailable" || this.kind === "conflict";
  }
}
