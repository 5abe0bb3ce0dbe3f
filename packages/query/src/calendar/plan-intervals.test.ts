import type { TimeUnit } from "@shale/model";
import { DAY_MS } from "@shale/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillIntervals, intervalAt } from "./interval-at.ts";
import type { IntervalsPlan } from "./plan-intervals.ts";
import { planIntervals } from "./plan-intervals.ts";
import { isTimezone } from "./zone-offsets.ts";

const zones = [
  "UTC",
  "America/New_York",
  "America/Sao_Paulo", // Midnights that were skipped.
  "America/St_Johns", // Clocks went back at 00:01.
  "America/Recife", // Two changes within a week.
  "Asia/Kathmandu", // +05:45
  "Asia/Kolkata",
  "Australia/Lord_Howe", // Half an hour of summer time.
  "Pacific/Apia", // 2011-12-30 never was.
  "Pacific/Kwajalein", // 1993-08-21 never was.
  "Africa/Monrovia", // -00:44:30 until 1972.
  "Africa/Casablanca",
  "Europe/Berlin",
  "Asia/Gaza",
  "Asia/Tehran",
];
const testLong = process.env["SHALE_TEST_LONG"] === "1";

function plan(
  unit: TimeUnit | "range",
  from: string,
  to: string,
  timezone: string,
  weekStart: "monday" | "sunday" = "monday",
): ReturnType<typeof planIntervals> {
  return planIntervals({
    unit,
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
    timezone,
    weekStart,
  });
}

/** The local clock at one instant, by Intl alone. */
function clockOf(timezone: string): (atMs: number) => { localMs: number; offsetMs: number } {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  return (atMs) => {
    const secondMs = Math.floor(atMs / 1000) * 1000;
    const localMs = Date.parse(`${format.format(secondMs).replace(" ", "T")}Z`);
    return { localMs: localMs + (atMs - secondMs), offsetMs: localMs - secondMs };
  };
}

/** The first day of the unit that holds a local day, the long way. */
function unitStartOf(unit: "day" | "week" | "month", weekStart: string, day: number): number {
  const matches = (candidate: number): boolean => {
    const date = new Date(candidate * DAY_MS);
    if (unit === "day") return true;
    if (unit === "month") return date.getUTCDate() === 1;
    return date.getUTCDay() === (weekStart === "monday" ? 1 : 0);
  };
  let first = day;
  while (!matches(first)) first--;
  return first;
}

/** What interval an instant belongs to, as a label, without any of the planner's tables. */
function labelByIntl(input: IntervalsPlan, atMs: number): string {
  const clock = clockOf(input.timezone);
  const { localMs, offsetMs } = clock(atMs);
  if (input.unit === "hour" || input.unit === "minute") {
    const length = input.unit === "hour" ? 3_600_000 : 60_000;
    const floored = new Date(Math.floor(localMs / length) * length).toISOString().slice(0, 19);
    const total = Math.abs(offsetMs) / 1000;
    const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
    const seconds = total % 60 === 0 ? "" : `:${two(total % 60)}`;
    return `${floored}${offsetMs < 0 ? "-" : "+"}${two(total / 3600)}:${two((total / 60) % 60)}${seconds}`;
  }
  // The greatest local date that the zone has reached by then: after a midnight that comes twice,
  // the repeated evening belongs to the day that has begun.
  let greatest = Math.floor(localMs / DAY_MS);
  for (let hour = 0; hour < 24; hour++) {
    const endMs = atMs - hour * 3_600_000;
    if (clock(endMs).offsetMs === clock(endMs - 3_600_000).offsetMs) continue;
    for (let back = 0; back <= 3_600_000; back += 30_000) {
      greatest = Math.max(greatest, Math.floor(clock(endMs - back).localMs / DAY_MS));
    }
  }
  if (input.unit === "range") throw new Error("a range has one label");
  const first = unitStartOf(input.unit, input.weekStart, greatest);
  return new Date(first * DAY_MS).toISOString().slice(0, 10);
}

