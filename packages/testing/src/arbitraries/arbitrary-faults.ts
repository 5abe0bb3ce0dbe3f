import type * as FastCheck from "fast-check";
import type {
  DiskOperation,
  Fault,
  FaultPlan,
  FaultRule,
  StoreOperation,
} from "../simulation/fault-plan.ts";
import { loadFastCheck } from "./fast-check-package.ts";

export interface ArbitraryFaultsOptions {
  /** Highest rate of each kind, default 0.05. */
  readonly rateMax?: number | undefined;
  /** Most rules, default 3. */
  readonly rules?: number | undefined;
  /** True (the default): some rules end processes and machines. */
  readonly crashes?: boolean | undefined;
}

type Check = typeof FastCheck;
type Arbitrary<T> = FastCheck.Arbitrary<T>;

const STORE_OPERATIONS: readonly StoreOperation[] = ["put", "get", "list", "delete", "head"];
const DISK_OPERATIONS: readonly DiskOperation[] = [
  "append",
  "sync",
  "createLog",
  "createMarker",
  "readFile",
  "listNames",
  "removeFile",
];

function arbitraryFault(fc: Check, crashes: boolean): Arbitrary<Fault> {
  const failure = fc.record({ kind: fc.constantFrom("before", "after") });
  const late = fc.record({
    kind: fc.constant("late" as const),
    operations: fc.integer({ min: 1, max: 20 }),
  });
  const delay = fc.record({
    kind: fc.constant("delay" as const),
    ms: fc.integer({ min: 1, max: 60_000 }),
  });
  const crash = fc.record({
    kind: fc.constant("crash" as const),
    when: fc.constantFrom("before", "after", "torn"),
    power: fc.boolean(),
  });
  return crashes ? fc.oneof(failure, late, delay, crash) : fc.oneof(failure, late, delay);
}

function arbitraryRule(fc: Check, crashes: boolean): Arbitrary<FaultRule> {
  const at = fc.integer({ min: 1, max: 60 });
  const fault = arbitraryFault(fc, crashes);
  return fc.oneof(
    fc.record({
      at,
      where: fc.constant("store" as const),
      what: fc.subarray([...STORE_OPERATIONS], { minLength: 1 }),
      fault,
    }),
    fc.record({
      at,
      where: fc.constant("disk" as const),
      what: fc.subarray([...DISK_OPERATIONS], { minLength: 1 }),
      fault,
    }),
  );
}

/**
 * Plans of faults for `simulatedEnv`: rates, single faults, crashes, a store that refuses fast
 * rewrites. They shrink towards a plan without any.
 *
 * @throws {ShaleError} PACKAGE_MISSING without fast-check
 */
export function arbitraryFaults(options: ArbitraryFaultsOptions = {}): Arbitrary<FaultPlan> {
  const fc = loadFastCheck();
  const { rateMax = 0.05, rules = 3, crashes = true } = options;
  const rate = fc
    .integer({ min: 0, max: 10 })
    .map((tenths) => (tenths === 0 ? undefined : (tenths * rateMax) / 10));
  const rates = fc.record({ before: rate, after: rate, late: rate, delay: rate });
  return fc
    .record({
      rates: fc.option(rates, { nil: undefined, freq: 2 }),
      rules: fc.array(arbitraryRule(fc, crashes), { maxLength: rules }),
      rewriteIntervalMs: fc.option(fc.constant(1_000), { nil: undefined, freq: 2 }),
    })
    .map(withoutEmpty);
}

/** A plan names what it does, and nothing else. */
function withoutEmpty(plan: FaultPlan): FaultPlan {
  const { rates = {}, rules = [], rewriteIntervalMs } = plan;
  const drawn = Object.entries(rates).filter(([, value]) => value !== undefined);
  return {
    ...(drawn.length === 0 ? {} : { rates: Object.fromEntries(drawn) }),
    ...(rules.length === 0 ? {} : { rules }),
    ...(rewriteIntervalMs === undefined ? {} : { rewriteIntervalMs }),
  };
}
