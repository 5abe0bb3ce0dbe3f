import type { UserHasher } from "@shale/columns";
import type { CallOptions } from "@shale/env";
import type { OnProgress } from "../store.ts";

/** What `verify` can find wrong. Codes are stable; docs/damage.md says what to do about each. */
export type VerificationCode =
  | "OBJECT_CORRUPT" // Its bytes do not decode, or a checksum is wrong.
  | "FORMAT_UNKNOWN" // A later version of Shale wrote it.
  | "OBJECT_MISSING" // The newest manifests need it, and it is not there.
  | "OBJECT_MISPLACED" // It is whole, and stands under another object's name.
  | "RULE_BROKEN" // A catalog or manifest version breaks a numbered rule.
  | "CATALOG_OLD" // A writer has adopted a later catalog than the newest one.
  | "ENTRY_DIFFERS" // A day file or page is not what the manifest says of it.
  | "ENTRY_WRONG" // What the manifest says of a day file contradicts itself.
  | "WATERMARK_WRONG" // A watermark does not fit the tail or the day files.
  | "TAIL_ORDER" // The objects of a writer's tail do not follow each other.
  | "TAIL_UNREAD" // Rows in the tail that no reader would see.
  | "ROW_ORDER" // Rows of a day file are not in their order.
  | "ROW_MISPLACED" // A row is of another shard, day or place than its file.
  | "ROW_REPEATED" // A row stands twice, or a file without repeats has one.
  | "ROW_COUNT" // Rows, users or events are not as many as the footer says.
  | "ROW_DIGEST" // The rows are not those that were committed.
  | "ROW_DELETED" // A row of a deleted user in a file that says it has none.
  | "LOG_UNREADABLE"; // A write-ahead log on this disk cannot be read.

/** What is no damage, and worth knowing. */
export type VerificationNoteCode =
  | "UNLISTED" // Objects that no manifest lists: `shale collect` removes them.
  | "CLAIMED" // Outputs of jobs that have not committed yet.
  | "CLAIM_ABANDONED" // Claims of processes that are dead.
  | "CONDEMNED" // Objects that wait for the end of their grace.
  | "RETIRING" // A writer is retired in the catalog, and not yet in a manifest.
  | "COPIED" // Day files with other version tokens: this store is a copy.
  | "HISTORY_GAP" // Superseded versions are missing.
  | "OBJECT_UNKNOWN"; // Objects that Shale did not make.

export interface VerificationFinding {
  readonly code: VerificationCode;
  /** Key of the object, or the path of a log. */
  readonly object: string;
  readonly message: string;
}
export interface VerificationNote {
  readonly code: VerificationNoteCode;
  /** The first of the objects that it is about. */
  readonly object: string;
  readonly message: string;
}

export interface VerificationReport {
  /** No finding. */
  readonly ok: boolean;
  /** Objects of the project in the store. */
  readonly objects: number;
  /** Rows of the live spec, repeats included. */
  readonly events: number;
  readonly findings: readonly VerificationFinding[];
  readonly notes: readonly VerificationNote[];
}

export interface VerifyOptions extends CallOptions {
  /** Also decodes every row. Takes about as long as an export. */
  readonly full?: boolean | undefined;
  readonly hasher: UserHasher;
  readonly onProgress?: OnProgress | undefined;
}
