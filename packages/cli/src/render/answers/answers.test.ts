import { stripVTControlCharacters } from "node:util";
import type { Answer } from "@shale/model";
import { describe, expect, test } from "vitest";
import { csvText, flatRowsOf, ndjsonText } from "../flat-rows.ts";
import { paletteOf } from "../palette.ts";
import { widthOf } from "../text.ts";
import { answerText } from "./answer.ts";
import * as answers from "./answers.test-support.ts";

const heading =
  "view → purchase: users within 7d by country from 2026-10-01 to before 2026-10-11 UTC";
const pages: Record<string, Answer> = {
  "a funnel": answers.funnel,
  "a funnel with segments and a trend": answers.brokenFunnel,
  "a retention": answers.retention,
  "a retention with segments": answers.brokenRetention,
  "a flow": answers.flow,
  "a flow of two anchors": answers.twoAnchors,
  "paths of a flow": answers.paths,
  "a lifecycle": answers.lifecycle,
  "a stickiness": answers.stickiness,
  "a list of users": answers.users,
};

describe.each(Object.entries(pages))("%s", (_name, answer) => {
  test.each([40, 60, 80, 120])("at %i columns", (width) => {
    const plain = answerText(answer, heading, { width, palette: paletteOf({ colour: false }) });
    const coloured = answerText(answer, heading, { width, palette: paletteOf({ colour: true }) });
    expect(plain).toMatchSnapshot();
    expect(plain).not.toContain("\u001b");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    if (width === 80) expect(coloured).toMatchSnapshot();
    for (const line of plain.split("\n")) {
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
    }
  });

  test("as flat rows: the same records in CSV and NDJSON", () => {
    const flat = flatRowsOf(answer);
    expect(csvText(flat)).toMatchSnapshot();
    const records = ndjsonText(flat)
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(records).toEqual(flat.rows);
    for (const row of flat.rows) expect(Object.keys(row)).toEqual(flat.columns);
  });
});

describe("nothing", () => {
  const layout = { width: 80, palette: paletteOf({ colour: false }) };
  const { meta } = answers;
  test.each<[Answer, string]>([
    [{ kind: "flow", mode: "graph", steps: [], edges: [], meta }, "nothing in this range"],
    [{ kind: "flow", mode: "paths", paths: [], other: 0, meta }, "nothing in this range"],
    [{ kind: "users", users: [], total: 0, cursor: null, meta }, "no users"],
    [{ kind: "timeline", events: [], cursor: null, meta }, "no events"],
  ])("%j", (answer, text) => {
    expect(answerText(answer, undefined, layout)).toBe(text);
  });
});

describe("the triangle of a retention", () => {
  const layout = { width: 80, palette: paletteOf({ colour: false }) };
  const lineOf = (timezone: string): string => {
    const answer = { ...answers.retention, meta: { ...answers.meta, timezone } };
    const lines = answerText(answer, undefined, layout).split("\n");
    return lines.find((line) => line.startsWith("2026-10-03")) ?? "";
  };

  test("is blank where no day has begun, by the days of the time zone", () => {
    expect(lineOf("UTC").split(/\s+/).slice(2)).toEqual(["█", "80%", "▒", "50%*"]);
    // There the fifth of October has begun: day 2 of the third is open, and nobody is back yet.
    expect(lineOf("Pacific/Kiritimati").split(/\s+/).slice(2)).toEqual([
      "█",
      "80%",
      "▒",
      "50%*",
      "0%*",
    ]);
  });

  test("of one cohort hides nothing: its unit is not known", () => {
    const answer = { ...answers.retention, cohorts: answers.retention.cohorts.slice(3, 4) };
    expect(answerText(answer, undefined, layout)).toContain("80%*     0%*     0%*");
  });
});
