import { createByteInterner } from "./byte-interner.ts";
import { createCodeMerger } from "./code-merger.ts";
import type {
  BooleanColumn,
  EventBatch,
  NumberColumn,
  PropertyColumn,
  TextColumn,
} from "./event-batch.ts";

/** A column is dense when at least one row in this many has a value, as in a built batch. */
const DENSE_ONE_IN = 8;

/** One batch's part of a column, and where its rows begin in the whole. */
interface Part<Column> {
  readonly firstRow: number;
  readonly column: Column;
}
type Slots = Uint32Array | Float64Array | Uint8Array;
/** Values or codes of a part; absent ones are 0, or NaN among numbers. */
interface Piece<S extends Slots> {
  readonly firstRow: number;
  readonly rows: Uint32Array | undefined;
  readonly slots: S;
}

/** The columns of all batches, merged by name and kind, in the order of a built batch. */
export function concatProperties(
  batches: readonly EventBatch[],
  rowCount: number,
): readonly PropertyColumn[] {
  const texts = new Map<string, Part<TextColumn>[]>();
  const numbers = new Map<string, Part<NumberColumn>[]>();
  const booleans = new Map<string, Part<BooleanColumn>[]>();
  let firstRow = 0;
  for (const { properties, rowCount: batchRows } of batches) {
    for (const column of properties) {
      switch (column.kind) {
        case "string":
        case "list":
          add(texts, `${column.kind} ${column.name}`, { firstRow, column });
          break;
        case "number":
          add(numbers, column.name, { firstRow, column });
          break;
        case "boolean":
          add(booleans, column.name, { firstRow, column });
          break;
      }
    }
    firstRow += batchRows;
  }
  const columns = [
    ...Array.from(texts.values(), (parts) => concatTexts(parts, rowCount)),
    ...Array.from(numbers.values(), (parts) => concatNumbers(parts, rowCount)),
    ...Array.from(booleans.values(), (parts) => concatBooleans(parts, rowCount)),
  ];
  return columns.filter((column) => column !== undefined).sort(comparePlace);
}

function add<Column>(found: Map<string, Part<Column>[]>, key: string, part: Part<Column>): void {
  const parts = found.get(key);
  if (parts === undefined) found.set(key, [part]);
  else parts.push(part);
}

function comparePlace(left: PropertyColumn, right: PropertyColumn): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return left.kind < right.kind ? -1 : 1;
}

function concatTexts(parts: readonly Part<TextColumn>[], rowCount: number): TextColumn | undefined {
  const interner = createByteInterner();
  const merger = createCodeMerger("zero", interner.intern);
  const pieces = parts.map(({ firstRow, column: { rows, codes, values } }) => {
    const slots = new Uint32Array(codes.length);
    merger.merge(codes, values, slots, 0);
    return { firstRow, rows, slots };
  });
  const place = placeOf(pieces, rowCount, { make: (length) => new Uint32Array(length), absent: 0 });
  const first = parts[0]?.column;
  if (place === undefined || first === undefined) return undefined;
  const { kind, name } = first;
  return { kind, name, rows: place.rows, codes: place.slots, values: interner.build() };
}

function concatNumbers(
  parts: readonly Part<NumberColumn>[],
  rowCount: number,
): NumberColumn | undefined {
  const pieces = parts.map(({ firstRow, column: { rows, values } }) => {
    return { firstRow, rows, slots: values };
  });
  const slots = { make: (length: number) => new Float64Array(length), absent: Number.NaN };
  const place = placeOf<Float64Array>(pieces, rowCount, slots);
  const name = parts[0]?.column.name;
  if (place === undefined || name === undefined) return undefined;
  return { kind: "number", name, rows: place.rows, values: place.slots };
}

function concatBooleans(
  parts: readonly Part<BooleanColumn>[],
  rowCount: number,
): BooleanColumn | undefined {
  const pieces = parts.map(({ firstRow, column: { rows, values } }) => {
    return { firstRow, rows, slots: values };
  });
  const slots = { make: (length: number) => new Uint8Array(length), absent: 0 };
  const place = placeOf<Uint8Array>(pieces, rowCount, slots);
  const name = parts[0]?.column.name;
  if (place === undefined || name === undefined) return undefined;
  return { kind: "boolean", name, rows: place.rows, values: place.slots };
}

/** Puts the pieces into one column, dense or sparse; undefined where no row has a value. */
function placeOf<S extends Slots>(
  pieces: readonly Piece<S>[],
  rowCount: number,
  { make, absent }: { readonly make: (length: number) => S; readonly absent: number },
): { readonly rows: Uint32Array | undefined; readonly slots: S } | undefined {
  let present = 0;
  for (const { rows, slots } of pieces) {
    present += rows === undefined ? presentCount(slots, absent) : rows.length;
  }
  if (present === 0) return undefined;
  if (present * DENSE_ONE_IN >= rowCount) {
    const slots = make(rowCount);
    if (absent !== 0) slots.fill(absent);
    for (const piece of pieces) {
      if (piece.rows === undefined) slots.set(piece.slots, piece.firstRow);
      else scatter(piece, piece.rows, slots);
    }
    return { rows: undefined, slots };
  }
  const rows = new Uint32Array(present);
  const slots = make(present);
  let at = 0;
  for (const piece of pieces) at = gather(piece, absent, { rows, slots, at });
  return { rows, slots };
}

function isPresent(slot: number, absent: number): boolean {
  return absent === 0 ? slot !== 0 : !Number.isNaN(slot);
}

function presentCount(slots: Slots, absent: number): number {
  let count = 0;
  for (let i = 0; i < slots.length; i++) if (isPresent(slots[i] ?? 0, absent)) count++;
  return count;
}

function scatter<S extends Slots>(piece: Piece<S>, rows: Uint32Array, target: S): void {
  for (let i = 0; i < rows.length; i++) {
    target[piece.firstRow + (rows[i] ?? 0)] = piece.slots[i] ?? 0;
  }
}

/** Appends the present slots of a piece to a sparse column. @returns Where the next one goes. */
function gather<S extends Slots>(
  { firstRow, rows, slots }: Piece<S>,
  absent: number,
  target: { readonly rows: Uint32Array; readonly slots: S; readonly at: number },
): number {
  let { at } = target;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0;
    if (!isPresent(slot, absent)) continue;
    target.rows[at] = firstRow + (rows === undefined ? i : (rows[i] ?? 0));
    target.slots[at] = slot;
    at++;
  }
  return at;
}
