import type { Clock, Random } from "@shale/env";
import type { Fault, FaultPlan, FaultRates, FaultRule, Operation } from "./fault-plan.ts";
import { manualClock } from "./manual-clock.ts";
import { nextBelow, nextChance, seededRandom } from "./seeded-random.ts";

export interface BegunOperation {
  /** 1-based over all operations of the simulation. */
  readonly index: number;
  /** Position of the process in the simulation, 0 for the first. */
  readonly process: number;
  readonly where: Operation["where"];
  readonly what: Operation["what"];
  readonly key: string;
}
export interface TraceEntry extends BegunOperation {
  /** What came of it, and which fault struck it. */
  readonly outcome: string;
}

/** Counts operations, strikes some of them by a plan, and keeps the trace of all. */
export interface Faults {
  /** Every operation as it ended. Two runs of one seed have equal traces. */
  readonly trace: readonly TraceEntry[];
  /** Every operation as it began. */
  readonly begun: readonly BegunOperation[];
  /** Replaces the plan; rules count from 1 again. */
  setPlan(plan: FaultPlan): void;
  readonly plan: FaultPlan;
  /** Puts a rule before those of the plan, whose counts go on. Returns what takes it away again. */
  addRule(rule: FaultRule): () => void;
  readonly clock: Clock;
  readonly random: Random;
  /** Counts one operation and says what strikes it, carrying out late effects that are due. */
  begin(
    operation: Operation,
    process: number,
  ): Promise<{ readonly begun: BegunOperation; readonly fault: Fault | undefined }>;
  record(entry: TraceEntry): void;
  /** Keeps an effect for the moment when operation `index` begins. */
  land(index: number, effect: () => Promise<void>): void;
}

export interface FaultsOptions {
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

function fits(rule: FaultRule, operation: BegunOperation): boolean {
  return (
    (rule.process ?? operation.process) === operation.process &&
    (rule.where ?? operation.where) === operation.where &&
    (rule.what === undefined || rule.what.includes(operation.what)) &&
    (rule.keyIncludes === undefined || operation.key.includes(rule.keyIncludes))
  );
}

function drawFault(rates: FaultRates, random: Random): Fault | undefined {
  if (nextChance(random, rates.before ?? 0)) return { kind: "before" };
  if (nextChance(random, rates.after ?? 0)) return { kind: "after" };
  if (nextChance(random, rates.late ?? 0)) {
    return { kind: "late", operations: 1 + nextBelow(random, 20) };
  }
  if (nextChance(random, rates.delay ?? 0)) {
    return { kind: "delay", ms: 1 + nextBelow(random, 30_000) };
  }
  return undefined;
}

export function isFaults(value: FaultPlan | Faults): value is Faults {
  return "begin" in value;
}

export function createFaults(plan: FaultPlan = {}, options: FaultsOptions = {}): Faults {
  const random = options.random ?? seededRandom(0);
  const clock = options.clock ?? manualClock(0, { autoAdvance: true });
  const trace: TraceEntry[] = [];
  const begunOperations: BegunOperation[] = [];
  let current = plan;
  let added: readonly FaultRule[] = [];
  let matchCounts = new Map<FaultRule, number>();
  let late: { readonly index: number; readonly effect: () => Promise<void> }[] = [];

  function faultOf(operation: BegunOperation): Fault | undefined {
    for (const rule of [...added, ...(current.rules ?? [])]) {
      if (!fits(rule, operation)) continue;
      const count = (matchCounts.get(rule) ?? 0) + 1;
      matchCounts.set(rule, count);
      if (rule.at === undefined || rule.at === count) return rule.fault;
    }
    return current.rates === undefined ? undefined : drawFault(current.rates, random);
  }

  return {
    trace,
    begun: begunOperations,
    setPlan(next) {
      current = next;
      matchCounts = new Map();
    },
    get plan() {
      return current;
    },
    addRule(rule) {
      const own = { ...rule }; // Its count is its own, however often the rule is added.
      added = [own, ...added];
      return () => {
        added = added.filter((other) => other !== own);
      };
    },
    clock,
    random,
    async begin({ where, what, key }, process) {
      const begun = { index: begunOperations.length + 1, process, where, what, key };
      begunOperations.push(begun);
      const fault = faultOf(begun);
      const due = late.filter((one) => one.index <= begun.index);
      late = late.filter((one) => one.index > begun.index);
      for (const { effect } of due) await effect();
      return { begun, fault };
    },
    record(entry) {
      trace.push(entry);
    },
    land(index, effect) {
      late.push({ index, effect });
    },
  };
}
