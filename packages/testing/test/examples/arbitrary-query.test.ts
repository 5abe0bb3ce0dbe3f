import fc from "fast-check";
import { arbitraryEvents, arbitraryQuery, referenceStore } from "shale/testing";
import { expect, test } from "vitest";

test("the order of appends of unlike events changes no segmentation", () =>
  fc.assert(
    fc.asyncProperty(
      arbitraryEvents({ duplicates: false }),
      arbitraryQuery("segmentation"),
      async (events, query) => {
        const [one, other] = [referenceStore(), referenceStore()];
        await one.append(events);
        await other.append([...events].reverse());
        const answers = [await one.query(query), await other.query(query)];
        expect(answers[0]?.series).toEqual(answers[1]?.series);
      },
    ),
  ));
