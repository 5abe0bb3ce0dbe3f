import fc from "fast-check";
import { arbitraryFaults, runStoreCommands, storeCommands } from "shale/testing";
import { test } from "vitest";

test("no command and no fault changes an answer", () =>
  fc.assert(
    fc.asyncProperty(
      fc.commands(storeCommands({ users: 3 }), { maxCommands: 10 }),
      arbitraryFaults(),
      fc.nat(),
      async (commands, faults, seed) => {
        await runStoreCommands(commands, { seed, faults, shards: 7 });
      },
    ),
    { numRuns: 20 },
  ));
