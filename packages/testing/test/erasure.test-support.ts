import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadUserHasher } from "@shale/columns";
import { compactProject } from "@shale/compaction";
import { openStore, type Project, type Store } from "@shale/engine";
import type { Clock, Env, Processes, ProcessIdentity } from "@shale/env";
import {
  filesystemStore,
  inlineWorkers,
  nodeDisk,
  silentLogger,
  systemClock,
  systemProcesses,
  systemRandom,
} from "@shale/env";
import type { DayFileCompression } from "@shale/format";
import type { EventInput, StoredEvent } from "@shale/model";
import { projectId } from "@shale/model";
import { duckdbQuery } from "../../format/test/other-readers.ts";
import { collect, NEVER_MS } from "./engine-process.test-support.ts";

/** Stands in everything that is about a user who is deleted, and nowhere else. */
export const MARKER = "qvxjzk";
const TICK_MS = Date.UTC(2026, 9, 1);

export const victims = ["ann", "ben", "ω"].map((name) => `${MARKER}-${name}`);
const others = ["cat", "dan", "eve", "fay"];

/** Four events each of victims and others, over three days, of one append of `name`. */
export function eventsOf(name: string): EventInput[] {
  return [...victims, ...others].flatMap((user, u) =>
    Array.from({ length: 4 }, (_, i): EventInput => {
      const mark = victims.includes(user) ? `${MARKER}-` : "";
      return {
        event: i === 3 ? `${mark}rare` : "view",
        user_id: user,
        time: TICK_MS + (i % 3) * 86_400_000 + u * 1_000 + i,
        ...(i % 2 === 0 ? { insert_id: `${mark}${name}-${user}-${i}` } : {}),
        properties: {
          from: name,
          text: `${mark}text ${i}`,
          list: [`${mark}item`, i],
          nested: i === 1 ? `${"x".repeat(300)}${mark}` : "short",
          [`${mark}name`]: i,
        },
      };
    }),
  );
}

/** Time passes ten times as fast for whoever sleeps: heartbeats are heard at once. */
export function fastClock(): Clock {
  const { nowMs, monotonicMs, sleep } = systemClock();
  return { nowMs, monotonicMs, sleep: (ms, options) => sleep(ms / 10, options) };
}

/** A process on this machine whose life is for the test to say. */
export function processesOf(self: ProcessIdentity, stateOf: Processes["stateOf"]): Processes {
  return { self, stateOf };
}

export async function openAt(
  root: string,
  processes: Processes = systemProcesses(),
): Promise<{ store: Store; project: Project }> {
  const store = await openStore({
    ...{ root, processes, clock: fastClock(), flushIntervalMs: NEVER_MS },
    ...{ compaction: "off", workerCount: 0 },
  });
  return { store, project: await store.project("shop", { shards: 3 }) };
}

/** As `project.compact()` does, with another compression. */
export async function compactAt(
  root: string,
  compression: DayFileCompression | undefined,
): Promise<void> {
  const env: Env = {
    ...{ clock: systemClock(), random: systemRandom(), logger: silentLogger },
    ...{ processes: systemProcesses(), workers: inlineWorkers({}) },
    ...{ store: filesystemStore(root), disk: nodeDisk(root) },
  };
  const hasher = await loadUserHasher();
  await compactProject(env, { project: projectId("shop"), hasher, mode: "full", compression });
}

export function filesUnder(root: string): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Files of the root in whose bytes the marker stands, in UTF-8 or UTF-16; name included. */
export function filesWithMarker(root: string): string[] {
  const needles = [Buffer.from(MARKER), Buffer.from(MARKER, "utf16le")];
  return filesUnder(root).filter((path) => {
    const bytes = readFileSync(path);
    return path.includes(MARKER) || needles.some((needle) => bytes.includes(needle));
  });
}

/** Day files whose rows or columns another reader finds the marker in; they may be compressed. */
export async function parquetWithMarker(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of filesUnder(root).filter((one) => one.endsWith(".parquet"))) {
    const rows = await duckdbQuery(
      `SELECT * FROM read_parquet('${path}', hive_partitioning = false)`,
    );
    const text = JSON.stringify(rows, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    if (text.includes(MARKER)) found.push(path);
  }
  return found;
}

export async function othersIn(project: Project): Promise<StoredEvent[]> {
  const events = await collect(project.events());
  return events.filter(({ user_id }) => !victims.includes(user_id));
}
