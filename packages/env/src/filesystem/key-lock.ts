import { basename, dirname, join } from "node:path";
import { ShaleError } from "@shale/model";
import type { CallOptions } from "../clock.ts";
import type { Processes, ProcessIdentity } from "../processes.ts";
import { nonceOf } from "../random.ts";
import { errnoOf, isErrno } from "./file-errors.ts";
import { lockNameOf, successorNameOf } from "./hidden-names.ts";
import type { FileEnv } from "./whole-file.ts";

/**
 * A lock per key between processes, which no death leaves behind.
 *
 * The lock is a symbolic link beside the file, `.lock~<name>`, whose target is not a path but the
 * text of its holder: process identity and a fresh nonce. symlink(2) makes name and text in one step
 * and fails when the name exists, so there is one holder and never a half-written lock.
 *
 * A dead holder is followed, not removed: two processes that both see a dead holder and both remove
 * "its" lock could remove the lock of whoever was quicker. Instead:
 *  1. Its successor is who makes `.lock~<name>~<nonce of the dead holder>`, exclusively again. A
 *     successor that dies is followed in the same way, so the chain may grow, and its end holds.
 *  2. Having made the link, the successor reads the first lock again. Is it still the one at which
 *     it began, then nobody has released this chain: it holds. Otherwise it came too late: somebody
 *     followed that holder and finished long ago. It removes its link and starts over.
 *  3. Who releases removes the first lock first. From then on every link of the chain is void,
 *     because nonces never repeat and so step 2 fails for all who are late; the rest is litter.
 * A live holder, also one that is stopped, is waited for. A link is only trusted to be a dead one's
 * if the process table says so (`Processes`): "unknown" is treated as alive.
 */
export interface KeyLocks {
  /**
   * Runs `call` while holding the lock of the file at `path`, whose folder exists.
   * @throws {ShaleError} STORE_UNAVAILABLE while a live process holds it too long, STORE_LOCKED
   * while one does of which it cannot be known whether it lives
   */
  run<T>(path: string, options: CallOptions, call: () => Promise<T>): Promise<T>;
}

interface Holder extends ProcessIdentity {
  readonly nonce: string;
}
type Attempt =
  /** The links that were followed to the lock, the first lock first. */
  | { readonly links: readonly string[] }
  /** Undefined: it was released in between. */
  | { readonly holder: Holder | undefined };

const POLL_MS_MAX = 20;

export function keyLocks(
  env: FileEnv & { readonly processes: Processes },
  { waitMsMax }: { readonly waitMsMax: number },
): KeyLocks {
  /** Callers of this process queue here, so that only one of them polls the file. */
  const queues = new Map<string, Promise<unknown>>();
  /** Nonces of own locks that may still stand: this process lives, but does not hold them. */
  const abandoned = new Set<string>();

  async function acquire(path: string, holder: Holder, endMs: number, signal?: AbortSignal) {
    while (true) {
      signal?.throwIfAborted();
      const attempt = await tryLock(path, holder);
      if ("links" in attempt) return attempt.links;
      if (env.clock.monotonicMs() >= endMs) throw heldErrorOf(path, attempt.holder);
      const pollMs = 1 + (env.random.nextU32() % POLL_MS_MAX);
      await env.clock.sleep(attempt.holder === undefined ? 0 : pollMs, { signal });
    }
  }

  async function tryLock(path: string, self: Holder): Promise<Attempt> {
    const lock = join(dirname(path), lockNameOf(basename(path)));
    if (await makeLink(lock, self)) return { links: [lock] };
    const first = await readLink(lock);
    const links = [lock];
    let last = first;
    while (last !== undefined && isDead(last)) {
      const successor = successorNameOf(lock, last.nonce);
      if (await makeLink(successor, self)) {
        if (await stillStands(lock, first, successor)) return { links: [...links, successor] };
        return { holder: undefined };
      }
      links.push(successor);
      last = await readLink(successor);
    }
    return { holder: last };
  }

  /** Step 2. Whatever happens, a link that does not hold must not stay: its maker is alive. */
  async function stillStands(lock: string, first: Holder | undefined, successor: string) {
    let holds = false;
    try {
      holds = (await readLink(lock))?.nonce === first?.nonce;
    } finally {
      if (!holds) await removeLink(successor);
    }
    return holds;
  }

  async function makeLink(path: string, self: Holder): Promise<boolean> {
    try {
      await env.calls.symlink(JSON.stringify(self), path);
      return true;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      // A network file system may send a call again after its reply was lost.
      return (await readLink(path))?.nonce === self.nonce;
    }
  }

  async function readLink(path: string): Promise<Holder | undefined> {
    try {
      return holderOf(path, await env.calls.readlink(path, "utf8"));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async function removeLink(path: string): Promise<void> {
    try {
      await env.calls.unlink(path);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }

  function isDead(holder: Holder): boolean {
    return abandoned.has(holder.nonce) || env.processes.stateOf(holder) === "dead";
  }

  function heldErrorOf(path: string, holder: Holder | undefined): ShaleError {
    const isUnknown = holder !== undefined && env.processes.stateOf(holder) === "unknown";
    const file = join(dirname(path), lockNameOf(basename(path)));
    const who = holder === undefined ? "others" : `process ${holder.pid} of ${holder.host}`;
    return new ShaleError(
      isUnknown ? "STORE_LOCKED" : "STORE_UNAVAILABLE",
      `Cannot lock "${path}" within ${waitMsMax} ms: "${file}" is held by ${who}`,
      { details: { file, ...(holder && { host: holder.host, pid: holder.pid }) } },
    );
  }

  async function runLocked<T>(
    path: string,
    endMs: number,
    { signal }: CallOptions,
    call: () => Promise<T>,
  ): Promise<T> {
    const self: Holder = { ...env.processes.self, nonce: nonceOf(env.random) };
    try {
      const links = await acquire(path, self, endMs, signal);
      try {
        return await call();
      } finally {
        // Step 3: the first lock first.
        for (const link of links) await removeLink(link);
      }
    } catch (error) {
      // A link may stand although symlink(2) failed, or because unlink(2) did.
      if (errnoOf(error) !== undefined) abandoned.add(self.nonce);
      throw error;
    }
  }

  return {
    async run(path, options, call) {
      const endMs = env.clock.monotonicMs() + waitMsMax;
      const before = queues.get(path);
      const turn = Promise.allSettled([before]).then(() => runLocked(path, endMs, options, call));
      queues.set(path, turn);
      try {
        return await turn;
      } finally {
        if (queues.get(path) === turn) queues.delete(path);
      }
    },
  };
}

function holderOf(path: string, text: string): Holder {
  const refused = new ShaleError(
    "STORE_LOCKED",
    `Cannot lock beside "${path}": it is not a lock of this store: ${JSON.stringify(text)}`,
    { details: { file: path } },
  );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new ShaleError("STORE_LOCKED", refused.message, { cause, details: refused.details });
  }
  if (typeof parsed !== "object" || parsed === null) throw refused;
  const { host, pid, started, nonce } = parsed as Record<string, unknown>;
  if (typeof host !== "string" || typeof pid !== "number") throw refused;
  if (typeof started !== "string" || typeof nonce !== "string") throw refused;
  return { host, pid, started, nonce };
}
