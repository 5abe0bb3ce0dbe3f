import fc from "fast-check";
import { runStoreCommands, storeCommands } from "shale/testing";
import { test } from "vitest";

test("no change of the number of shards changes an answer", () =>
  fc.assert(
    fc.asyncProperty(
      fc.commands(storeCommands({ reshard: true }), { maxCommands: 8 }),
      fc.nat(),
      async (commands, seed) => {
        await runStoreCommands(commands, { seed, shards: 3 });
      },
    ),
    { numRuns: 5 },
  ));
