import type { PropertyColumn, StoredBatch, TextTable, UserHasher } from "@shale/columns";
import { createTextTableBuilder, hashUsers } from "@shale/columns";
import type { WriterOrdinal } from "@shale/model";
import { writerOrdinal } from "@shale/model";
import type { ScanBatch, ScanProperty, TextCodes } from "../scan-batch.ts";

export interface StoredBatchOptions {
  /**
   * "shown": each row has an insert id, `~<writer>-<seq>` where none was sent. "stored": such a one
   * is absent, as in day files. Default "shown".
   */
  readonly insertIds?: "shown" | "stored" | undefined;
  /** Default: every row is of generation 0. */
  readonly generationOf?: ((writer: WriterOrdinal, seq: number) => number) | undefined;
}

/** A batch that was scanned with detail "events" and all columns, as one that can be stored. */
export function storedBatchOfScan(
  scanned: ScanBatch,
  hasher: UserHasher,
  { insertIds: idsWanted = "shown", generationOf }: StoredBatchOptions = {},
): StoredBatch {
  const { rowCount } = scanned;
  const users = ownTexts(scanned.users, scanned.userCodes);
  const events = ownTexts(scanned.events, scanned.eventCodes);
  const insertIds = createTextTableBuilder();
  const seqs = new Float64Array(rowCount);
  const writers = new Float64Array(rowCount);
  const insertIdCodes = new Uint32Array(rowCount);
  const generations = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const [seq, writer] = [scanned.seqAt(row), scanned.writerAt(row)];
    seqs[row] = seq;
    writers[row] = writer;
    if (generationOf !== undefined) generations[row] = generationOf(writerOrdinal(writer), seq);
    const id = scanned.insertIdAt(row);
    if (idsWanted === "stored" && isDerived(id, writer, seq)) continue;
    insertIdCodes[row] = 1 + insertIds.internBytes(id);
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
    generations,
  };
}

/**
 * Whether the id is the one that is derived for this very row. A row that moved to another writer
 * has the derived id of its old place stored (protocol W4), which is another one.
 */
function isDerived(id: Uint8Array, writer: number, seq: number): boolean {
  if (id[0] !== TILDE) return false;
  return (
    Buffer.from(id.buffer, id.byteOffset, id.length).toString("latin1") === `~${writer}-${seq}`
  );
}
const TILDE = 0x7e;

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
