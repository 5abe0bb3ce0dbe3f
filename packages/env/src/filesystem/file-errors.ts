import type { ErrorCode } from "@shale/model";
import { ShaleError } from "@shale/model";

/** The error code of a failed kernel call; undefined for every other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  const code = errnoOf(error);
  return code !== undefined && codes.includes(code);
}

/** The result of a kernel call, or undefined when there is no such file. */
export async function foundOrUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** How far a call got: an error after its effect leaves open whether the effect lasts. */
export interface Progress {
  effective: boolean;
}

/** Runs one call of the store; a failed kernel call becomes a ShaleError about `action`. */
export async function guardedStoreCall<T>(
  action: string,
  call: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress: Progress = { effective: false };
  try {
    return await call(progress);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw storeErrorOf(error, errno, action, progress);
  }
}

function storeErrorOf(
  error: unknown,
  errno: string,
  action: string,
  progress: Progress,
): ShaleError {
  // Once it took effect, no code may say that it did not: only "unavailable" leaves it open.
  const code = progress.effective ? "STORE_UNAVAILABLE" : storeCodeOf(errno);
  const why = progress.effective ? `${errno} after it took effect` : reasonOf(code, errno);
  const details = { errno };
  return new ShaleError(code, `Cannot ${action}: ${why}`, { cause: error, details });
}

function storeCodeOf(errno: string): ErrorCode {
  switch (errno) {
    case "ENOSPC":
    case "EDQUOT":
      return "DISK_FULL";
    case "EACCES":
    case "EPERM":
      return "PERMISSION_DENIED";
    case "EROFS":
      return "STORE_READ_ONLY";
    case "ENOTDIR":
    case "EISDIR":
    case "ELOOP":
    case "EEXIST": // Every race for a name is decided before; here a file is the root itself.
      return "STORE_PATH_BLOCKED";
    case "ENAMETOOLONG":
      return "KEY_INVALID";
    case "ENOSYS":
    case "ENOTSUP":
    case "EOPNOTSUPP":
      return "STORE_RULES_BROKEN";
    default:
      return "STORE_UNAVAILABLE";
  }
}

function reasonOf(code: ErrorCode, errno: string): string {
  switch (code) {
    case "STORE_PATH_BLOCKED":
      return `a file stands where a folder must be, or a folder where a file must be (${errno})`;
    case "STORE_RULES_BROKEN":
      return `the file system has no hard or symbolic links (${errno})`;
    default:
      return errno;
  }
}

/** Runs one call of the disk; DISK_FAILED is what no other code says. */
export async function guardedDiskCall<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const known = storeCodeOf(errno);
    const isNamed =
      known === "DISK_FULL" || known === "PERMISSION_DENIED" || known === "STORE_READ_ONLY";
    throw new ShaleError(isNamed ? known : "DISK_FAILED", `Cannot ${action}: ${errno}`, {
      cause: error,
      details: { errno },
    });
  }
}
