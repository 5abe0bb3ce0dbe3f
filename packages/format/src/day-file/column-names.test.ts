import type { ColumnKind } from "@shale/columns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixedColumns, nameColumns, PROPERTY_COLUMNS_MAX } from "./column-names.ts";

const kinds: readonly ColumnKind[] = ["string", "number", "boolean", "list"];

function named(...columns: readonly [name: string, kind: ColumnKind, rows: number][]) {
  const given = columns.map(([name, kind, rows]) => ({ name, kind, rows }));
  return nameColumns(given).map(({ column }) => column);
}

describe("nameColumns()", () => {
  test("gives a property its own name, whatever signs it has", () => {
    expect(named(["price", "number", 1], ["Städte 𝄞", "string", 1], ["a.b%c", "list", 1])).toEqual([
      "price",
      "Städte 𝄞",
      "a.b%c",
    ]);
  });

  test("gives the plain name to the commonest kind, and its kind to each sibling", () => {
    const price = named(["price", "string", 5], ["price", "number", 9], ["price", "list", 1]);
    expect(price).toEqual(["price:string", "price", "price:list"]);
    expect(named(["x", "boolean", 3], ["x", "number", 3], ["x", "list", 3])).toEqual([
      "x:boolean",
      "x",
      "x:list",
    ]);
  });

  test("escapes what would be taken for another column, ignoring case", () => {
    expect(named(["Spec", "string", 1], ["user_ID", "list", 1])).toEqual([
      "p:%53pec",
      "p:user_%49%44",
    ]);
    expect(named(["É", "string", 1], ["é", "string", 1])).toEqual(["p:%c3%89", "p:%c3%a9"]);
    expect(named(["price:string", "string", 1])).toEqual(["p:price%3astring"]);
    expect(named(["__proto__", "string", 1], ["a\nb", "string", 1])).toEqual([
      "p:__proto__",
      "p:a%0ab",
    ]);
  });

  test("keeps a property p apart from escaped names", () => {
    expect(named(["p", "string", 1])).toEqual(["p"]);
    expect(
      named(["p", "string", 2], ["p", "list", 1], ["LIST", "list", 1], ["list", "list", 1]),
    ).toEqual(["p:p", "p:p:list", "p:%4c%49%53%54", "p:list"]);
  });

  test("never gives one name twice, nor a fixed one, ignoring case", () => {
    const name = fc.oneof(
      fc.constantFrom(
        "a",
        "A",
        "p",
        "P",
        "string",
        "STRING",
        "p:a",
        "p:string",
        "rest",
        "seq",
        "Seq",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    const column = fc.record({ name, kind: fc.constantFrom(...kinds), rows: fc.nat(3) });
    const columns = fc.uniqueArray(column, { selector: (one) => `${one.kind} ${one.name}` });
    fc.assert(
      fc.property(columns, (given) => {
        const names = nameColumns(given).map((one) => one.column.toLowerCase());
        const all = [...fixedColumns, "spec", "shard", "day", "rest:json", ...names];
        expect(new Set(all).size).toBe(all.length);
      }),
      { numRuns: 2000 },
    );
  });

  test("puts the rarest into the rest column once there are too many", () => {
    const columns = Array.from({ length: PROPERTY_COLUMNS_MAX + 5 }, (_one, index) => ({
      name: `n${index}`,
      kind: "string" as const,
      rows: 10 + ((index * 7919) % 3001),
    }));
    expect(
      nameColumns(columns.slice(0, PROPERTY_COLUMNS_MAX)).every(
        ({ name, column }) => name === column,
      ),
    ).toBe(true);
    const rest = nameColumns(columns).filter(({ column }) => column === "rest:json");
    expect(rest).toHaveLength(6);
    const rarest = columns.toSorted((left, right) => left.rows - right.rows).slice(0, 6);
    expect(new Set(rest.map(({ name }) => name))).toEqual(new Set(rarest.map(({ name }) => name)));
  });
});
