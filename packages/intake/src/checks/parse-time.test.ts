import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIsoTime, parseMixpanelTime } from "./parse-time.ts";

describe("parseIsoTime()", () => {
  test("agrees with Date on every time that Date prints", () => {
    const anyDate = fc.date({
      min: new Date("0000-01-01T00:00:00.000Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(anyDate, (date) => {
        expect(parseIsoTime(date.toISOString())).toBe(date.getTime());
      }),
      { numRuns: 2000 },
    );
  });

  test("agrees with Date on every day of four centuries", () => {
    for (let ms = Date.UTC(1899, 11, 25); ms < Date.UTC(2300, 0, 5); ms += 86_400_000) {
      const text = `${new Date(ms).toISOString().slice(0, 10)}T00:00Z`;
      if (parseIsoTime(text) !== ms) expect(parseIsoTime(text), text).toBe(ms);
    }
  });

  test("takes an offset away from the local time", () => {
    const utc = Date.UTC(2026, 9, 1, 13, 30);
    for (const text of [
      "2026-10-01T13:30:00Z",
      "2026-10-01t13:30:00z",
      "2026-10-01 13:30:00Z",
      "2026-10-01T13:30Z",
      "2026-10-01T13:30:00,000Z",
      "2026-10-01T13:30:00+00:00",
      "2026-10-01T13:30:00-00:00",
      "2026-10-01T15:30:00+02:00",
      "2026-10-01T15:30:00+0200",
      "2026-10-01T15:30:00+02",
      "2026-10-01T19:00:00+05:30",
      "2026-10-01T08:00:00-0530",
      "2026-10-02T13:29:00+23:59",
    ]) {
      expect(parseIsoTime(text), text).toBe(utc);
    }
  });

  test("cuts digits below the millisecond and does not round them", () => {
    const second = Date.UTC(2026, 9, 1, 13, 0, 0);
    expect(parseIsoTime("2026-10-01T13:00:00.9999999Z")).toBe(second + 999);
    expect(parseIsoTime("2026-10-01T13:00:00.0009Z")).toBe(second);
    expect(parseIsoTime("2026-10-01T13:00:00.5Z")).toBe(second + 500);
    expect(parseIsoTime("2026-10-01T13:00:00.25+00:00")).toBe(second + 250);
    expect(parseIsoTime("2026-10-01T13:00:00.123456789012345678Z")).toBe(second + 123);
    expect(parseIsoTime("1969-12-31T23:59:59.9999Z")).toBe(-1);
  });

  test("knows which years have a 29 February", () => {
    expect(parseIsoTime("2024-02-29T00:00:00Z")).toBe(Date.UTC(2024, 1, 29));
    expect(parseIsoTime("2000-02-29T00:00:00Z")).toBe(Date.UTC(2000, 1, 29));
    expect(parseIsoTime("2026-02-29T00:00:00Z")).toBeNaN();
    expect(parseIsoTime("1900-02-29T00:00:00Z")).toBeNaN();
  });

  test.each([
    "",
    "now",
    "2026",
    "2026-10-01",
    "2026-10-01Z",
    "2026-10-01T13:00:00",
    "2026-10-01T13:00:00.000",
    "2026-10-01 13:00:00",
    "2026-10-01T13:00:00 Z",
    " 2026-10-01T13:00:00Z",
    "2026-10-01T13:00:00Z ",
    "2026-10-01T13:00:00ZZ",
    "2026-10-01T13:00:00.Z",
    "2026-10-01T13:00:00.1.2Z",
    "2026-10-01T13:00:00:00Z",
    "2026-10-01T13Z",
    "2026-10-01T1:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-13-10T00:00:00Z",
    "2026-10-00T00:00:00Z",
    "2026-10-32T00:00:00Z",
    "2026-10-01T24:00:00Z",
    "2026-10-01T25:00:00Z",
    "2026-10-01T13:60:00Z",
    "2026-10-01T13:00:60Z",
    "2026-10-01T13:00:00+2:00",
    "2026-10-01T13:00:00+24:00",
    "2026-10-01T13:00:00+02:60",
    "2026-10-01T13:00:00+02:",
    "2026-10-01T13:00:00+",
    "2026-10-01T13:00:00CET",
    "2026/10/01T13:00:00Z",
    "20261001T130000Z",
    "+002026-10-01T13:00:00Z",
    "-000001-10-01T13:00:00Z",
    "2026-W40-4T13:00:00Z",
    "２０２６-10-01T13:00:00Z",
    "1790000000000",
    "2026-1a-01T13:00:00Z",
  ])("refuses %j", (text) => {
    expect(parseIsoTime(text)).toBeNaN();
  });

  test("takes no text that differs from a good one in a character, unless Date does too", () => {
    const good = "2026-10-01T13:00:00.123Z";
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.string({ maxLength: 1 }), (at, other) => {
        const text = good.slice(0, at) + other + good.slice(at + 1);
        const timeMs = parseIsoTime(text);
        if (Number.isNaN(timeMs)) return;
        const strict = text
          .replace(/^(.{10})[ t]/, "$1T")
          .replace(",", ".")
          .replace("z", "Z");
        expect(timeMs, text).toBe(Date.parse(strict.replace(/(\.\d{3})\d+/, "$1")));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("parseMixpanelTime()", () => {
  test("reads seconds below 1e11 and milliseconds from there", () => {
    expect(parseMixpanelTime(1_700_000_000)).toBe(1_700_000_000_000);
    expect(parseMixpanelTime(99_999_999_999)).toBe(99_999_999_999_000);
    expect(parseMixpanelTime(100_000_000_000)).toBe(100_000_000_000);
    expect(parseMixpanelTime(1_700_000_000_123)).toBe(1_700_000_000_123);
    expect(parseMixpanelTime(1_700_000_000_123.9)).toBe(1_700_000_000_123);
  });

  test("keeps each millisecond of a fraction of seconds and cuts what is below", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 31_536_000, max: 4_000_000_000 }),
        fc.nat(999),
        (seconds, ms) => {
          const text = `${seconds}.${String(ms).padStart(3, "0")}`;
          expect(parseMixpanelTime(Number(text))).toBe(seconds * 1000 + ms);
          expect(parseMixpanelTime(Number(`${text}9`))).toBe(seconds * 1000 + ms);
        },
      ),
    );
  });
});
