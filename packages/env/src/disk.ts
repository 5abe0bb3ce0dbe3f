/**
 * The local disk that holds write-ahead logs: append-only files, markers and folders.
 *
 * Paths are relative to the disk's root, `/`-separated. What a resolved promise says is durable
 * survives a crash of the machine; everything else may survive in part (a torn tail).
 * Throws DISK_FULL, PERMISSION_DENIED, STORE_READ_ONLY or DISK_FAILED.
 */
export interface Disk {
  /** Makes the folder and its parents, durably. One that exists is left as it is. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder, sorted; [] when there is no such folder. */
  listNames(path: string): Promise<string[]>;
  /** Creates a file durably under a new name. @throws DISK_FAILED when the name exists */
  createLog(path: string): Promise<LogFile>;
  /** The whole file, or undefined when there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  exists(path: string): Promise<boolean>;
  /** Creates a small whole file durably; false when the name exists already. */
  createMarker(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Removes a file; one that is not there is fine. */
  removeFile(path: string): Promise<void>;
  /** Removes a folder with everything in it; one that is not there is fine. */
  removeFolder(path: string): Promise<void>;
}

/** After a failed append or sync a log takes no more (DISK_FAILED): it is closed and read again. */
export interface LogFile {
  /** Bytes written so far by this handle, whether durable or not. */
  readonly sizeBytes: number;
  /**
   * Appends all chunks in order; one call at a time. After a failure the file may end in a torn
   * part of them.
   */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Makes everything appended so far durable. After a failure nothing may be assumed. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
