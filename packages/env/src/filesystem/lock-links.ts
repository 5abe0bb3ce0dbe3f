import { ShaleError } from "@shale/model";
import type { ProcessIdentity } from "../processes.ts";
import type { FileCalls } from "./file-calls.ts";
import { foundOrUndefined, isErrno } from "./file-errors.ts";

/** Who made a lock link: a process, and which of its calls. */
export interface LockHolder extends ProcessIdentity {
  readonly nonce: string;
}

/** False when the link exists: somebody else's. */
export async function makeLockLink(
  calls: FileCalls,
  path: string,
  holder: LockHolder,
): Promise<boolean> {
  try {
    await calls.symlink(JSON.stringify(holder), path);
    return true;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    // A network file system may send a call again after its reply was lost.
    return (await readLockLink(calls, path))?.nonce === holder.nonce;
  }
}

/** Undefined when there is no such link. @throws {ShaleError} STORE_LOCKED for a foreign one */
export async function readLockLink(
  calls: FileCalls,
  path: string,
): Promise<LockHolder | undefined> {
  const text = await foundOrUndefined(calls.readlink(path, "utf8"));
  return text === undefined ? undefined : parseHolder(path, text);
}

export async function removeLockLink(calls: FileCalls, path: string): Promise<void> {
  await foundOrUndefined(calls.unlink(path));
}

function parseHolder(path: string, text: string): LockHolder {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw foreignLock(path, text, cause);
  }
  if (typeof parsed !== "object" || parsed === null) throw foreignLock(path, text);
  const { host, pid, started, nonce } = parsed as Record<string, unknown>;
  if (typeof host !== "string" || typeof pid !== "number") throw foreignLock(path, text);
  if (typeof started !== "string" || typeof nonce !== "string") throw foreignLock(path, text);
  return { host, pid, started, nonce };
}

function foreignLock(path: string, text: string, cause?: unknown): ShaleError {
  return new ShaleError(
    "STORE_LOCKED",
    `Cannot lock by "${path}": that link is not one of this store: ${JSON.stringify(text)}`,
    { cause, details: { file: path } },
  );
}
