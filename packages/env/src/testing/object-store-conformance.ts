import { invariant } from "@shale/model";
import type { ObjectStore } from "../object-store.ts";
import { keyCases } from "./key-cases.ts";
import { listCases } from "./list-cases.ts";
import { raceCases } from "./race-cases.ts";
import { readCases } from "./read-cases.ts";
import { writeCases } from "./write-cases.ts";

/** Opens an empty store; every case asks for its own. */
export type OpenStore = () => ObjectStore | Promise<ObjectStore>;

export interface ConformanceCase {
  readonly name: string;
  /** Rejects with an AssertionError that says which rule the store broke. */
  run(): Promise<void>;
}
/** `test` or `it` of vitest, node:test, mocha, jest. */
export type RegisterTest = (name: string, run: () => Promise<void>) => unknown;

/** The rules of `ObjectStore`, one case each, for any runner or none. */
export function objectStoreCases(open: OpenStore): readonly ConformanceCase[] {
  const rules = { ...readCases, ...writeCases, ...listCases, ...keyCases, ...raceCases };
  return Object.entries(rules).map(([name, check]) => ({
    name,
    run: async () => check(await open()),
  }));
}

/**
 * Registers every case as a test called `<name> <rule>`, with `test` or, where that is left out,
 * the runner's global `test` or `it`.
 */
export function objectStoreConformance(name: string, open: OpenStore, test?: RegisterTest): void {
  const register = test ?? globalTest();
  for (const { name: rule, run } of objectStoreCases(open))
    register(`${name} ${rule}`, () => run());
}

function globalTest(): RegisterTest {
  const found: unknown = Reflect.get(globalThis, "test") ?? Reflect.get(globalThis, "it");
  invariant(
    typeof found === "function",
    "objectStoreConformance is given the test function of a runner that has no global one",
  );
  return (name, run) => found(name, run);
}
