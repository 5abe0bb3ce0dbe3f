import type { Answer, FunnelAnswerStep, RetentionCohort, Segment } from "@shale/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paletteOf } from "../palette.ts";
import { widthOf } from "../text.ts";
import { answerText } from "./answer.ts";
import { meta } from "./answers.test-support.ts";

const name = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom("日本語のイベント名がとても長い", "e\u0301e\u0301", "👩‍👩‍👧👩‍👩‍👧", "", "view"),
);
const count = fc.oneof(fc.nat(99), fc.nat(9_999_999), fc.constantFrom(0, 2 ** 53 - 1));
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
  count,
  fc.constantFrom(-9_999_999_999_999, -1_234_567_890.125, 1e-300, -0.1),
);
const rate = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
const interval = fc.constantFrom(
  "2026-10-01",
  "2026-10-02",
  "2026-10-01T13:00:00+00:00",
  "2026-10-01T13:00:00+05:30",
);
const intervals = fc.array(interval, { minLength: 1, maxLength: 40 });
const segment: fc.Arbitrary<Segment> = fc.oneof(
  fc.record({ by: fc.array(fc.oneof(name, value, fc.boolean()), { minLength: 1, maxLength: 3 }) }),
  fc.constant<Segment>({ by: [], other: true }),
);
const few = { maxLength: 4 };

const segmentation: fc.Arbitrary<Answer> = intervals.chain((list) => {
  const values = fc.array(value, { minLength: list.length, maxLength: list.length });
  const numbers = fc.record({ values, range: value });
  const segments = fc.array(
    fc.tuple(segment, numbers).map(([one, own]) => ({ ...one, ...own })),
    few,
  );
  const one = fc.record(
    { label: name, overall: numbers, segments },
    { requiredKeys: ["label", "overall"] },
  );
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((series): Answer => ({ kind: "segmentation", intervals: list, series, meta }));
});

const duration = fc.option(fc.double({ min: 0, max: 1e13, noNaN: true }));
const time = fc.record({ avg: duration, median: duration, p90: duration });
const step: fc.Arbitrary<FunnelAnswerStep> = fc.record(
  {
    label: name,
    count,
    fromFirst: rate,
    fromPrevious: rate,
    pending: count,
    timeFromPreviousMs: time,
    timeFromFirstMs: time,
  },
  { requiredKeys: ["label", "count", "fromFirst", "fromPrevious", "pending"] },
);
const funnel: fc.Arbitrary<Answer> = fc.integer({ min: 1, max: 5 }).chain((length) => {
  const steps = fc.array(step, { minLength: length, maxLength: length });
  return fc.record(
    {
      kind: fc.constant("funnel" as const),
      order: fc.constant("ordered" as const),
      steps,
      segments: fc.array(
        fc.tuple(segment, steps).map(([one, own]) => ({ ...one, steps: own })),
        few,
      ),
      trendMode: fc.constantFrom("perInterval" as const, "byEntry" as const),
      trend: fc.array(fc.record({ interval, steps }), few),
      meta: fc.constant(meta),
    },
    { requiredKeys: ["kind", "order", "steps", "meta"] },
  );
});

const retention: fc.Arbitrary<Answer> = fc.integer({ min: 1, max: 12 }).chain((length) => {
  const exactly = { minLength: length, maxLength: length };
  const cell = fc.record({ count, rate, complete: fc.boolean() });
  const cohort: fc.Arbitrary<RetentionCohort> = fc.record({
    interval,
    size: count,
    buckets: fc.array(cell, exactly),
  });
  const cohorts = fc.array(cohort, { maxLength: 5 });
  const average = fc.array(fc.record({ rate }), exactly);
  const wide = fc.constantFrom<[number, number]>([0, 0], [7, 29], [1_000, 10_000]);
  return fc.record(
    {
      kind: fc.constant("retention" as const),
      mode: fc.constantFrom("on" as const, "onOrAfter" as const, "streak" as const),
      clock: fc.constantFrom("rolling" as const, "calendar" as const),
      brackets: fc.array(wide, exactly),
      cohorts,
      average,
      segments: fc.array(
        fc
          .tuple(segment, cohorts, average)
          .map(([one, ownCohorts, own]) => ({ ...one, cohorts: ownCohorts, average: own })),
        few,
      ),
      meta: fc.constant(meta),
    },
    { requiredKeys: ["kind", "mode", "clock", "brackets", "cohorts", "average", "meta"] },
  );
});

const label = fc.option(name);
const node = fc.record({ label, count, dropOff: count, pending: count });
const anchor = fc.nat(2);
const offset = fc.integer({ min: -3, max: 3 });
const flow: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constant("flow" as const),
  mode: fc.constant("graph" as const),
  steps: fc.array(fc.record({ anchor, offset, nodes: fc.array(node, few) }), { maxLength: 8 }),
  edges: fc.array(fc.record({ anchor, offset, from: label, to: label, count }), { maxLength: 20 }),
  meta: fc.constant(meta),
});
const paths: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constant("flow" as const),
  mode: fc.constant("paths" as const),
  paths: fc.array(fc.record({ labels: fc.array(name, { maxLength: 6 }), count }), few),
  other: count,
  meta: fc.constant(meta),
});

const lifecycle: fc.Arbitrary<Answer> = intervals.chain((list) => {
  const counts = fc.array(count, { minLength: list.length, maxLength: list.length });
  return fc.record({
    kind: fc.constant("lifecycle" as const),
    intervals: fc.constant(list),
    new: counts,
    returning: counts,
    resurrecting: counts,
    dormant: counts,
    meta: fc.constant(meta),
  });
});
const stickiness: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constant("stickiness" as const),
  intervalCount: fc.nat(400),
  users: fc.array(count, { maxLength: 40 }),
  meta: fc.constant(meta),
});
const users: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constant("users" as const),
  users: fc.array(fc.record({ user_id: name }), few),
  total: count,
  cursor: fc.constant(null),
  meta: fc.constant(meta),
});
const timeline: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constant("timeline" as const),
  events: fc.array(
    fc.record({
      event: name,
      user_id: name,
      time: fc.constantFrom("2026-10-01T13:00:00.000Z", "2026-10-07T13:00:00.123Z"),
      insert_id: name,
      properties: fc.dictionary(name, fc.oneof(name, fc.boolean())),
    }),
    few,
  ),
  cursor: fc.constant(null),
  meta: fc.constant(meta),
});

const kinds = {
  segmentation,
  funnel,
  retention,
  flow,
  paths,
  lifecycle,
  stickiness,
  users,
  timeline,
};

describe("no line is wider than the terminal", () => {
  const palette = paletteOf({ colour: false });
  const numRuns = process.env["SHALE_TEST_LONG"] === "1" ? 5_000 : 150;
  test.each(Object.entries(kinds))("%s", (_kind, answer) => {
    fc.assert(
      fc.property(answer, name, fc.integer({ min: 20, max: 200 }), (one, heading, width) => {
        for (const line of answerText(one, heading, { width, palette }).split("\n")) {
          expect(widthOf(line), line).toBeLessThanOrEqual(width);
        }
      }),
      { numRuns },
    );
  });
});
