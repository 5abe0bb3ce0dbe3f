import { DAY_MS } from "@shale/model";
import fc from "fast-check";

/** The first day of the events made here. */
export const firstMs = Date.UTC(2026, 9, 24); // Berlin leaves summer time on the 25th.

export const someValue = fc.oneof(
  fc.constantFrom("x", "X", "y", "xy", "", "1", "\u{1f600}", "\uffff", "ä"),
  fc.constantFrom(0, 1, -2.5, 10, 99.5),
  fc.boolean(),
  fc.array(fc.constantFrom<(string | number | boolean | null)[]>("x", "y", 1, 50, true, null), {
    maxLength: 3,
  }),
);

export const someEvent = fc.record({
  event: fc.constantFrom("view", "buy", "View", "\u{1f600}", "\uffff"),
  user: fc.constantFrom("", "a", "b", "c", "d", "e", "\u{1f600}", "\uffff"),
  atMs: fc.oneof(
    fc.integer({ min: 0, max: 4 * DAY_MS }).map((offset) => firstMs + offset),
    fc.constantFrom(0, 1, 23, 24, 25, 26, 48).map((hour) => firstMs + hour * 3_600_000),
  ),
  properties: fc.dictionary(fc.constantFrom("p", "q", "r"), someValue, { maxKeys: 3 }),
});

const scalar = fc.constantFrom<(string | number | boolean)[]>(
  ...["x", "X", "y", "", "1", "\u{1f600}", "\uffff", "Ä", 0, 1, 10, true, false],
);
const property = fc.constantFrom("p", "q", "$event", "$user_id", "none");
const ignoreCase = fc.constantFrom(undefined, true, false);
const leaf = fc.oneof(
  fc.record({ property, op: fc.constantFrom("eq", "neq"), value: scalar, ignoreCase }),
  fc.record({
    property,
    op: fc.constantFrom("in", "notIn"),
    value: fc.array(scalar, { maxLength: 3 }),
    ignoreCase,
  }),
  fc.record({
    property,
    op: fc.constantFrom("lt", "lte", "gt", "gte"),
    value: scalar.filter((value) => typeof value !== "boolean"),
    ignoreCase,
  }),
  fc.record({
    property,
    op: fc.constantFrom("contains", "notContains", "startsWith", "endsWith"),
    value: fc.constantFrom("x", "X", "", "\u{1f600}", "Ä"),
    ignoreCase,
  }),
  fc.record({ property, op: fc.constantFrom("isSet", "isNotSet") }),
);

export const { filter: someFilter } = fc.letrec((tie) => ({
  filter: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.record({ all: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ not: tie("filter") }),
  ),
}));

const someSelect = fc.record(
  {
    event: fc.constantFrom<(string | string[])[]>("view", "buy", ["view", "\u{1f600}"], "none"),
    where: someFilter,
  },
  { requiredKeys: [] },
);

const someBy = fc.oneof(
  fc.constantFrom("p", "q", "$event", "$user_id", "none"),
  fc.constantFrom({ property: "p", buckets: [0, 1, 50] }, { property: "q", buckets: [-3, 10] }),
);

export const someSegmentation = fc.record(
  {
    kind: fc.constant("segmentation"),
    from: fc.integer({ min: -1, max: 60 }).map((hour) => firstMs + hour * 3_600_000),
    to: fc.integer({ min: 61, max: 110 }).map((hour) => firstMs + hour * 3_600_000),
    timezone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu"),
    unit: fc.constantFrom("hour", "day", "week", "month", "range"),
    weekStart: fc.constantFrom("monday", "sunday"),
    series: fc.array(
      fc.record({ select: someSelect, measure: fc.constantFrom("total", "unique") }),
      { minLength: 1, maxLength: 3 },
    ),
    by: fc.array(someBy, { maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 4 }),
    where: someFilter,
  },
  { requiredKeys: ["kind", "from", "to", "unit", "series"] },
);
