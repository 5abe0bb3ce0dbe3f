/** The places of signs outside of all parentheses. */
function placesOf(text: string, signs: string): number[] {
  let depth = 0;
  return [...text].flatMap((sign, place) => {
    if (sign === "(") depth++;
    if (sign === ")") depth--;
    return depth === 0 && signs.includes(sign) ? [place] : [];
  });
}

/** True for a sign between two operands, not before one. */
function isBetween(text: string, place: number): boolean {
  return /[A-Z0-9.)]$/.test(text.slice(0, place)) && !/[0-9.]e$/.test(text.slice(0, place));
}

/** The value of a formula; `numbers` are those of A, B, … null: unknown, over 0, or too large. */
export function formulaOf(formula: string, numbers: readonly (number | null)[]): number | null {
  const text = formula
    .replace(/\s/g, "")
    .replace(/[×·]/g, "*")
    .replace(/÷/g, "/")
    .replace(/−/g, "-")
    .replace(/(?<=[0-9.])E(?=[0-9+-])/g, "e");
  const value = resultOf(text, numbers);
  return value !== null && Number.isFinite(value) ? value + 0 : null;
}

function resultOf(text: string, numbers: readonly (number | null)[]): number | null {
  // The operator that is applied last: of the weakest ones the rightmost.
  const split =
    placesOf(text, "+-").findLast((place) => isBetween(text, place)) ??
    placesOf(text, "*/").findLast((place) => isBetween(text, place));
  if (split !== undefined) {
    const left = resultOf(text.slice(0, split), numbers);
    const right = resultOf(text.slice(split + 1), numbers);
    if (left === null || right === null) return null;
    switch (text[split]) {
      case "+":
        return left + right;
      case "-":
        return left - right;
      case "*":
        return left * right;
      default:
        return right === 0 ? null : left / right;
    }
  }
  if (text.startsWith("-")) {
    const value = resultOf(text.slice(1), numbers);
    return value === null ? null : -value;
  }
  if (text.startsWith("(")) return resultOf(text.slice(1, -1), numbers);
  if (/^[A-Z]$/.test(text)) return numbers[text.charCodeAt(0) - 65] ?? null;
  return Number(text);
}

/** The series that a formula names. */
export function seriesIn(formula: string): number[] {
  const letters = formula.replace(/[0-9.]E/g, "").match(/[A-Z]/g) ?? [];
  return [...new Set(letters)].map((letter) => letter.charCodeAt(0) - 65);
}
