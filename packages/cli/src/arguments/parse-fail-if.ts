import type { ProjectStatus } from "@shale/engine";
import { ShaleError, unreachable } from "@shale/model";

const fields = ["tailEvents", "dayFiles", "skewMax", "unreadableLogs"] as const;
type Field = (typeof fields)[number];
type Operator = ">" | ">=" | "<" | "<=" | "==";

/** One `--fail-if "FIELD OP NUMBER"`. */
export interface FailIf {
  readonly field: Field;
  readonly operator: Operator;
  readonly limit: number;
}

const CONDITION = /^\s*(\w+)\s*(>=|<=|==|>|<)\s*(-?\d+(?:\.\d+)?)\s*$/;

/** @throws {ShaleError} USAGE */
export function parseFailIf(text: string): FailIf {
  const [, name = "", operator = "", limit = ""] = CONDITION.exec(text) ?? [];
  const field = fields.find((known) => known === name);
  if (field === undefined) {
    throw new ShaleError(
      "USAGE",
      `Cannot read --fail-if ${JSON.stringify(text)}: write FIELD OP NUMBER, as in "tailEvents > 100000"; FIELD is ${fields.join(", ")}; OP is >, >=, <, <= or ==`,
    );
  }
  return { field, operator: operator as Operator, limit: Number(limit) };
}

/** The field's value in the live spec. */
export function fieldOf(status: ProjectStatus, field: Field): number {
  const live = status.specs.find((spec) => spec.spec === status.live);
  switch (field) {
    case "tailEvents":
      return live?.tailEvents ?? 0;
    case "dayFiles":
      return live?.dayFiles ?? 0;
    case "skewMax":
      return live?.skew.max ?? 0;
    case "unreadableLogs":
      return status.unreadableLogs.length;
    default:
      return unreachable(field);
  }
}

export function isTrue({ operator, limit }: FailIf, value: number): boolean {
  switch (operator) {
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case "==":
      return value === limit;
    default:
      return unreachable(operator);
  }
}
