import { expect, test } from "vitest";
import { barChartText, columnChartText } from "./chart.ts";
import { paletteOf } from "./palette.ts";
import { widthOf } from "./text.ts";

const layout = { width: 40, palette: paletteOf({ colour: false }) };
const labels = { first: "2026-10-01", last: "2026-10-07" };

test("columns stand on zero and reach their share of a round top", () => {
  expect(columnChartText([0, 25, 50, 75, 100, null, 50], labels, layout)).toMatchInlineSnapshot(`
    "100 │                    ████
        │               ▂▂▂▂ ████
        │               ████ ████
     50 │          ▄▄▄▄ ████ ████      ▄▄▄▄
        │          ████ ████ ████      ████
        │     ▆▆▆▆ ████ ████ ████      ████
      0 │     ████ ████ ████ ████ ·    ████
         2026-10-01               2026-10-07
    · no value"
  `);
});

test("more values than cells are averaged, and the chart says so", () => {
  const values = Array.from({ length: 300 }, (_, index) => index);
  const text = columnChartText(values, labels, layout) ?? "";
  expect(text).toContain("each column is the mean of 9 neighbours");
  for (const line of text.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(40);
});

test("a chart of nothing is no chart", () => {
  expect(columnChartText([0, 0, 0], labels, layout)).toBeUndefined();
  expect(columnChartText([null, null], labels, layout)).toBeUndefined();
  expect(columnChartText([], labels, layout)).toBeUndefined();
});

test("negative values hang from zero, and no value is a dot", () => {
  expect(columnChartText([-10, 0, 15, null, -4], labels, layout)).toMatchInlineSnapshot(`
    " 15 │            █████
        │            █████
        │            █████
        │            █████
      0 │───── ───── ───── ·     ─────
        │█████                   █████
        │█████
    -10 │█████
         2026-10-01          2026-10-07
    · no value"
  `);
  expect(columnChartText([-1, null, -0.5], labels, layout)).toMatchInlineSnapshot(`
    " 0 │───── ·     ─────
       │█████       █████
       │█████       █████
       │█████       █████
       │█████       ▀▀▀▀▀
       │█████
       │█████
    -1 │█████
        2026-10-01  2026-10-07
    · no value"
  `);
});

test("numbers at the ends of what a double holds are drawn", () => {
  for (const value of [Number.MAX_VALUE, Number.MIN_VALUE]) {
    const text = columnChartText([value, -value, 0], labels, layout) ?? "";
    expect(text).toContain("█");
    expect(text).not.toMatch(/NaN|Infinity/);
  }
});

test("half a million values are drawn without a stack of arguments", () => {
  const values = Array.from({ length: 500_000 }, (_, index) => index % 10);
  expect(columnChartText(values, labels, layout)).toContain("mean of");
});

test("bars share the room that labels and numbers leave", () => {
  const bars = [
    { label: "IN", value: 200 },
    { label: "a-country-with-a-very-long-name", value: 100 },
    { label: "(not set)", value: null },
    { label: "(other)", value: -5 },
  ];
  expect(barChartText(bars, layout)).toMatchInlineSnapshot(`
    "IN                 200  ████████████████
    a-country-with-a…  100  ████████
    (not set)            –
    (other)             -5"
  `);
});
