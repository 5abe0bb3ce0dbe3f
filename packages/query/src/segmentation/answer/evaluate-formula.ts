import { unreachable } from "@shale/model";
import type { FormulaNode } from "../../parse/segmentation/parsed-formula.ts";
import type { Numbers } from "./read-cells.ts";

/** A formula of numbers by series; null where one of them is, over 0, and beyond any double. */
export function evaluateFormula(
  node: FormulaNode,
  numberOf: (series: number) => number | null,
): number | null {
  const value = evaluate(node, numberOf);
  return value !== null && Number.isFinite(value) ? value + 0 : null; // -0 is 0.
}

function evaluate(node: FormulaNode, numberOf: (series: number) => number | null): number | null {
  switch (node.kind) {
    case "number":
      return node.value;
    case "series":
      return numberOf(node.index);
    case "negation": {
      const value = evaluate(node.of, numberOf);
      return value === null ? null : -value;
    }
    case "operation": {
      const left = evaluate(node.left, numberOf);
      const right = evaluate(node.right, numberOf);
      return left === null || right === null ? null : operate(node.op, left, right);
    }
    default:
      return unreachable(node);
  }
}

function operate(op: "+" | "-" | "*" | "/", left: number, right: number): number | null {
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0 ? null : left / right;
    default:
      return unreachable(op);
  }
}

/** The formula of every interval and of the range. */
export function formulaNumbers(
  root: FormulaNode,
  numbersOf: (series: number) => Numbers | undefined,
  intervalCount: number,
): Numbers {
  return {
    values: Array.from({ length: intervalCount }, (_, interval) =>
      evaluateFormula(root, (series) => numbersOf(series)?.values[interval] ?? null),
    ),
    range: evaluateFormula(root, (series) => numbersOf(series)?.range ?? null),
  };
}
