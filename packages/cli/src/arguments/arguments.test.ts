import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";
import { parseFailIf } from "./parse-fail-if.ts";
import { wholeNumberOf } from "./parse-number.ts";
import { parseQueryDocument } from "./parse-query-document.ts";
import { parseRoot } from "./parse-root.ts";
import { timeRangeOf } from "./time-range.ts";

const nowMs = Date.UTC(2026, 10, 15, 20);

test("without a range: the last 30 days, today included, in the time zone", () => {
  expect(timeRangeOf({}, nowMs)).toEqual({ from: "2026-10-17", to: "2026-11-16" });
  expect(timeRangeOf({ timezone: "Asia/Kolkata" }, nowMs)).toEqual({
    from: "2026-10-18",
    to: "2026-11-17",
  });
});

test("half a range is completed", () => {
  expect(timeRangeOf({ from: "2026-01-01" }, nowMs)).toEqual({
    from: "2026-01-01",
    to: "2026-11-16",
  });
  expect(timeRangeOf({ to: "2026-03-01" }, nowMs)).toEqual({
    from: "2026-01-30",
    to: "2026-03-01",
  });
  expect(timeRangeOf({ to: "2026-03-31T12:00:00Z" }, nowMs)).toEqual({
    from: "2026-03-01T12:00:00.000Z",
    to: "2026-03-31T12:00:00Z",
  });
  expect(timeRangeOf({ from: "0", to: "86400000" }, nowMs)).toEqual({ from: 0, to: 86_400_000 });
});

test("wrong ranges say what is wrong", () => {
  expect(() => timeRangeOf({ timezone: "Mars/Base" }, nowMs)).toThrow("Mars/Base");
  expect(() => timeRangeOf({ to: "tomorrow" }, nowMs)).toThrow("tomorrow");
  expect(() => timeRangeOf({ to: "2026-13-45" }, nowMs)).toThrow("2026-13-45");
});

test("numbers are whole and in bounds", () => {
  expect(wholeNumberOf("--limit", 1)("12")).toBe(12);
  for (const text of ["0", "-1", "1.5", "", "1e3", "twelve", "99999999999999999999"]) {
    expect(() => wholeNumberOf("--limit", 1)(text)).toThrow("--limit");
  }
});

test("a --fail-if names a field, an operator and a number", () => {
  expect(parseFailIf("tailEvents > 100")).toEqual({
    field: "tailEvents",
    operator: ">",
    limit: 100,
  });
  expect(parseFailIf("skewMax>=1.5")).toEqual({ field: "skewMax", operator: ">=", limit: 1.5 });
  for (const text of ["", "tailEvents", "tailEvents = 1", "events > 1", "dayFiles > many"]) {
    expect(() => parseFailIf(text)).toThrow("--fail-if");
  }
});

test("buckets and empty roots are refused", () => {
  expect(parseRoot("./shale-data")).toBe("./shale-data");
  expect(parseRoot("C:\\data")).toBe("C:\\data");
  expect(() => parseRoot("gs://bucket/prefix")).toThrow(
    expect.objectContaining({ code: "STORE_NOT_BUILT", kind: "configuration" }),
  );
  expect(() => parseRoot(" ")).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("a query document is one JSON object", () => {
  expect(parseQueryDocument('{"kind":"timeline"}', "--query")).toEqual({ kind: "timeline" });
  for (const text of ["", "[]", "null", "7", '{"kind"']) {
    expect(() => parseQueryDocument(text, "--query")).toThrow(
      expect.objectContaining({ code: "QUERY_INVALID" }),
    );
  }
});

test("the nearest name is near", () => {
  const names = ["purchase", "page_view", "sign_up"];
  expect(nearestName("purchse", names)).toBe("purchase");
  expect(nearestName("veiw", ["view"])).toBe("view");
  expect(nearestName("Page_View", names)).toBe("page_view");
  expect(nearestName("refund", names)).toBeUndefined();
  expect(nearestName("x", [])).toBeUndefined();
});
