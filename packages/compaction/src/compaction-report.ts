import type { ManifestClaimKind, ManifestWritten } from "@shale/format";
import type { SpecName } from "@shale/model";

/** What jobs of one kind did. */
export interface CompactionCounts {
  readonly jobs: number;
  /** Tail objects of drains, day files of the others. */
  readonly inputs: number;
  readonly inputBytes: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** Rows that a later one of the same key replaces. */
  readonly duplicates: number;
  /** Rows of deleted users. */
  readonly deleted: number;
  /** Rows of days that are no longer kept. */
  readonly expired: number;
}

/** One job that committed. */
export interface CompactionStep extends Omit<CompactionCounts, "jobs"> {
  readonly kind: ManifestClaimKind;
  readonly spec: SpecName;
  readonly group: number;
}

/** One thing that a dry run would do. */
export interface CompactionAction {
  readonly kind: ManifestClaimKind | "takeOver";
  readonly spec: SpecName;
  readonly group: number;
  readonly inputs: number;
  readonly inputBytes: number;
}

export interface CompactionReport {
  readonly counts: Readonly<Record<ManifestClaimKind, CompactionCounts>>;
  /** Claims of dead jobs that were dropped. */
  readonly takenOver: number;
  /** Jobs that another process was faster at, or took over. */
  readonly lost: number;
  /** Jobs that found that they must not go on: a cut pending, say. */
  readonly stopped: number;
  /** Rows ever written by the manifests that were looked at, in drains and again afterwards. */
  readonly written: Pick<ManifestWritten, "drainedRows" | "rewrittenRows">;
  /** Of a dry run: what would be done first. Empty otherwise. */
  readonly planned: readonly CompactionAction[];
}

export interface ReportBuilder {
  step(step: CompactionStep): void;
  plan(action: CompactionAction): void;
  count(what: "takenOver" | "lost" | "stopped"): void;
  written(written: ManifestWritten): void;
  build(): CompactionReport;
}

const NOTHING: CompactionCounts = {
  jobs: 0,
  inputs: 0,
  inputBytes: 0,
  files: 0,
  rows: 0,
  bytes: 0,
  duplicates: 0,
  deleted: 0,
  expired: 0,
};

export function createReport(onProgress?: (step: CompactionStep) => void): ReportBuilder {
  const counts = new Map<ManifestClaimKind, CompactionCounts>();
  const planned: CompactionAction[] = [];
  const ends = { takenOver: 0, lost: 0, stopped: 0 };
  let [drainedRows, rewrittenRows] = [0, 0];
  const countOf = (kind: ManifestClaimKind): CompactionCounts => counts.get(kind) ?? NOTHING;
  return {
    step(step) {
      counts.set(step.kind, withStep(countOf(step.kind), step));
      onProgress?.(step);
    },
    plan: (action) => void planned.push(action),
    count: (what) => void ends[what]++,
    written(written) {
      drainedRows += written.drainedRows;
      rewrittenRows += written.rewrittenRows;
    },
    build: () => ({
      counts: {
        drain: countOf("drain"),
        merge: countOf("merge"),
        purge: countOf("purge"),
        expire: countOf("expire"),
        copy: countOf("copy"),
        fold: countOf("fold"),
      },
      ...ends,
      written: { drainedRows, rewrittenRows },
      planned,
    }),
  };
}

function withStep(counts: CompactionCounts, step: CompactionStep): CompactionCounts {
  return {
    jobs: counts.jobs + 1,
    inputs: counts.inputs + step.inputs,
    inputBytes: counts.inputBytes + step.inputBytes,
    files: counts.files + step.files,
    rows: counts.rows + step.rows,
    bytes: counts.bytes + step.bytes,
    duplicates: counts.duplicates + step.duplicates,
    deleted: counts.deleted + step.deleted,
    expired: counts.expired + step.expired,
  };
}

/** How often a row was written on the average: 1 in its drain, and once for each rewrite. */
export function writeAmplificationOf({ written }: Pick<CompactionReport, "written">): number {
  const { drainedRows, rewrittenRows } = written;
  return drainedRows === 0 ? 1 : (drainedRows + rewrittenRows) / drainedRows;
}
