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

interface DiskState {
  readonly files: Map<string, FileNode>;
  readonly folders: Set<string>;
  /** Not yet durable, oldest first. */
  removals: Removal[];
  /** Counts losses of power. */
  epoch: number;
}

/** A folder that is synced has its earlier removals on the disk. */
function syncFolder(state: DiskState, folder: string): void {
  state.removals = state.removals.filter((removal) => removal.folder !== folder);
}

function checkFolderOf(state: DiskState, what: string, path: string): void {
  if (!state.folders.has(folderOf(path))) throw diskFailure(what, path, "it has no folder");
}

/** Returns the folders that were not there before. */
function makeFolder({ files, folders }: DiskState, path: string): string[] {
  const made: string[] = [];
  const parts = path.split("/");
  for (let count = 1; count <= parts.length; count++) {
    const folder = parts.slice(0, count).join("/");
    if (files.has(folder)) throw diskFailure("make folder", path, `${folder} is a file`);
    if (!folders.has(folder)) made.push(folder);
    folders.add(folder);
  }
  return made;
}

function remove({ files, removals }: DiskState, path: string): void {
  const node = files.get(path);
  if (node === undefined) return;
  files.delete(path);
  removals.push({ folder: folderOf(path), path, node });
}

function logFileOf(state: DiskState, path: string, node: FileNode): LogFile {
  const { epoch } = state;
  let sizeBytes = 0;
  let isClosed = false;
  function checkOpen(what: string): void {
    if (isClosed) throw diskFailure(what, path, "the file is closed");
    if (epoch !== state.epoch) throw diskFailure(what, path, "the machine has lost its power");
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

function losePower(state: DiskState, random: Random): void {
  const { files, folders, removals } = state;
  state.epoch++;
  for (const node of files.values()) {
    node.bytes = survivorOf(node, random);
    node.durableBytes = node.bytes.length;
  }
  // A journal keeps the order of removals: what is undone is the end of them.
  for (const removal of removals.slice(nextBelow(random, removals.length + 1))) {
    for (let folder = removal.folder; folder !== ""; folder = folderOf(folder)) folders.add(folder);
    if (!files.has(removal.path)) files.set(removal.path, removal.node);
  }
  state.removals = [];
}

export function simulatedDisk(): SimulatedDisk {
  const state: DiskState = {
    files: new Map(),
    folders: new Set([""]),
    removals: [],
    epoch: 0,
  };
  const { files, folders } = state;
  return {
    async makeFolder(path) {
      for (const folder of makeFolder(state, path)) syncFolder(state, folderOf(folder));
    },
    async listNames(path) {
      const names = [...files.keys(), ...folders].filter(
        (name) => name !== "" && folderOf(name) === path,
      );
      return names.map((name) => name.slice(path === "" ? 0 : path.length + 1)).sort();
    },
    async createLog(path) {
      checkFolderOf(state, "create log", path);
      if (files.has(path)) throw diskFailure("create log", path, "the name exists");
      const node: FileNode = { bytes: new Uint8Array(0), durableBytes: 0 };
      files.set(path, node);
      syncFolder(state, folderOf(path));
      return logFileOf(state, path, node);
    },
    async readFile(path) {
      return files.get(path)?.bytes.slice();
    },
    async exists(path) {
      return files.has(path) || folders.has(path);
    },
    async createMarker(path, bytes) {
      checkFolderOf(state, "create marker", path);
      if (files.has(path)) return false;
      files.set(path, { bytes: new Uint8Array(bytes), durableBytes: bytes.length });
      syncFolder(state, folderOf(path));
      return true;
    },
    async removeFile(path) {
      remove(state, path);
    },
    async removeFolder(path) {
      const isInside = (name: string): boolean => name.startsWith(`${path}/`);
      for (const name of [...files.keys()].filter(isInside).sort()) remove(state, name);
      for (const name of [...folders]) {
        if (name === path || isInside(name)) folders.delete(name);
      }
    },
    losePower: (random) => losePower(state, random),
  };
}
