import type { Disk, LogFile } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { DiskOperation, FaultPlan } from "./fault-plan.ts";
import type { Faults } from "./faults.ts";
import { createFaults, isFaults } from "./faults.ts";
import type { OperationContext } from "./operate.ts";
import { operate } from "./operate.ts";
import { processGate } from "./process-gate.ts";

/** Bytes that a disk has taken, counted against the plan's `diskBytesMax`. */
export interface DiskBudget {
  usedBytes: number;
}

function byteLengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** The first `length` bytes of the chunks. */
function cutChunks(chunks: readonly Uint8Array[], length: number): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let left = length;
  for (const chunk of chunks) {
    if (left <= 0) break;
    kept.push(chunk.subarray(0, left));
    left -= chunk.length;
  }
  return kept;
}

function fullDisk(what: string, path: string): ShaleError {
  return new ShaleError("DISK_FULL", `Cannot ${what} ${JSON.stringify(path)}: no space is left`);
}

interface DiskContext extends OperationContext {
  readonly budget: DiskBudget;
}

function leftBytes({ faults, budget }: DiskContext): number {
  return (faults.plan.diskBytesMax ?? Number.POSITIVE_INFINITY) - budget.usedBytes;
}

function logFileOfProcess(path: string, file: LogFile, context: DiskContext): LogFile {
  async function write(chunks: readonly Uint8Array[]): Promise<void> {
    const wanted = byteLengthOf(chunks);
    const length = Math.max(0, Math.min(wanted, leftBytes(context)));
    context.budget.usedBytes += length;
    await file.append(length === wanted ? chunks : cutChunks(chunks, length));
    if (length < wanted) throw fullDisk("append to", path);
  }
  return {
    get sizeBytes() {
      return file.sizeBytes;
    },
    append: (chunks) => {
      const copies = chunks.map((chunk) => new Uint8Array(chunk));
      return operate(context, {
        operation: { where: "disk", what: "append", key: path },
        apply: () => write(copies),
        applyPart: (share) => write(cutChunks(copies, Math.floor(share * byteLengthOf(copies)))),
        describe: () => `${byteLengthOf(copies)} bytes`,
      });
    },
    sync: () =>
      operate(context, {
        operation: { where: "disk", what: "sync", key: path },
        apply: () => file.sync(),
        describe: () => "done",
      }),
    close: () =>
      operate(context, {
        operation: { where: "disk", what: "close", key: path },
        apply: () => file.close(),
        describe: () => "done",
      }),
  };
}

/** `disk` as one simulated process sees it; every method goes through the plan of faults. */
export function diskOfProcess(disk: Disk, context: DiskContext): Disk {
  function run<T>(
    what: DiskOperation,
    key: string,
    apply: () => Promise<T>,
    describe: (result: T) => string = () => "done",
  ): Promise<T> {
    return operate(context, { operation: { where: "disk", what, key }, apply, describe });
  }
  return {
    makeFolder: (path) => run("makeFolder", path, () => disk.makeFolder(path)),
    listNames: (path) =>
      run(
        "listNames",
        path,
        () => disk.listNames(path),
        (names) => `${names.length} names`,
      ),
    createLog: (path) =>
      run("createLog", path, async () => {
        if (leftBytes(context) <= 0) throw fullDisk("create log", path);
        return logFileOfProcess(path, await disk.createLog(path), context);
      }),
    readFile: (path) =>
      run(
        "readFile",
        path,
        () => disk.readFile(path),
        (bytes) => `${bytes?.length ?? "no"} bytes`,
      ),
    exists: (path) => run("exists", path, () => disk.exists(path), String),
    createMarker: (path, bytes) => {
      const copy = new Uint8Array(bytes);
      return run(
        "createMarker",
        path,
        async () => {
          if (leftBytes(context) < copy.length) throw fullDisk("create marker", path);
          context.budget.usedBytes += copy.length;
          return disk.createMarker(path, copy);
        },
        (made) => (made ? "made" : "exists"),
      );
    },
    removeFile: (path) => run("removeFile", path, () => disk.removeFile(path)),
    removeFolder: (path) => run("removeFolder", path, () => disk.removeFolder(path)),
  };
}

/**
 * `disk` with faults by a plan: operations fail before or after taking effect, appends also
 * half-way, and the disk is full after `diskBytesMax` bytes. Failures are DISK_FAILED or DISK_FULL.
 * Pass `createFaults(plan)` in place of a plan to read its trace.
 */
export function faultingDisk(disk: Disk, plan: FaultPlan | Faults): Disk {
  const faults = isFaults(plan) ? plan : createFaults(plan);
  return diskOfProcess(disk, {
    faults,
    gate: processGate(),
    process: 0,
    budget: { usedBytes: 0 },
  });
}
