import { expect, test } from "vitest";
import type { PropertyCount } from "./plan-property-columns.ts";
import { planPropertyColumns } from "./plan-property-columns.ts";

function namesOf(counts: readonly PropertyCount[], taken: readonly string[] = []): string[] {
  return planPropertyColumns(counts, taken).map(({ name, kind }) => `${name} ${kind}`);
}

test("the commonest kind of a property has its name, the others add theirs", () => {
  const counts: PropertyCount[] = [
    { name: "price", kind: "string", rows: 2 },
    { name: "price", kind: "number", rows: 2 },
    { name: "price", kind: "number", rows: 1 },
    { name: "a", kind: "list", rows: 1 },
  ];
  expect(namesOf(counts)).toEqual(["a list", "price number", "price:string string"]);
});

test("names that SQL would not tell apart get a number", () => {
  const one = { kind: "number", rows: 1 } as const;
  const counts: PropertyCount[] = [
    { name: "Time", ...one },
    { name: "ab", ...one },
    { name: "aB", ...one },
    { name: "", ...one },
    { name: "ab", kind: "list", rows: 1 },
    { name: "ab:number", ...one },
  ];
  expect(namesOf(counts, ["time"])).toEqual([
    ": number",
    "Time:2 number",
    "aB number",
    "ab:2 number",
    "ab:list list",
    "ab:number number",
  ]);
});
