import { ShaleError } from "@shale/model";
import { describe, expect, it } from "vitest";
import { evaluateFormula } from "../../segmentation/answer/evaluate-formula.ts";
import { documentPlace } from "../query-place.ts";
import { parseFormula } from "./parse-formula.ts";

function parse(value: unknown, seriesCount = 3) {
  const document = documentPlace(value, () => {
    throw new Error("a formula has no cohort");
  });
  return parseFormula({ ...document, path: "formula" }, seriesCount);
}

function errorOf(value: unknown, seriesCount = 3): ShaleError {
  try {
    parse(value, seriesCount);
  } catch (error) {
    if (error instanceof ShaleError) return error;
    throw error;
  }
  throw new Error(`was taken: ${JSON.stringify(value)}`);
}

/** A = 6, B = 0, C = null. */
function resultOf(text: string): number | null {
  return evaluateFormula(parse(text).root, (series) => [6, 0, null][series] ?? null);
}

describe("a formula", () => {
  it.each([
    ["A", 6],
    ["A/B", null],
    ["B / A", 0],
    ["A + 2 * 3", 12],
    ["(A + 2) * 3", 24],
    ["A - 2 - 1", 3],
    ["A / 2 / 3", 1],
    ["A÷2×3−1", 8],
    ["-A + 1", -5],
    ["A * -1.5e0", -9],
    ["--A", 6],
    ["B * -1", 0],
    ["A + C", null],
    ["C * 0", null],
    ["A * 1e308 * 10", null],
    [".5 * A", 3],
  ])("%s is %d", (text, value) => {
    expect(resultOf(text)).toBe(value);
  });

  it("knows its text and the series that it names", () => {
    expect(parse("C / (A + C)")).toMatchObject({ text: "C / (A + C)", series: [0, 2] });
  });

  const refused: [unknown, RegExp][] = [
    [3, /a formula over series/],
    ["", /a series \(A\), a number or \( where it ends/],
    ["A +", /where it ends/],
    ["A B", /an operator .* where there is "B"/],
    ["(A", /needs \) where it ends/],
    ["A)", /an operator/],
    ["A % 2", /there is "%"/],
    ["1 + 2", /names no series/],
    ["D", /names "D": the series are A to C/],
    ["a / B", /did you mean "A"\?/],
    ["AB", /names "AB"/],
    ["A + 1e999", /too large/],
    [`${"(".repeat(200)}A${")".repeat(200)}`, /nested too deep/],
    [`A${"+A".repeat(600)}`, /longer than 1000/],
  ];
  it.each(refused)("%j is refused", (text, message) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: "QUERY_INVALID", path: "formula" });
    expect(error.message).toMatch(message);
  });

  it("of one series says so", () => {
    expect(errorOf("B", 1).message).toMatch(/A is the only series/);
  });
});
