import { invariant, ShaleError } from "@shale/model";
import type { Disk, LogFile } from "../disk.ts";
import { checkKey } from "../object-key.ts";

/** One growing file: its capacity doubles, so that a long log is not copied at each append. */
interface Contents {
  bytes: Uint8Array;
  sizeBytes: number;
}

/** A disk in the memory of this process; it ends with it. */
export function memoryDisk(): Disk {
  const files = new Map<string, Contents>();
  const folders = new Set<string>();

  function makeParents(path: string): void {
    for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
      folders.add(path.slice(0, end));
    }
  }

  return {
    async makeFolder(path) {
      checkKey(path);
      makeParents(`${path}/`);
    },
    async listNames(path) {
      checkKey(path);
      const names = [...files.keys(), ...folders]
        .filter((name) => name.startsWith(`${path}/`))
        .map((name) => name.slice(path.length + 1))
        .filter((name) => !name.includes("/"));
      return names.sort();
    },
    async createLog(path) {
      checkKey(path);
      if (files.has(path)) {
        throw new ShaleError("DISK_FAILED", `Cannot create the log "${path}": it exists`);
      }
      makeParents(path);
      const contents: Contents = { bytes: new Uint8Array(1024), sizeBytes: 0 };
      files.set(path, contents);
      return logFileOf(contents);
    },
    async readFile(path) {
      checkKey(path);
      const contents = files.get(path);
      return contents?.bytes.slice(0, contents.sizeBytes);
    },
    async exists(path) {
      checkKey(path);
      return files.has(path) || folders.has(path);
    },
    async createMarker(path, bytes) {
      checkKey(path);
      if (files.has(path)) return false;
      makeParents(path);
      files.set(path, { bytes: new Uint8Array(bytes), sizeBytes: bytes.length });
      return true;
    },
    async removeFile(path) {
      checkKey(path);
      files.delete(path);
    },
    async removeFolder(path) {
      checkKey(path);
      for (const name of [...files.keys()]) if (name.startsWith(`${path}/`)) files.delete(name);
      for (const name of [...folders]) {
        if (name === path || name.startsWith(`${path}/`)) folders.delete(name);
      }
    },
  };
}

function logFileOf(contents: Contents): LogFile {
  let closed = false;
  return {
    get sizeBytes() {
      return contents.sizeBytes;
    },
    async append(chunks) {
      invariant(!closed, "a closed log takes no more");
      const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, contents.sizeBytes);
      if (sizeBytes > contents.bytes.length) {
        const grown = new Uint8Array(Math.max(sizeBytes, contents.bytes.length * 2));
        grown.set(contents.bytes.subarray(0, contents.sizeBytes));
        contents.bytes = grown;
      }
      for (const chunk of chunks) {
        contents.bytes.set(chunk, contents.sizeBytes);
        contents.sizeBytes += chunk.length;
      }
    },
    async sync() {
      invariant(!closed, "a closed log takes no more");
    },
    async close() {
      closed = true;
    },
  };
}
