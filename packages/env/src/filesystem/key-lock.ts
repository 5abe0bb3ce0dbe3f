import { basename, dirname, join } from "node:path";
import { ShaleError } from "@shale/model";
import type { CallOptions } from "../clock.ts";
import type { Processes } from "../processes.ts";
import { nonceOf } from "../random.ts";
import { errnoOf } from "./file-errors.ts";
import { lockNameOf, successorNameOf } from "./hidden-names.ts";
import type { LockHolder } from "./lock-links.ts";
import { makeLockLink, readLockLink, removeLockLink } from "./lock-links.ts";
import type { FileEnv } from "./whole-file.ts";

/**
 * A lock per key between processes, which no death leaves behind.
 *
 * The lock is a symbolic link beside the file, `.lock~<name>`, whose target is no path but the text
 * of its holder: process identity and a fresh nonce. symlink(2) makes name and text in one step and
 * fails when the name exists, so there is one holder and never a half-written lock.
 *
 * A dead holder is followed, not removed: two processes that both see a dead holder and both remove
 * "its" lock could remove the lock of whoever was quicker. Instead:
 *  1. Its successor is who makes `.lock~<name>~<nonce of the dead holder>`, exclusively again. A
 *     successor that dies is followed in the same way, so the chain may grow, and its end holds.
 *  2. Having made the link, the successor reads the first lock again. If it is still the one at
 *     which it began, nobody has released this chain: it holds. Otherwise it came too late, for
 *     somebody followed that holder and has finished: it removes its link and starts over.
 *  3. Who releases removes the first lock first. From then on every link of the chain is void,
 *     because nonces never repeat and so step 2 fails for all who are late; the rest is litter.
 * A live holder, also one that is stopped, is waited for. A link is only taken for a dead one's if
 * the process table says so (`Processes`): "unknown" counts as alive.
 */
export interface KeyLocks {
  /**
   * Runs `call` while holding the lock of the file at `path`, whose folder exists.
   * @throws {ShaleError} STORE_UNAVAILABLE while a live process holds it too long, STORE_LOCKED
   * while one does of which it cannot be known whether it lives
   */
  run<T>(path: string, options: CallOptions, call: () => Promise<T>): Promise<T>;
}

export interface KeyLocksOptions {
  /** Longest wait for a live holder, in ms, counted from the call. */
  readonly waitMsMax: number;
}

interface LockEnv extends FileEnv {
  readonly processes: Processes;
  readonly waitMsMax: number;
  /** Nonces of own locks that may still stand: this process lives, but does not hold them. */
  readonly abandoned: Set<string>;
}
/** One call that wants the lock. */
interface Claim {
  readonly lock: string;
  readonly self: LockHolder;
  readonly endMs: number;
  readonly signal: AbortSignal | undefined;
}
type Attempt =
  /** The links that were followed to the lock, the first lock first. */
  | { readonly links: readonly string[] }
  /** Undefined: it was released in between. */
  | { readonly holder: LockHolder | undefined };

const POLL_MS_MAX = 20;

export function keyLocks(
  fileEnv: FileEnv & { readonly processes: Processes },
  { waitMsMax }: KeyLocksOptions,
): KeyLocks {
  const env: LockEnv = { ...fileEnv, waitMsMax, abandoned: new Set() };
  /** Callers of this process queue here, so that only one of them polls the file. */
  const queues = new Map<string, Promise<unknown>>();
  return {
    async run(path, { signal }, call) {
      const claim: Claim = {
        lock: join(dirname(path), lockNameOf(basename(path))),
        self: { ...env.processes.self, nonce: nonceOf(env.random) },
        endMs: env.clock.monotonicMs() + waitMsMax,
        signal,
      };
      const turn = Promise.allSettled([queues.get(path)]).then(() => runLocked(env, claim, call));
      queues.set(path, turn);
      try {
        return await turn;
      } finally {
        if (queues.get(path) === turn) queues.delete(path);
      }
    },
  };
}

async function runLocked<T>(env: LockEnv, claim: Claim, call: () => Promise<T>): Promise<T> {
  try {
    const links = await acquire(env, claim);
    try {
      return await call();
    } finally {
      // Step 3: the first lock first.
      for (const link of links) await removeLockLink(env.calls, link);
    }
  } catch (error) {
    // A link may stand although symlink(2) failed, or because unlink(2) did.
    if (errnoOf(error) !== undefined) env.abandoned.add(claim.self.nonce);
    throw error;
  }
}

async function acquire(env: LockEnv, claim: Claim): Promise<readonly string[]> {
  const { clock, random } = env;
  while (true) {
    claim.signal?.throwIfAborted();
    const attempt = await tryLock(env, claim);
    if ("links" in attempt) return attempt.links;
    if (clock.monotonicMs() >= claim.endMs) throw heldErrorOf(env, claim, attempt.holder);
    const pollMs = attempt.holder === undefined ? 0 : 1 + (random.nextU32() % POLL_MS_MAX);
    await clock.sleep(pollMs, { signal: claim.signal });
  }
}

async function tryLock(env: LockEnv, { lock, self }: Claim): Promise<Attempt> {
  const { calls, processes, abandoned } = env;
  if (await makeLockLink(calls, lock, self)) return { links: [lock] };
  const first = await readLockLink(calls, lock);
  const links = [lock];
  let last = first;
  while (last !== undefined && (abandoned.has(last.nonce) || processes.stateOf(last) === "dead")) {
    const successor = successorNameOf(lock, last.nonce); // Step 1.
    links.push(successor);
    if (await makeLockLink(calls, successor, self)) {
      const holds = await stillStands(env, { lock, first, successor });
      return holds ? { links } : { holder: undefined };
    }
    last = await readLockLink(calls, successor);
  }
  return { holder: last };
}

interface Succession {
  readonly lock: string;
  readonly first: LockHolder | undefined;
  readonly successor: string;
}

/** Step 2. Whatever happens, a link that does not hold must not stay, for its maker is alive. */
async function stillStands(
  { calls }: LockEnv,
  { lock, first, successor }: Succession,
): Promise<boolean> {
  let holds = false;
  try {
    holds = (await readLockLink(calls, lock))?.nonce === first?.nonce;
  } finally {
    if (!holds) await removeLockLink(calls, successor);
  }
  return holds;
}

function heldErrorOf(
  { processes, waitMsMax }: LockEnv,
  { lock }: Claim,
  holder: LockHolder | undefined,
): ShaleError {
  const isUnknown = holder !== undefined && processes.stateOf(holder) === "unknown";
  const who =
    holder === undefined ? "one after another" : `process ${holder.pid} of ${holder.host}`;
  return new ShaleError(
    isUnknown ? "STORE_LOCKED" : "STORE_UNAVAILABLE",
    `Cannot change the object within ${waitMsMax} ms: its lock "${lock}" is held by ${who}`,
    { details: { file: lock, ...(holder && { host: holder.host, pid: holder.pid }) } },
  );
}
