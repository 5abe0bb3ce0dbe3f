import type { Filter, FilterOp, PropertyValue } from "@shale/model";
import { expect, test } from "vitest";
import { referenceEventOf } from "./reference-event.ts";
import { isSelected, satisfies } from "./reference-filter.ts";

function eventWith(properties: Record<string, PropertyValue>) {
  return referenceEventOf({ event: "view", user_id: "u1", time: 0, properties }, "~1-1");
}
function holds(value: PropertyValue, op: FilterOp, operand?: unknown, ignoreCase = false): boolean {
  return satisfies(eventWith({ p: value }), { property: "p", op, value: operand, ignoreCase });
}

test("an absent property satisfies neq, notIn, notContains and isNotSet only", () => {
  const operands: Record<FilterOp, unknown> = {
    eq: "a",
    neq: "a",
    in: ["a"],
    notIn: ["a"],
    lt: 1,
    lte: 1,
    gt: 1,
    gte: 1,
    isSet: undefined,
    isNotSet: undefined,
    contains: "a",
    notContains: "a",
    startsWith: "a",
    endsWith: "a",
  };
  const satisfied = Object.entries(operands)
    .filter(([op, value]) => satisfies(eventWith({}), { property: "p", op: op as FilterOp, value }))
    .map(([op]) => op);
  expect(satisfied).toEqual(["neq", "notIn", "isNotSet", "notContains"]);
});

test("numbers and strings never compare equal", () => {
  expect(holds(1, "eq", 1)).toBe(true);
  expect(holds(1, "eq", "1")).toBe(false);
  expect(holds("1", "in", [1])).toBe(false);
  expect(holds(true, "eq", 1)).toBe(false);
  expect(holds("10", "gt", 9)).toBe(false);
  expect(holds("10", "lt", "9")).toBe(true);
});

test("texts are ordered by code points, not by UTF-16 units", () => {
  expect(holds("\u{1F600}", "gt", "\uFFFD")).toBe(true);
});

test("a list satisfies what any element satisfies, negations too", () => {
  expect(holds(["a", "b"], "eq", "b")).toBe(true);
  expect(holds(["a", "b"], "neq", "a")).toBe(true);
  expect(holds(["a"], "neq", "a")).toBe(false);
  expect(holds([1, 5], "gt", 4)).toBe(true);
  expect(holds([null], "neq", "a")).toBe(true);
  expect(holds([null], "isSet")).toBe(true);
  expect([holds([], "isSet"), holds([], "neq", "a")]).toEqual([true, false]);
});

test("text operations look at texts only, with or without case", () => {
  expect(holds("Hello", "contains", "ell")).toBe(true);
  expect(holds("Hello", "startsWith", "h")).toBe(false);
  expect(holds("Hello", "startsWith", "h", true)).toBe(true);
  expect(holds("Hello", "eq", "HELLO", true)).toBe(true);
  expect(holds("Hello", "in", ["x", "hELLO"], true)).toBe(true);
  expect(holds("b", "lt", "C", true)).toBe(true);
  expect(holds(5, "contains", "5")).toBe(false);
  expect(holds(5, "notContains", "5")).toBe(true);
});

test("filters nest, and $event and $user_id are properties", () => {
  const event = eventWith({ price: 5, $event: "not me" });
  const where: Filter = {
    all: [
      {
        any: [
          { property: "price", op: "gt", value: 9 },
          { property: "$user_id", op: "eq", value: "u1" },
        ],
      },
      { not: { property: "$event", op: "neq", value: "view" } },
    ],
  };
  expect(satisfies(event, where)).toBe(true);
  expect(satisfies(event, { all: [] })).toBe(true);
  expect(satisfies(event, { any: [] })).toBe(false);
});

test("a select takes one name, several, or any", () => {
  const event = eventWith({});
  expect(isSelected(event, {})).toBe(true);
  expect(isSelected(event, { event: "view" })).toBe(true);
  expect(isSelected(event, { event: ["buy", "view"] })).toBe(true);
  expect(isSelected(event, { event: "buy" })).toBe(false);
});
