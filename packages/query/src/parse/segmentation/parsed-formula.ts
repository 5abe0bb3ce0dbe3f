export interface ParsedFormula {
  /** As it was written: what its series is called. */
  readonly text: string;
  readonly root: FormulaNode;
  /** The series it names, ascending. */
  readonly series: readonly number[];
}

export type FormulaNode =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "series"; readonly index: number }
  | { readonly kind: "negation"; readonly of: FormulaNode }
  | {
      readonly kind: "operation";
      readonly op: "+" | "-" | "*" | "/";
      readonly left: FormulaNode;
      readonly right: FormulaNode;
    };
