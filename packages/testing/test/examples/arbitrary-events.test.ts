import fc from "fast-check";
import { arbitraryEvents, referenceStore } from "shale/testing";
import { expect, test } from "vitest";

test("a list appended twice has no more duplicates than events", () =>
  fc.assert(
    fc.asyncProperty(arbitraryEvents({ users: 3, days: 2 }), async (events) => {
      const store = referenceStore();
      await store.append(events);
      const again = await store.append([...events, ...events]);
      expect(again.duplicates).toBeLessThanOrEqual(again.accepted);
    }),
  ));