describe("planIntervals()", () => {
  it("counts whole days in UTC", () => {
    const intervals = plan("day", "2026-10-01T00:00:00Z", "2026-10-03T00:00:00Z", "UTC");
    expect(intervals.labels).toEqual(["2026-10-01", "2026-10-02"]);
    expect(intervals.startsMs).toEqual(
      Float64Array.of(
        Date.parse("2026-10-01T00:00:00Z"),
        Date.parse("2026-10-02T00:00:00Z"),
        Date.parse("2026-10-03T00:00:00Z"),
      ),
    );
  });

  it("begins with the interval that holds `from`, named by its own first day", () => {
    const from = "2026-10-15T12:00:00Z";
    const to = "2026-10-20T00:00:00Z";
    expect(plan("month", from, to, "UTC").labels).toEqual(["2026-10-01"]);
    expect(plan("week", from, to, "UTC").labels).toEqual(["2026-10-12", "2026-10-19"]);
    expect(plan("week", from, to, "UTC", "sunday").labels).toEqual(["2026-10-11", "2026-10-18"]);
    expect(plan("day", from, "2026-10-16T00:00:00Z", "UTC").labels).toEqual(["2026-10-15"]);
    expect(plan("range", from, to, "Asia/Tokyo").labels).toEqual(["2026-10-15"]);
  });

  it("gives the repeated autumn hour two intervals and the skipped spring hour none", () => {
    const autumn = plan("hour", "2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z", "Europe/Berlin");
    expect(autumn.labels).toEqual([
      "2026-10-25T01:00:00+02:00",
      "2026-10-25T02:00:00+02:00",
      "2026-10-25T02:00:00+01:00",
    ]);
    const spring = plan("hour", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", "Europe/Berlin");
    expect(spring.labels).toEqual(["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]);
  });

  it("knows days of 23 and 25 hours", () => {
    const hoursOf = (from: string, to: string): number[] => {
      const { startsMs } = plan("day", from, to, "America/New_York");
      return Array.from(startsMs.slice(1), (end, i) => (end - startsMs[i]!) / 3_600_000);
    };
    expect(hoursOf("2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z")).toEqual([24, 23, 24]);
    expect(hoursOf("2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z")).toEqual([24, 25, 24]);
  });

  it("starts a day without a midnight when the gap ends, and leaves a skipped date out", () => {
    const gap = plan("day", "2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z", "America/Sao_Paulo");
    expect(gap.labels).toEqual(["2018-11-03", "2018-11-04", "2018-11-05"]);
    expect(new Date(gap.startsMs[1]!).toISOString()).toBe("2018-11-04T03:00:00.000Z"); // 01:00 -02
    const apia = plan("day", "2011-12-29T12:00:00Z", "2011-12-31T12:00:00Z", "Pacific/Apia");
    expect(apia.labels).toEqual(["2011-12-29", "2011-12-31", "2012-01-01"]);
  });

  it("cuts an hour short where an offset of half an hour changes", () => {
    const { labels, startsMs } = plan(
      "hour",
      "2026-04-04T14:00:00Z",
      "2026-04-04T16:30:00Z",
      "Australia/Lord_Howe",
    );
    expect(labels).toEqual([
      "2026-04-05T01:00:00+11:00",
      "2026-04-05T01:00:00+10:30",
      "2026-04-05T02:00:00+10:30",
    ]);
    expect(startsMs[2]! - startsMs[1]!).toBe(1_800_000);
  });

  it("refuses more than 100,000 intervals", () => {
    expect(() => plan("minute", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "UTC")).toThrow(
      expect.objectContaining({ code: "QUERY_INVALID", path: "unit" }),
    );
    expect(() => plan("minute", "2026-01-01T00:00:00Z", "2026-03-11T11:00:00Z", "UTC")).toThrow(
      /more than 100000/,
    );
  });

  it("agrees with Intl asked for each instant alone, in every zone tried", () => {
    const inputs = fc.record({
      timezone: fc.constantFrom(...zones),
      unit: fc.constantFrom("hour" as const, "minute" as const, "day", "week", "month"),
      weekStart: fc.constantFrom("monday" as const, "sunday" as const),
      fromMs: fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2040, 0, 1) }),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    const lengths = { minute: 2 * 3_600_000, hour: 3, day: 40, week: 100, month: 500 };
    fc.assert(
      fc.property(inputs, fc.array(fc.double({ min: 0, max: 0.9999, noNaN: true })), (raw, at) => {
        const length = raw.unit === "minute" ? lengths.minute : lengths[raw.unit] * DAY_MS;
        const input = { ...raw, toMs: raw.fromMs + Math.ceil(length * raw.share) };
        checkAgainstIntl(input, at);
      }),
      { numRuns: testLong ? 3000 : 60 },
    );
  });

  it("agrees with Intl around every kind of change", () => {
    const changes: [string, string][] = [
      ["Pacific/Apia", "2011-12-30T10:00:00Z"],
      ["Pacific/Kwajalein", "1993-08-21T12:00:00Z"],
      ["America/Sao_Paulo", "2018-11-04T03:00:00Z"],
      ["America/Sao_Paulo", "2018-02-18T02:00:00Z"],
      ["America/St_Johns", "2006-10-29T02:31:00Z"],
      ["America/St_Johns", "2006-04-02T03:31:00Z"],
      ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
      ["Africa/Monrovia", "1972-01-07T00:44:30Z"],
      ["America/Recife", "2000-10-08T03:00:00Z"],
      ["Asia/Kathmandu", "1985-12-31T18:30:00Z"],
    ];
    for (const [timezone, at] of changes) {
      for (const unit of ["hour", "day", "week", "month"] as const) {
        const atMs = Date.parse(at);
        const input = { timezone, unit, weekStart: "monday" as const };
        const range = { fromMs: atMs - 26 * 3_600_000, toMs: atMs + 26 * 3_600_000 };
        checkAgainstIntl({ ...input, ...range }, [0.1, 0.47, 0.49, 0.4999, 0.5, 0.51, 0.53, 0.9]);
      }
    }
  });
});

function checkAgainstIntl(input: IntervalsPlan, shares: readonly number[]): void {
  const intervals = planIntervals(input);
  const { startsMs, count, labels } = intervals;
  expect(labels.length).toBe(count);
  expect(new Set(labels).size).toBe(count);
  expect(startsMs[0]!).toBeLessThanOrEqual(input.fromMs);
  expect(startsMs[count]!).toBeGreaterThanOrEqual(input.toMs);
  expect(startsMs[count - 1]!).toBeLessThan(input.toMs);
  const span = input.toMs - input.fromMs;
  const instants = shares.map((share) => input.fromMs + Math.floor(share * span));
  instants.push(input.fromMs, input.toMs - 1);
  const times = Float64Array.from(instants);
  const found = new Uint32Array(times.length);
  fillIntervals(intervals, times, { first: 0, last: count - 1 }, found);
  for (const [i, atMs] of instants.entries()) {
    const index = intervalAt(intervals, atMs);
    expect(found[i]).toBe(index);
    expect(labels[index]).toBe(labelByIntl(input, atMs));
    expect(startsMs[index]!).toBeLessThanOrEqual(atMs);
    expect(startsMs[index + 1]!).toBeGreaterThan(atMs);
  }
}

describe("isTimezone()", () => {
  it("takes IANA names in any case, and neither offsets nor nonsense", () => {
    for (const name of ["UTC", "Europe/Berlin", "europe/berlin", "Asia/Kolkata"]) {
      expect(isTimezone(name)).toBe(true);
    }
    for (const name of ["", "+05:30", "-08:00", "Mars/Olympus", "Berlin"]) {
      expect(isTimezone(name)).toBe(false);
    }
  });
});
