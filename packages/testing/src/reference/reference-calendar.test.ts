import type { SegmentationQuery, TimeUnit } from "@shale/model";
import { expect, test } from "vitest";
import { firstInstantOf, intervalsOf, rangeOf } from "./reference-calendar.ts";

function intervals(
  unit: TimeUnit | "range",
  [from, to]: readonly [string, string],
  timezone: string,
  weekStart: "monday" | "sunday" = "monday",
) {
  const query: SegmentationQuery = {
    kind: "segmentation",
    unit,
    from,
    to,
    timezone,
    weekStart,
    series: [],
  };
  return intervalsOf(query, rangeOf(query));
}
const labels = (...parameters: Parameters<typeof intervals>) =>
  intervals(...parameters).map(({ label }) => label);

test("days, weeks and months are labelled by their first local day", () => {
  expect(labels("day", ["2026-10-01", "2026-10-03"], "UTC")).toEqual(["2026-10-01", "2026-10-02"]);
  // 2026-10-01 is a Thursday: the first week began before the range.
  expect(labels("week", ["2026-10-01", "2026-10-06"], "UTC")).toEqual(["2026-09-28", "2026-10-05"]);
  expect(labels("week", ["2026-10-01", "2026-10-06"], "UTC", "sunday")).toEqual([
    "2026-09-27",
    "2026-10-04",
  ]);
  expect(labels("month", ["2026-01-31", "2026-03-01"], "UTC")).toEqual([
    "2026-01-01",
    "2026-02-01",
  ]);
  expect(labels("range", ["2026-01-31T22:00:00Z", "2026-03-01"], "Asia/Tokyo")).toEqual([
    "2026-02-01",
  ]);
});

test("the first interval may begin before the range, and is cut to it", () => {
  const [first, second] = intervals("day", ["2026-10-01T12:00:00Z", "2026-10-02T01:00:00Z"], "UTC");
  expect(first?.startMs).toBe(Date.UTC(2026, 9, 1, 12));
  expect(second).toMatchObject({ label: "2026-10-02", endMs: Date.UTC(2026, 9, 2, 1) });
});

test("the repeated autumn hour is two hours, the skipped spring hour none", () => {
  const autumn = ["2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z"] as const;
  expect(labels("hour", autumn, "Europe/Berlin")).toEqual([
    "2026-10-25T02:00:00+02:00",
    "2026-10-25T02:00:00+01:00",
    "2026-10-25T03:00:00+01:00",
  ]);
  const spring = ["2026-03-29T00:30:00Z", "2026-03-29T02:00:00Z"] as const;
  expect(labels("hour", spring, "Europe/Berlin")).toEqual([
    "2026-03-29T01:00:00+01:00",
    "2026-03-29T03:00:00+02:00",
  ]);
  expect(labels("hour", ["2026-10-01T13:00:00Z", "2026-10-01T14:00:00Z"], "UTC")).toEqual([
    "2026-10-01T13:00:00+00:00",
  ]);
});

test("an offset that changes inside an hour cuts it", () => {
  // Lord Howe goes back half an hour, at 02:00 (+11:00) to 01:30 (+10:30).
  const hours = intervals(
    "hour",
    ["2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z"],
    "Australia/Lord_Howe",
  );
  expect(hours.map(({ label, startMs, endMs }) => [label, (endMs - startMs) / 60_000])).toEqual([
    ["2026-04-05T01:00:00+11:00", 60],
    ["2026-04-05T01:00:00+10:30", 30],
    ["2026-04-05T02:00:00+10:30", 60],
  ]);
});

test("minutes follow the offset of their zone", () => {
  const minutes = ["2026-10-01T00:00:00Z", "2026-10-01T00:02:00Z"] as const;
  expect(labels("minute", minutes, "Asia/Kathmandu")).toEqual([
    "2026-10-01T05:45:00+05:45",
    "2026-10-01T05:46:00+05:45",
  ]);
  expect(
    labels("hour", ["1971-06-01T00:00:00Z", "1971-06-01T00:01:00Z"], "Africa/Monrovia"),
  ).toEqual(["1971-05-31T23:00:00-00:44:30"]);
});

test("a day whose midnight is skipped begins at its first instant", () => {
  // Cairo 2023-04-28: 00:00 +02:00 became 01:00 +03:00.
  expect(firstInstantOf("2023-04-28", "Africa/Cairo")).toBe(Date.UTC(2023, 3, 27, 22));
  const days = intervals("day", ["2018-11-03", "2018-11-06"], "America/Sao_Paulo");
  expect(days.map(({ startMs, endMs }) => (endMs - startMs) / 3_600_000)).toEqual([24, 23, 24]);
  const autumn = intervals("day", ["2018-02-17", "2018-02-19"], "America/Sao_Paulo");
  expect(autumn.map(({ startMs, endMs }) => (endMs - startMs) / 3_600_000)).toEqual([25, 24]);
});

test("a date that never was has no interval", () => {
  expect(labels("day", ["2011-12-29", "2012-01-01"], "Pacific/Apia")).toEqual([
    "2011-12-29",
    "2011-12-31",
  ]);
});

test("a repeated midnight belongs to the day that it began", () => {
  // St. John's went back at 00:01 on 2010-11-07 to 23:01 of the day before.
  const days = intervals("day", ["2010-11-06", "2010-11-08"], "America/St_Johns");
  expect(days.map(({ label, startMs, endMs }) => [label, (endMs - startMs) / 3_600_000])).toEqual([
    ["2010-11-06", 24],
    ["2010-11-07", 25],
  ]);
});

test("an empty or reversed range is refused", () => {
  for (const to of ["2026-10-01", "2026-09-30"]) {
    expect(() => intervals("day", ["2026-10-01", to], "UTC")).toThrow("from must lie before to");
  }
});
