import type { FileHandle } from "node:fs/promises";
import type { FileCalls } from "../src/filesystem/file-calls.ts";
import { nodeFileCalls } from "../src/filesystem/file-calls.ts";

export interface Fault {
  /** Position of the call that fails, 0 for the first. */
  readonly index: number;
  readonly errno: string;
  /** Whether the call takes effect before it fails. */
  readonly effective: boolean;
}

export interface RecordedCalls {
  readonly calls: FileCalls;
  /** `name path` of every call so far, also of calls on open files. */
  readonly log: string[];
  /** Fails one of the calls from now on; undefined: none. */
  arm(fault: Fault | undefined): void;
  /** Whether the armed fault has happened. */
  readonly hasFailed: boolean;
}

const handleMethods = ["write", "writev", "read", "sync", "datasync", "utimes", "stat", "close"];

/** The kernel's calls, written down, one of which fails on demand. */
export function recordedCalls(): RecordedCalls {
  const log: string[] = [];
  let armed: Fault | undefined;
  let countdown = 0;
  let hasFailed = false;

  async function operate(name: string, path: string, call: () => unknown): Promise<unknown> {
    log.push(`${name} ${path}`);
    const fault = armed !== undefined && countdown-- === 0 ? armed : undefined;
    if (fault === undefined) return call();
    armed = undefined;
    hasFailed = true;
    // An open file that is not closed would only be a leak of the test.
    if (fault.effective || name === "close") {
      const result = await call();
      if (name === "open") await (result as FileHandle).close();
    }
    throw Object.assign(new Error(`${fault.errno}: injected, ${name} '${path}'`), {
      code: fault.errno,
      syscall: name,
    });
  }

  function wrapHandle(path: string, handle: FileHandle): FileHandle {
    return new Proxy(handle, {
      get(target, property) {
        const member: unknown = Reflect.get(target, property, target);
        if (typeof member !== "function") return member;
        if (!handleMethods.includes(String(property))) return member.bind(target);
        return (...args: unknown[]) =>
          operate(String(property), path, () => member.apply(target, args));
      },
    });
  }

  const calls: FileCalls = new Proxy(nodeFileCalls, {
    get(target, property) {
      const call = Reflect.get(target, property) as (...args: unknown[]) => unknown;
      return async (...args: unknown[]) => {
        // symlink and link name the new path second.
        const path = String(property === "symlink" || property === "link" ? args[1] : args[0]);
        const result = await operate(String(property), path, () => call(...args));
        return property === "open" ? wrapHandle(path, result as FileHandle) : result;
      };
    },
  });

  return {
    calls,
    log,
    arm(fault) {
      armed = fault;
      countdown = fault?.index ?? 0;
      hasFailed = false;
    },
    get hasFailed() {
      return hasFailed;
    },
  };
}
