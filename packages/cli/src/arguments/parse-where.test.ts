import { describe, expect, test } from "vitest";
import { parseCondition, parseWhere } from "./parse-where.ts";

describe("parseCondition()", () => {
  test.each([
    ["country=IN", { property: "country", op: "eq", value: "IN" }],
    ["country != IN", { property: "country", op: "neq", value: "IN" }],
    ["price>10", { property: "price", op: "gt", value: 10 }],
    ["price >= 10.5", { property: "price", op: "gte", value: 10.5 }],
    ["price<-1e3", { property: "price", op: "lt", value: -1000 }],
    ["price<=0", { property: "price", op: "lte", value: 0 }],
    ['plan="10"', { property: "plan", op: "eq", value: "10" }],
    ["plan=010", { property: "plan", op: "eq", value: "010" }],
    ["paid=true", { property: "paid", op: "eq", value: true }],
    ["page~check out", { property: "page", op: "contains", value: "check out" }],
    ["page!~a=b", { property: "page", op: "notContains", value: "a=b" }],
    ["coupon", { property: "coupon", op: "isSet" }],
    ["!coupon", { property: "coupon", op: "isNotSet" }],
    ['"a=b"=c', { property: "a=b", op: "eq", value: "c" }],
    ['!"a > b"', { property: "a > b", op: "isNotSet" }],
    ['country=["IN","US"]', { property: "country", op: "in", value: ["IN", "US"] }],
    ["n!=[1,2]", { property: "n", op: "notIn", value: [1, 2] }],
    ["$event=purchase", { property: "$event", op: "eq", value: "purchase" }],
    ["name=", { property: "name", op: "eq", value: "" }],
    ["naïve name=日本", { property: "naïve name", op: "eq", value: "日本" }],
  ])("reads %s", (text, filter) => {
    expect(parseCondition(text)).toEqual(filter);
  });

  test.each([
    ["", "="],
    ["=x", "="],
    ["a=null", "!name"],
    ['a="b', "JSON"],
    ["a=[1", "JSON"],
  ])("refuses %j with a hint", (text, hint) => {
    expect(() => parseCondition(text)).toThrow(hint);
  });
});

test("several conditions must all hold", () => {
  expect(parseWhere([])).toBeUndefined();
  expect(parseWhere(["a"])).toEqual({ property: "a", op: "isSet" });
  expect(parseWhere(["a", "b=1"])).toEqual({
    all: [
      { property: "a", op: "isSet" },
      { property: "b", op: "eq", value: 1 },
    ],
  });
});
