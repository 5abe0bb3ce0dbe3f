import { ShaleError } from "@shale/model";
import { expect, test } from "vitest";
import { errorText } from "./error.ts";
import { paletteOf } from "./palette.ts";
import { widthOf } from "./text.ts";

const palette = paletteOf({ colour: false });
const error = new ShaleError(
  "QUERY_INVALID",
  'Cannot run the query: "measures" is no field of a series; did you mean measure?',
  { path: "series[0].measures", cause: new Error("a cause with quite a few words in it to wrap") },
);

test("an error is one line a fact where lines are read by programs", () => {
  expect(errorText(error, { palette, stack: "hidden", width: null }).split("\n")).toEqual([
    `QUERY_INVALID: ${error.message}`,
    "  at:   series[0].measures",
    "  why:  a cause with quite a few words in it to wrap",
    `  hint: ${error.hint}`,
  ]);
});

test("an error is wrapped for people", () => {
  const text = errorText(error, { palette, stack: "hidden", width: 40 });
  expect(text).toMatchInlineSnapshot(`
    "QUERY_INVALID: Cannot run the query:
            "measures" is no field of a
            series; did you mean measure?
      at:   series[0].measures
      why:  a cause with quite a few words
            in it to wrap
      hint: Correct the query at the path
            that the error names"
  `);
  for (const line of text.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(40);
});
