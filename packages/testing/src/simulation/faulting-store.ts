import type { ListOptions, ListPage, ObjectEntry, ObjectStore } from "@shale/env";
import { listAll } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { FaultPlan } from "./fault-plan.ts";
import type { Faults } from "./faults.ts";
import { createFaults, isFaults } from "./faults.ts";
import type { OperationContext } from "./operate.ts";
import { operate, waitTurns } from "./operate.ts";
import { processGate } from "./process-gate.ts";
import { nextChance } from "./seeded-random.ts";

const LIST_LIMIT = 1_000;

/** Refuses to write one name twice within the plan's interval; has no effect when it refuses. */
function checkRewrite(writtenMs: Map<string, number>, key: string, faults: Faults): void {
  const intervalMs = faults.plan.rewriteIntervalMs;
  if (intervalMs === undefined) return;
  const nowMs = faults.clock.monotonicMs();
  const beforeMs = writtenMs.get(key);
  if (beforeMs !== undefined && nowMs - beforeMs < intervalMs) {
    throw new ShaleError(
      "STORE_UNAVAILABLE",
      `Cannot put ${JSON.stringify(key)}: it was written ${nowMs - beforeMs} ms ago (429)`,
    );
  }
  writtenMs.set(key, nowMs);
}

async function snapshotOf(
  store: ObjectStore,
  prefix: string,
  { after, signal }: ListOptions,
): Promise<Map<string, ObjectEntry>> {
  const entries = new Map<string, ObjectEntry>();
  const found = listAll(store, prefix, { after, signal });
  for await (const entry of found) entries.set(entry.key, entry);
  return entries;
}

/** The names of both in byte order, which is that of their text: names are ASCII. */
function mergedKeys(
  first: ReadonlyMap<string, ObjectEntry>,
  second: ReadonlyMap<string, ObjectEntry>,
): Iterable<string> {
  const isSame = first.size === second.size && [...first.keys()].every((key) => second.has(key));
  return isSame ? first.keys() : [...new Set([...first.keys(), ...second.keys()])].sort();
}

/**
 * A listing that takes time: of what is made or deleted while it runs, the seed shows one name and
 * hides another, as a directory scan may (protocol R1).
 */
async function listSlowly(
  store: ObjectStore,
  prefix: string,
  options: ListOptions,
  faults: Faults,
): Promise<ListPage> {
  const limit = Math.min(options.limit ?? LIST_LIMIT, LIST_LIMIT);
  const first = await snapshotOf(store, prefix, options);
  await waitTurns(faults);
  await waitTurns(faults);
  const second = await snapshotOf(store, prefix, options);
  const seen: ObjectEntry[] = [];
  for (const key of mergedKeys(first, second)) {
    const before = first.get(key);
    const entry = before ?? second.get(key);
    const isSettled = before !== undefined && second.has(key);
    if (entry !== undefined && (isSettled || nextChance(faults.random, 0.5))) seen.push(entry);
  }
  return { entries: seen.slice(0, limit), truncated: seen.length > limit };
}

/** `store` as one simulated process sees it; every method goes through the plan of faults. */
export function storeOfProcess(
  store: ObjectStore,
  context: OperationContext,
  writtenMs: Map<string, number>,
): ObjectStore {
  const { faults } = context;
  const found = (value: unknown): string => (value === undefined ? "absent" : "found");
  return {
    get: (key, options) =>
      operate(context, {
        operation: { where: "store", what: "get", key },
        apply: () => store.get(key, options),
        describe: found,
        signal: options?.signal,
      }),
    head: (key, options) =>
      operate(context, {
        operation: { where: "store", what: "head", key },
        apply: () => store.head(key, options),
        describe: found,
        signal: options?.signal,
      }),
    put: (key, bytes, condition, options) => {
      const copy = new Uint8Array(bytes); // Not slice(): that of a Buffer shares its bytes.
      return operate(context, {
        operation: { where: "store", what: "put", key },
        apply: () => {
          checkRewrite(writtenMs, key, faults);
          return store.put(key, copy, condition, options);
        },
        canLandLate: true,
        signal: options?.signal,
        describe: ({ written }) => (written ? "written" : "not written"),
      });
    },
    delete: (key, options) =>
      operate(context, {
        operation: { where: "store", what: "delete", key },
        apply: () => store.delete(key, options),
        canLandLate: true,
        signal: options?.signal,
        describe: ({ deleted }) => (deleted ? "deleted" : "not deleted"),
      }),
    list: (prefix, options = {}) =>
      operate(context, {
        operation: { where: "store", what: "list", key: prefix },
        apply: () => listSlowly(store, prefix, options, faults),
        signal: options.signal,
        describe: ({ entries }) => `${entries.length} entries`,
      }),
  };
}

/**
 * `store` with faults by a plan: fails before or after taking effect, lands writes late, refuses
 * fast rewrites of one name, and lists as a slow scan does. Every failure is STORE_UNAVAILABLE
 * (`full`: DISK_FULL). Pass `createFaults(plan)` in place of a plan to read its trace.
 */
export function faultingStore(store: ObjectStore, plan: FaultPlan | Faults): ObjectStore {
  const faults = isFaults(plan) ? plan : createFaults(plan);
  return storeOfProcess(store, { faults, gate: processGate(), process: 0 }, new Map());
}
