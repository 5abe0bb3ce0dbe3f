import type { PropertyColumn, StoredBatch, TextTable, UserHasher } from "@shale/columns";
import { createTextTableBuilder, hashUsers } from "@shale/columns";
import type { ScanBatch, ScanProperty, TextCodes } from "../scan-batch.ts";

/**
 * A batch that was scanned with detail "events" and all columns, as one that can be stored: with
 * the insert ids that are shown, all in generation 0.
 */
export function storedBatchOfScan(scanned: ScanBatch, hasher: UserHasher): StoredBatch {
  const { rowCount } = scanned;
  const users = ownTexts(scanned.users, scanned.userCodes);
  const events = ownTexts(scanned.events, scanned.eventCodes);
  const insertIds = createTextTableBuilder();
  const seqs = new Float64Array(rowCount);
  const writers = new Float64Array(rowCount);
  const insertIdCodes = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    seqs[row] = scanned.seqAt(row);
    writers[row] = scanned.writerAt(row);
    insertIdCodes[row] = 1 + insertIds.internBytes(scanned.insertIdAt(row));
  }
  return {
    rowCount,
    users: hashUsers(hasher, users.table),
    userCodes: users.codes,
    events: events.table,
    eventCodes: events.codes,
    timesMs: scanned.timesMs.slice(),
    insertIdCodes,
    insertIds: insertIds.build(),
    properties: [...scanned.properties.values()].flatMap(columnsOf),
    seqs,
    writers,
    generations: new Uint32Array(rowCount),
  };
}

function columnsOf({ name, string, number, boolean, list }: ScanProperty): PropertyColumn[] {
  const columns: PropertyColumn[] = [];
  const place = { name, rows: undefined };
  if (string !== undefined) columns.push({ ...place, kind: "string", ...ownOptional(string) });
  if (number !== undefined) columns.push({ ...place, kind: "number", values: number });
  if (boolean !== undefined) columns.push({ ...place, kind: "boolean", values: boolean });
  if (list !== undefined) columns.push({ ...place, kind: "list", ...ownOptional(list) });
  return columns;
}

/** The texts that the codes name, and their codes in them. */
function ownTexts(
  texts: TextCodes,
  shared: Uint32Array,
): { readonly table: TextTable; readonly codes: Uint32Array } {
  const own = new Map<number, number>();
  const table = createTextTableBuilder();
  const codes = new Uint32Array(shared.length);
  for (let row = 0; row < shared.length; row++) {
    const code = shared[row] ?? 0;
    let index = own.get(code);
    if (index === undefined) {
      index = table.internBytes(texts.bytesAt(code));
      own.set(code, index);
    }
    codes[row] = index;
  }
  return { table: table.build(), codes };
}

function ownOptional({ codes, texts }: { readonly codes: Uint32Array; readonly texts: TextCodes }) {
  const own = new Map<number, number>([[0, 0]]);
  const values = createTextTableBuilder();
  const ownCodes = new Uint32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] ?? 0;
    let index = own.get(code);
    if (index === undefined) {
      index = 1 + values.internBytes(texts.bytesAt(code - 1));
      own.set(code, index);
    }
    ownCodes[row] = index;
  }
  return { codes: ownCodes, values: values.build() };
}
