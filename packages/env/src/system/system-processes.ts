import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Processes, ProcessIdentity } from "../processes.ts";

/**
 * Asks the kernel of this machine. Where there is `/proc`, `started` is
 * `<boot id>/<pid namespace>/<start in ticks since boot>`: pids and ticks repeat after a reboot,
 * and a pid says nothing outside its namespace, so two containers with one host name are "unknown" to
 * each other and never "dead". Elsewhere it is "", and a pid in use counts as alive.
 */
export function systemProcesses(): Processes {
  const host = hostname();
  const place = readPlace();
  const ticks = readStat(process.pid)?.ticks;
  const started = place === undefined || ticks === undefined ? "" : `${place}/${ticks}`;
  const self: ProcessIdentity = { host, pid: process.pid, started };
  return {
    self,
    stateOf(identity) {
      if (identity.host !== host) return "unknown";
      if (place === undefined || identity.started === "") return isPidInUse(identity.pid);
      const [boot, namespace, start] = identity.started.split("/");
      if (boot !== place.split("/")[0]) return "dead";
      if (namespace !== place.split("/")[1]) return "unknown";
      const stat = readStat(identity.pid);
      if (stat === undefined) return isPidInUse(identity.pid);
      return stat.ticks === start && !stat.ended ? "alive" : "dead";
    },
  };
}

function isPidInUse(pid: number): "alive" | "dead" {
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return codeOf(error) === "ESRCH" ? "dead" : "alive";
  }
}

function readPlace(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const namespace = readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
    return `${boot}/${namespace}`;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined; // No /proc, or not for us.
  }
}

function readStat(pid: number): { readonly ticks: string; readonly ended: boolean } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
  // proc(5): the second field is the program's name in parentheses and may hold anything, so the
  // rest is counted from the last one. Field 3 is the state, 20 the threads, 22 the start time.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, threadCount, ticks] = [fields[0], Number(fields[17]), fields[19]];
  if (ticks === undefined) return undefined;
  // A killed process whose first thread is gone may have another one inside a system call, which
  // still takes effect. It has ended when only the zombie itself is left.
  return { ticks, ended: (state === "Z" || state === "X") && threadCount <= 1 };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
