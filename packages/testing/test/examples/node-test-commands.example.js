// Run by `node --test`, on the built package: nothing here needs vitest.
import test from "node:test";
import { runStoreCommands, storeCommands } from "@shale/testing";
import fc from "fast-check";

test("processes that append, compact and die lose nothing", () =>
  fc.assert(
    fc.asyncProperty(fc.commands(storeCommands(), { maxCommands: 8 }), async (commands) => {
      await runStoreCommands(commands, { seed: 1 });
    }),
    { numRuns: 10 },
  ));
