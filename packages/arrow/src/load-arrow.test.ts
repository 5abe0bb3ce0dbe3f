import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { arrowTableOf } from "./arrow-table.ts";

function isLoaded(): boolean {
  const { cache } = createRequire(import.meta.url);
  return Object.keys(cache).some((file) => file.includes("apache-arrow"));
}

test("apache-arrow is loaded by the first table, not before", () => {
  expect(isLoaded()).toBe(false);
  expect(arrowTableOf({ columns: [], rowCount: 3 }).numRows).toBe(3);
  expect(isLoaded()).toBe(true);
});
