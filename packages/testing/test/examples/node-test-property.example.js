// Run by `node --test`, on the built package: nothing here needs vitest.
import assert from "node:assert/strict";
import test from "node:test";
import { arbitraryEvents, referenceStore } from "@shale/testing";
import fc from "fast-check";

test("every event that was appended comes back, repeats once", () =>
  fc.assert(
    fc.asyncProperty(arbitraryEvents({ users: 3 }), async (events) => {
      const store = referenceStore();
      const { accepted, duplicates } = await store.append(events);
      let count = 0;
      for await (const _ of store.events()) count++;
      assert.equal(count, accepted - duplicates);
    }),
  ));
