import fc from "fast-check";
import { expect, test } from "vitest";
import { referenceStore } from "../reference/reference-store.ts";
import { arbitraryEvents } from "./arbitrary-events.ts";
import { arbitraryQuery } from "./arbitrary-query.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2025, 9, 24);

test("arbitrary events stay in their little world", () => {
  const options = { users: 2, names: 1, days: 2, count: 10 };
  fc.assert(
    fc.property(arbitraryEvents(options), (events) => {
      expect(events.length).toBeLessThanOrEqual(10);
      for (const event of events) {
        expect(["u1", "u2"]).toContain(event.user_id);
        expect(event.event).toBe("view");
        const timeMs = new Date(event.time).getTime();
        expect(timeMs).toBeGreaterThanOrEqual(START_MS);
        expect(timeMs).toBeLessThan(START_MS + 2 * DAY_MS);
      }
    }),
  );
});

test("keys and times repeat often, unless they shall not", async () => {
  const seen = { duplicates: 0, ties: 0 };
  for (const events of fc.sample(arbitraryEvents(), { numRuns: 100, seed: 1 })) {
    seen.duplicates += (await referenceStore().append(events)).duplicates;
    const times = events.map(({ time }) => new Date(time).getTime());
    seen.ties += times.length - new Set(times).size;
  }
  expect(seen.duplicates).toBeGreaterThan(20);
  expect(seen.ties).toBeGreaterThan(100);
  const plain = arbitraryEvents({ duplicates: false, ties: false });
  for (const events of fc.sample(plain, { numRuns: 50, seed: 1 })) {
    expect(await referenceStore().append(events)).toMatchObject({ duplicates: 0 });
  }
});

test("events shrink to as few as the failure needs, of the plainest kind", () => {
  const run = fc.check(
    fc.property(arbitraryEvents({ users: 6 }), (events) => {
      return events.filter(({ event }) => event === "buy").length < 2;
    }),
    { seed: 7 },
  );
  expect(run.failed).toBe(true);
  const plainest = { event: "buy", user_id: "u1", time: START_MS };
  expect(run.counterexample?.[0]).toMatchObject([plainest, plainest]);
});

test("arbitrary queries are valid, and most of them meet events", async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(
      arbitraryEvents(),
      arbitraryQuery("segmentation"),
      arbitraryQuery("timeline"),
      async (events, segmentation, timeline) => {
        const store = referenceStore();
        await store.append(events);
        const answer = await store.query(segmentation);
        for (const { overall, segments } of answer.series) {
          expect(overall.values).toHaveLength(answer.intervals.length);
          expect(segments !== undefined).toBe(segmentation.by !== undefined);
          if (Number(overall.range) > 0) answered++;
        }
        const page = await store.query(timeline);
        if (page.events.length > 0) answered++;
      },
    ),
    { numRuns: 200, seed: 3 },
  );
  expect(answered).toBeGreaterThan(100);
});

test("the parts of a segmentation never exceed its whole", async () => {
  let counted = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryEvents(), arbitraryQuery("segmentation"), async (events, query) => {
      const store = referenceStore();
      await store.append(events);
      // Means, and numbers up to an interval, say nothing of the range.
      const answer = await store.query({ ...query, rolling: undefined, cumulative: undefined });
      const series = answer.series.slice(0, query.series.length); // Without that of a formula.
      for (const [index, { overall, segments = [] }] of series.entries()) {
        const measure = JSON.stringify(query.series[index]?.measure);
        const sum = overall.values.reduce<number>((total, value) => total + Number(value), 0);
        const adds = ['"total"', '"sessions"'].includes(measure);
        // Other numbers may be negative, or greater where there is less.
        if (!adds && measure !== '"unique"' && !measure.startsWith('{"distinct"')) continue;
        counted++;
        if (adds) expect(sum).toBe(overall.range);
        else expect(sum).toBeGreaterThanOrEqual(Number(overall.range));
        for (const segment of segments) {
          expect(Number(segment.range)).toBeLessThanOrEqual(Number(overall.range));
        }
      }
    }),
    { numRuns: 300, seed: 4 },
  );
  expect(counted).toBeGreaterThan(60);
});
