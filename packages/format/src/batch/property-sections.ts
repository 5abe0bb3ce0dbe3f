import { Buffer } from "node:buffer";
import type { ColumnKind, PropertyColumn } from "@shale/columns";
import { textAt } from "@shale/columns";
import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";
import { propertyKinds, SPARSE } from "./batch-layout.ts";
import { codeSection, readCodes } from "./code-section.ts";
import type { SectionCursor } from "./section-cursor.ts";
import { plainSection, type Section } from "./section-list.ts";
import { readTexts, textSections } from "./text-sections.ts";

const encoder = new TextEncoder();

/** Names, kinds, then the sections of each property in the same order. */
export function propertySections(
  properties: readonly PropertyColumn[],
  rowCount: number,
): readonly Section[] {
  const kinds = new Uint8Array(properties.length);
  properties.forEach((column, index) => {
    kinds[index] = propertyKinds.indexOf(column.kind) + (column.rows === undefined ? 0 : SPARSE);
  });
  return [
    ...nameSections(properties.map((column) => column.name)),
    plainSection("propertyKinds", 1, kinds),
    ...properties.flatMap((column) => columnSections(column, rowCount)),
  ];
}

function nameSections(names: readonly string[]): readonly Section[] {
  const joined = names.join("");
  const bytes = encoder.encode(joined);
  const isAscii = bytes.length === joined.length;
  const offsets = new Uint32Array(names.length + 1);
  names.forEach((name, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + (isAscii ? name.length : Buffer.byteLength(name));
  });
  return textSections({ count: names.length, bytes, offsets });
}

function columnSections(column: PropertyColumn, rowCount: number): readonly Section[] {
  const { rows } = column;
  const slots =
    column.kind === "number" || column.kind === "boolean" ? column.values : column.codes;
  const expected = rows === undefined ? rowCount : rows.length;
  invariant(slots.length === expected, `${column.name} has ${slots.length} slots of ${expected}`);
  const place: Section[] = [];
  if (rows !== undefined) {
    invariant(areAscending(rows, rowCount), `rows of ${column.name} ascend below ${rowCount}`);
    place.push(plainSection("rows", 4, rows));
  }
  const least = rows === undefined ? 0 : 1;
  switch (column.kind) {
    case "string":
    case "list": {
      const codes = codeSection(column.codes, { least, greatest: column.values.count });
      return [...place, ...textSections(column.values), codes];
    }
    case "number":
      invariant(areNumbers(column.values, least), `numbers of ${column.name} are finite`);
      return [...place, plainSection("numbers", 8, column.values)];
    case "boolean":
      invariant(areBooleans(column.values, least), `booleans of ${column.name} are 1 or 2`);
      return [...place, plainSection("booleans", 1, column.values)];
  }
}

function areAscending(rows: Uint32Array, rowCount: number): boolean {
  let previous = -1;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if (row <= previous) return false;
    previous = row;
  }
  return previous < rowCount;
}

/** Finite or, where a slot may be absent (`least` 0), NaN. */
function areNumbers(values: Float64Array, least: 0 | 1): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value) && (least === 1 || !Number.isNaN(value))) return false;
  }
  return true;
}

function areBooleans(values: Uint8Array, least: 0 | 1): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > 2 || value < least) return false;
  }
  return true;
}

export function readProperties(
  cursor: SectionCursor,
  propertyCount: number,
  rowCount: number,
): readonly PropertyColumn[] {
  const names = readTexts(cursor, propertyCount);
  const { bytes: kinds } = cursor.next("propertyKinds", { widths: [1], count: propertyCount });
  const seen = new Set<string>();
  return Array.from(kinds, (kindByte, index) => {
    const name = textAt(names, index);
    const kind = kindOf(cursor, kindByte & ~SPARSE);
    const key = `${kind} ${name}`;
    if (seen.has(key)) throw corrupt(cursor.source, `property ${key} stands twice`);
    seen.add(key);
    return readColumn(cursor, { name, kind, sparse: (kindByte & SPARSE) !== 0 }, rowCount);
  });
}

function kindOf(cursor: SectionCursor, kindByte: number): ColumnKind {
  const kind = propertyKinds[kindByte];
  if (kind === undefined) throw corrupt(cursor.source, `a property has kind ${kindByte}`);
  return kind;
}

function readColumn(
  cursor: SectionCursor,
  { name, kind, sparse }: { name: string; kind: ColumnKind; sparse: boolean },
  rowCount: number,
): PropertyColumn {
  const rows = sparse ? readRows(cursor, rowCount) : undefined;
  const count = rows === undefined ? rowCount : rows.length;
  const least = rows === undefined ? 0 : 1;
  switch (kind) {
    case "string":
    case "list": {
      const values = readTexts(cursor);
      const codes = readCodes(cursor, count, { least, greatest: values.count });
      return { kind, name, rows, codes, values };
    }
    case "number": {
      const { bytes } = cursor.next("numbers", { widths: [8], count });
      const values = new Float64Array(bytes.buffer, bytes.byteOffset, count);
      if (!areNumbers(values, least))
        throw corrupt(cursor.source, `${name} has an infinite number`);
      return { kind, name, rows, values };
    }
    case "boolean": {
      const { bytes: values } = cursor.next("booleans", { widths: [1], count });
      if (!areBooleans(values, least)) throw corrupt(cursor.source, `${name} is no boolean`);
      return { kind, name, rows, values };
    }
  }
}

function readRows(cursor: SectionCursor, rowCount: number): Uint32Array {
  const { bytes, count } = cursor.next("rows", { widths: [4] });
  const rows = new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  if (!areAscending(rows, rowCount)) throw corrupt(cursor.source, "rows do not ascend");
  return rows;
}
