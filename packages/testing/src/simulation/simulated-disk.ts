import type { Disk, LogFile, Random } from "@shale/env";
import { ShaleError } from "@shale/model";
import { nextBelow } from "./seeded-random.ts";

/** A disk in memory that knows which bytes a loss of power would leave. */
export interface SimulatedDisk extends Disk {
  /**
   * What a machine that loses power does: synced bytes and durable names stay; of every unsynced
   * tail some prefix stays, maybe with flipped or zeroed bytes in it; the last removals may be
   * undone. Open log files are dead afterwards.
   */
  losePower(random: Random): void;
}

interface FileNode {
  bytes: Uint8Array;
  durableBytes: number;
}
interface Removal {
  readonly folder: string;
  readonly path: string;
  readonly node: FileNode;
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

function diskFailure(what: string, path: string, why: string): ShaleError {
  return new ShaleError("DISK_FAILED", `Cannot ${what} ${JSON.stringify(path)}: ${why}`);
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The unsynced tail of a file as it may look after a loss of power. */
function survivorOf(node: FileNode, random: Random): Uint8Array {
  const unsynced = node.bytes.length - node.durableBytes;
  const kept = node.bytes.slice(0, node.durableBytes + nextBelow(random, unsynced + 1));
  const loose = kept.subarray(node.durableBytes);
  if (loose.length === 0) return kept;
  const from = nextBelow(random, loose.length);
  switch (nextBelow(random, 4)) {
    case 0:
      loose[from] = (loose[from] ?? 0) ^ (1 << nextBelow(random, 8));
      return kept;
    case 1: // The length was written before the blocks.
      loose.fill(0, from);
      return kept;
    default:
      return kept;
  }
}

export function simulatedDisk(): SimulatedDisk {
  const files = new Map<string, FileNode>();
  const folders = new Set<string>([""]);
  let removals: Removal[] = []; // Not yet durable, oldest first.
  let epoch = 0;

  /** A folder that is synced has its earlier removals on the disk. */
  function syncFolder(folder: string): void {
    removals = removals.filter((removal) => removal.folder !== folder);
  }
  function checkPlace(what: string, path: string): void {
    if (!folders.has(folderOf(path))) throw diskFailure(what, path, "its folder does not exist");
  }
  function remove(path: string): void {
    const node = files.get(path);
    if (node === undefined) return;
    files.delete(path);
    removals.push({ folder: folderOf(path), path, node });
  }
  function logFile(path: string, node: FileNode): LogFile {
    const openEpoch = epoch;
    let sizeBytes = 0;
    let isClosed = false;
    function checkOpen(what: string): void {
      if (isClosed) throw diskFailure(what, path, "the file is closed");
      if (epoch !== openEpoch) throw diskFailure(what, path, "the machine has lost its power");
    }
    return {
      get sizeBytes() {
        return sizeBytes;
      },
      async append(chunks) {
        checkOpen("append to");
        const added = joinBytes(chunks);
        node.bytes = joinBytes([node.bytes, added]);
        sizeBytes += added.length;
      },
      async sync() {
        checkOpen("sync");
        node.durableBytes = node.bytes.length;
      },
      async close() {
        isClosed = true;
      },
    };
  }

  return {
    async makeFolder(path) {
      const parts = path.split("/");
      for (let count = 1; count <= parts.length; count++) {
        const folder = parts.slice(0, count).join("/");
        if (files.has(folder)) throw diskFailure("make folder", path, `${folder} is a file`);
        if (!folders.has(folder)) syncFolder(folderOf(folder));
        folders.add(folder);
      }
    },
    async listNames(path) {
      const names = [...files.keys(), ...folders].filter(
        (name) => name !== "" && folderOf(name) === path,
      );
      return names.map((name) => name.slice(path === "" ? 0 : path.length + 1)).sort();
    },
    async createLog(path) {
      checkPlace("create log", path);
      if (files.has(path)) throw diskFailure("create log", path, "the name exists");
      const node: FileNode = { bytes: new Uint8Array(0), durableBytes: 0 };
      files.set(path, node);
      syncFolder(folderOf(path));
      return logFile(path, node);
    },
    async readFile(path) {
      return files.get(path)?.bytes.slice();
    },
    async exists(path) {
      return files.has(path) || folders.has(path);
    },
    async createMarker(path, bytes) {
      checkPlace("create marker", path);
      if (files.has(path)) return false;
      files.set(path, { bytes: new Uint8Array(bytes), durableBytes: bytes.length });
      syncFolder(folderOf(path));
      return true;
    },
    async removeFile(path) {
      remove(path);
    },
    async removeFolder(path) {
      for (const name of [...files.keys()].sort()) if (name.startsWith(`${path}/`)) remove(name);
      for (const name of [...folders]) {
        if (name === path || name.startsWith(`${path}/`)) folders.delete(name);
      }
    },
    losePower(random) {
      epoch++;
      for (const node of files.values()) {
        node.bytes = survivorOf(node, random);
        node.durableBytes = node.bytes.length;
      }
      // A journal keeps the order of removals: what is undone is the end of them.
      for (const removal of removals.slice(nextBelow(random, removals.length + 1))) {
        for (let folder = removal.folder; folder !== ""; folder = folderOf(folder)) {
          folders.add(folder);
        }
        if (!files.has(removal.path)) files.set(removal.path, removal.node);
      }
      removals = [];
    },
  };
}
