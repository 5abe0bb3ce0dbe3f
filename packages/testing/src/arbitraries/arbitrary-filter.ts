import type { Filter, FilterOp, PropertyFilter } from "@shale/model";
import { filterOps, unreachable } from "@shale/model";
import type * as FastCheck from "fast-check";
import type { Vocabulary } from "./event-vocabulary.ts";
import { numbers, propertyNames, texts } from "./event-vocabulary.ts";

type Check = typeof FastCheck;

function arbitraryOperand(
  fc: Check,
  vocabulary: Vocabulary,
  op: FilterOp,
): FastCheck.Arbitrary<unknown> {
  const text = fc.constantFrom(...texts, ...vocabulary.names, ...vocabulary.userIds);
  const number = fc.constantFrom(...numbers);
  switch (op) {
    case "eq":
    case "neq":
      return fc.oneof(text, number, fc.boolean());
    case "in":
    case "notIn":
      return fc.array(fc.oneof(text, number, fc.boolean()), { maxLength: 4 });
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return fc.oneof(number, text);
    case "contains":
    case "notContains":
    case "startsWith":
    case "endsWith":
      return text;
    case "isSet":
    case "isNotSet":
      return fc.constant(undefined);
    default:
      return unreachable(op);
  }
}

function arbitraryPropertyFilter(
  fc: Check,
  vocabulary: Vocabulary,
): FastCheck.Arbitrary<PropertyFilter> {
  return fc.constantFrom(...filterOps).chain((op) =>
    fc
      .record({
        property: fc.constantFrom(...propertyNames, "$event", "$user_id"),
        value: arbitraryOperand(fc, vocabulary, op),
        ignoreCase: fc.constantFrom(undefined, true, false),
      })
      .map(({ property, value, ignoreCase }): PropertyFilter => {
        if (value === undefined) return { property, op };
        return ignoreCase === undefined
          ? { property, op, value }
          : { property, op, value, ignoreCase };
      }),
  );
}

/** Filters over the vocabulary, at most `depth` deep. */
export function arbitraryFilter(
  fc: Check,
  vocabulary: Vocabulary,
  depth = 2,
): FastCheck.Arbitrary<Filter> {
  const leaf = arbitraryPropertyFilter(fc, vocabulary);
  if (depth === 0) return leaf;
  const inner = arbitraryFilter(fc, vocabulary, depth - 1);
  const several = fc.array(inner, { maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    several.map((all): Filter => ({ all })),
    several.map((any): Filter => ({ any })),
    inner.map((not): Filter => ({ not })),
  );
}
