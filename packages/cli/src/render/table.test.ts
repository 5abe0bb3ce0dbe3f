import fc from "fast-check";
import { expect, test } from "vitest";
import { paletteOf } from "./palette.ts";
import type { TableColumn } from "./table.ts";
import { tableText } from "./table.ts";
import { cutText, fitText, visibleText, widthOf } from "./text.ts";

const plain = paletteOf({ colour: false });

test("a table is as wide as its cells when there is room", () => {
  const columns: TableColumn[] = [{ title: "name" }, { title: "count", align: "right" }];
  expect(
    tableText(
      columns,
      [
        ["a", "1"],
        ["bcdef", "12"],
      ],
      { width: 80, palette: plain },
    ),
  ).toBe("name   count\na          1\nbcdef     12");
});

test("text is cut with … and numbers never are", () => {
  const columns: TableColumn[] = [{ title: "name" }, { title: "count", align: "right" }];
  const text = tableText(columns, [["a-very-long-event-name", "1,234,567"]], {
    width: 27,
    palette: plain,
  });
  expect(text).toBe("name                  count\na-very-long-eve…  1,234,567");
});

test("columns that do not fit follow below, with the first column again", () => {
  const titles = ["day", "one", "two", "three"];
  const columns = titles.map(
    (title, index): TableColumn => ({
      title,
      align: index === 0 ? "left" : "right",
    }),
  );
  const text = tableText(columns, [["2026-10-01", "1,000,000", "2,000,000", "3,000,000"]], {
    width: 30,
    palette: plain,
  });
  expect(text).toBe(
    [
      "day               one",
      "2026-10-01  1,000,000",
      "",
      "day               two",
      "2026-10-01  2,000,000",
      "",
      "day             three",
      "2026-10-01  3,000,000",
    ].join("\n"),
  );
});

test("control characters, line breaks and turned text are written out", () => {
  expect(visibleText("a\u001b[31mb\nc\u202ed\u2028e\u0085")).toBe(
    "a\\u001b[31mb\\nc\\u202ed\\u2028e\\u0085",
  );
});

test("wide and combining characters are measured as a terminal shows them", () => {
  expect(widthOf("日本語")).toBe(6);
  expect(widthOf("e\u0301")).toBe(1);
  expect(cutText("日本語", 5)).toBe("日本…");
  expect(cutText("日本語", 4)).toBe("日…");
  expect(fitText("👩‍👩‍👧", 4, "right")).toBe("  👩‍👩‍👧");
});

const cell = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom("日本語のイベント名がとても長い", "e\u0301e\u0301", "👩‍👩‍👧👩‍👩‍👧", ""),
);

test("no line of text is wider than the terminal", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell, fc.nat(999_999).map(String)), { maxLength: 6 }),
      fc.integer({ min: 30, max: 120 }),
      (rows, width) => {
        const columns: TableColumn[] = [
          { title: "first" },
          { title: "second" },
          { title: "third" },
          { title: "n", align: "right" },
        ];
        const lines = tableText(columns, rows, { width, palette: plain }).split("\n");
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});
