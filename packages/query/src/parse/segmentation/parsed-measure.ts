/** What is counted of the events of a series. */
export type ParsedMeasure =
  | { readonly kind: "total" | "unique" | "sessions" | "cumulativeUnique" }
  /** Users active in the `days` local days that end with an interval's last one. */
  | { readonly kind: "active"; readonly days: 1 | 7 | 30 }
  | { readonly kind: "property"; readonly property: string; readonly fold: ParsedFold }
  | { readonly kind: "distinct"; readonly property: string }
  | { readonly kind: "perUser"; readonly inner: ParsedInner; readonly fold: ParsedFold };

/** How numbers become one. The median is percentile 50. */
export type ParsedFold =
  | { readonly kind: "sum" | "avg" | "min" | "max" }
  | { readonly kind: "percentile"; readonly percentile: number };

/** The one number of a user. */
export type ParsedInner =
  | { readonly kind: "count" }
  | { readonly kind: "distinct"; readonly property: string }
  | { readonly kind: "property"; readonly property: string; readonly fold: ParsedFold };
