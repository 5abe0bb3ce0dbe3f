import { invariant } from "@shale/model";
import { queryInvalid, quoted } from "../query-errors.ts";
import type { Place } from "../query-place.ts";
import { stringOf } from "../query-place.ts";
import type { FormulaNode, ParsedFormula } from "./parsed-formula.ts";

const LENGTH_MAX = 1000;
const DEPTH_MAX = 100;
const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(\p{L}+)|(\S))/uy;
/** Signs that are written in several ways. */
const SIGNS: Readonly<Record<string, string>> = { "×": "*", "·": "*", "÷": "/", "−": "-" };

interface Token {
  readonly kind: "number" | "letter" | "sign" | "end";
  readonly text: string;
}

/**
 * A formula over the series of a query, A being the first: + − × ÷ (also * and /), parentheses and
 * numbers. × and ÷ bind before + and −, equals from the left.
 *
 * @throws {ShaleError} QUERY_INVALID
 */
export function parseFormula(place: Place, seriesCount: number): ParsedFormula {
  const text = stringOf(place, "a formula over series (A / B)");
  if (text.length > LENGTH_MAX) {
    throw queryInvalid(place.path, `${place.path} is longer than ${LENGTH_MAX} characters`);
  }
  const reader = createReader(place, text);
  const series = new Set<number>();
  const root = parseSum(0);
  if (reader.peek().kind !== "end") throw reader.unexpected("an operator (+ - * /) or the end");
  if (series.size === 0) throw queryInvalid(place.path, `${place.path} names no series (A / B)`);
  return { text, root, series: [...series].sort((a, b) => a - b) };

  function parseSum(depth: number): FormulaNode {
    let left = parseProduct(depth);
    while (reader.isSign("+") || reader.isSign("-")) {
      const op = reader.next().text === "+" ? "+" : "-";
      left = { kind: "operation", op, left, right: parseProduct(depth) };
    }
    return left;
  }
  function parseProduct(depth: number): FormulaNode {
    let left = parseOperand(depth);
    while (reader.isSign("*") || reader.isSign("/")) {
      const op = reader.next().text === "*" ? "*" : "/";
      left = { kind: "operation", op, left, right: parseOperand(depth) };
    }
    return left;
  }
  function parseOperand(depth: number): FormulaNode {
    if (depth > DEPTH_MAX) throw queryInvalid(place.path, `${place.path} is nested too deep`);
    const { kind, text: word } = reader.peek();
    if (kind === "number") {
      reader.next();
      if (Number.isFinite(Number(word))) return { kind: "number", value: Number(word) };
      throw queryInvalid(place.path, `${place.path} has a number that is too large: ${word}`);
    }
    if (kind === "letter") {
      reader.next();
      return { kind: "series", index: seriesOf(word) };
    }
    if (reader.isSign("-")) {
      reader.next();
      return { kind: "negation", of: parseOperand(depth + 1) };
    }
    if (!reader.isSign("(")) throw reader.unexpected("a series (A), a number or (");
    reader.next();
    const inner = parseSum(depth + 1);
    if (!reader.isSign(")")) throw reader.unexpected(")");
    reader.next();
    return inner;
  }
  function seriesOf(word: string): number {
    const index = word.length === 1 ? word.charCodeAt(0) - 65 : -1;
    if (index >= 0 && index < seriesCount) {
      series.add(index);
      return index;
    }
    const last = String.fromCharCode(64 + seriesCount);
    const letters = seriesCount === 1 ? "A is the only series" : `the series are A to ${last}`;
    const upper = word.toUpperCase();
    const isLower = word.length === 1 && upper !== word && upper >= "A" && upper <= last;
    const hint = isLower ? `; did you mean "${upper}"?` : "";
    throw queryInvalid(place.path, `${place.path} names ${quoted(word)}: ${letters}${hint}`);
  }
}

function createReader(place: Place, text: string) {
  const tokens = tokensOf(text);
  let at = 0;
  function peek(): Token {
    const token = tokens[Math.min(at, tokens.length - 1)];
    invariant(token !== undefined, "a formula has an end");
    return token;
  }
  return {
    peek,
    next(): Token {
      const token = peek();
      at++;
      return token;
    },
    isSign: (sign: string): boolean => peek().kind === "sign" && peek().text === sign,
    unexpected(wanted: string): Error {
      const { kind, text: found } = peek();
      const what = kind === "end" ? "it ends" : `there is ${quoted(found)}`;
      return queryInvalid(
        place.path,
        `${place.path} needs ${wanted} where ${what}: ${quoted(text)}`,
      );
    },
  };
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [, number, letters, sign = ""] = match;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (letters !== undefined) tokens.push({ kind: "letter", text: letters });
    else tokens.push({ kind: "sign", text: SIGNS[sign] ?? sign });
  }
  return [...tokens, { kind: "end", text: "" }];
}
