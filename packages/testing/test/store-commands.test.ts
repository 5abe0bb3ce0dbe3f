import type { FaultPlan, StoreCommand, StoreModel, StoreSystem } from "@shale/testing";
import {
  arbitraryFaults,
  checkSeed,
  replay,
  runStoreCommands,
  simulatedEnv,
  storeCommands,
} from "@shale/testing";
import fc from "fast-check";
import { expect, test } from "vitest";

type Sabotage = (run: { readonly model: StoreModel; readonly system: StoreSystem }) => unknown;

/** A command that does something behind the engine's back. */
function saboteur(text: string, act: Sabotage): StoreCommand {
  return {
    check: () => true,
    run: async (model, system) => void (await act({ model, system })),
    toString: () => text,
  };
}

// The first commands append, the third flushes, the fifth compacts.
const [append, , flush, , compact] = storeCommands({ events: 3 }) as [
  fc.Arbitrary<StoreCommand>,
  ...fc.Arbitrary<StoreCommand>[],
];
function drawn(arbitrary: fc.Arbitrary<StoreCommand> | undefined, count: number): StoreCommand[] {
  return fc.sample(arbitrary!, { numRuns: count, seed: 1 });
}

async function findingOf(commands: readonly StoreCommand[]): Promise<string> {
  return await runStoreCommands(commands, { seed: 1 }).then(
    () => "nothing",
    (error: unknown) => String(error),
  );
}

test("a tail object or a day file that is lost is found", async () => {
  const lose = (part: string): StoreCommand =>
    saboteur(`lose ${part}`, async ({ system: { world } }) => {
      const { entries } = await world.store.list("p/");
      const lost = entries.find(({ key }) => key.includes(part));
      await world.store.delete(lost!.key);
    });
  const flushed = [...drawn(append, 4), ...drawn(flush, 6)];
  expect(await findingOf([...flushed, lose("/tail/")])).toMatch(/is gone|missing/);
  const compacted = [...flushed, ...drawn(compact, 2)];
  expect(await findingOf([...compacted, lose(".parquet")])).toMatch(/is not there|missing/);
  expect(await findingOf(compacted)).toBe("nothing");
});

test("a promise that is not kept is found, and named", async () => {
  const commands = [
    ...drawn(append, 1),
    saboteur("pretend to have appended", ({ model }) => {
      const [sent] = model.appends.values();
      model.appends.set("a9", { ...sent!, name: "a9", isShared: true });
    }),
  ];
  expect(await findingOf(commands)).toContain("promised and missing: a9");
});

test("a deletion that deletes nothing is found, and shrinks to one event of the user", async () => {
  const sabotage = saboteur("pretend to delete u1", ({ model }) => {
    model.log.push({ deleteUser: "u1" });
  });
  const commands = fc.commands([append, append, flush!, fc.constant(sabotage)], {
    maxCommands: 12,
    size: "max",
  });
  const property = fc.asyncProperty(commands, async (list) => {
    await runStoreCommands(list, { seed: 1 });
  });
  const details = await fc.check(property, { seed: 3, numRuns: 60 });
  expect(String(details.errorInstance)).toContain("answers wrongly: event 0 is");
  const texts = String(details.counterexample?.[0]).replace(/ ?\/\*.*/, "");
  const event = /\{"event":"view","user_id":"u1","time":[^{}]*\}/.source;
  expect(texts).toMatch(new RegExp(`^process 0: append \\[${event}\\] wal,pretend to delete u1$`));
});

test("every kind of command runs after an append, alone and struck by faults", async () => {
  const arbitraries = storeCommands();
  for (const [index, arbitrary] of arbitraries.entries()) {
    const drawn = fc.sample(arbitrary, { numRuns: 3, seed: index + 1 });
    const appends = fc.sample(arbitraries[0]!, { numRuns: 2, seed: index + 1 });
    await runStoreCommands([...appends, ...drawn], { seed: index });
    const rates = { before: 0.05, after: 0.05, late: 0.05 };
    await runStoreCommands([...appends, ...drawn], { seed: index, faults: { rates } });
  }
});

test("replay() prints the commands and operations of a seed, and the same ones every time", async () => {
  for (const seed of [3, 8, 19, 23]) {
    const printed: string[][] = [];
    const runs = [];
    for (let count = 0; count < 2; count++) {
      const lines: string[] = [];
      runs.push(await replay(seed, { print: (line) => lines.push(line) }));
      printed.push(lines);
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(printed[1]).toEqual(printed[0]);
    expect(runs[0]!.finding).toBeUndefined();
    expect(runs[0]!.trace.length).toBeGreaterThan(50);
    expect(printed[0]![0]).toContain(`seed ${seed}`);
    expect(printed[0]!.at(-1)).toBe("nothing is wrong");
    expect(printed[0]).toContainEqual("> settle");
    // What is replayed is what is checked.
    const { world } = await checkSeed(seed);
    expect(world.faults.trace).toEqual(runs[0]!.trace);
  }
});

test("arbitrary faults strike, and shrink to none and to a single one", async () => {
  const strikes = async (faults: FaultPlan): Promise<boolean> => {
    const env = simulatedEnv({ seed: 1, faults });
    const failures = { count: 0 };
    for (let count = 0; count < 20; count++) {
      const put = env.store.put(`k/${count}`, new Uint8Array(1), { ifAbsent: true });
      await Promise.race([put, env.ended]).catch(() => failures.count++);
      if (env.isEnded) return true;
    }
    return failures.count > 0;
  };
  const any = fc.check(
    fc.property(arbitraryFaults(), () => false),
    { seed: 1 },
  );
  expect(any.counterexample).toEqual([{}]);
  const property = fc.asyncProperty(arbitraryFaults(), async (faults) => !(await strikes(faults)));
  const struck = await fc.check(property, { seed: 1 });
  expect(struck.failed).toBe(true);
  const [plan] = struck.counterexample ?? [{}];
  expect(Object.keys(plan).length).toBe(1);
});
