import { createByteInterner } from "@shale/columns";
import type { GatheredRows, SourcePart } from "./day-rows.ts";
import { sourceAt } from "./day-rows.ts";

/**
 * Marks the rows of one shard-day that lose against another row of the same key (user_id, event,
 * insert_id); the day is part of the key, and all rows here are of one day. The greatest (seq,
 * writer) wins (R3). Rows without an insert_id are never duplicates. undefined: there is none.
 */
export function findDuplicates(
  parts: readonly SourcePart[],
  rows: GatheredRows,
): Uint8Array | undefined {
  const ids = insertIdsOf(parts, rows);
  if (ids === undefined) return undefined;
  const { idCodes, idCount } = ids;
  const { userCodes, eventCodes } = rows;
  const isAfter = placeOrderOf(parts, rows);
  const slots = createSlots(idCount);
  const losers = new Uint8Array(idCodes.length);
  let found = false;
  for (let row = 0; row < idCodes.length; row++) {
    const id = idCodes[row] ?? 0;
    if (id === 0) continue;
    const user = userCodes[row] ?? 0;
    const event = eventCodes[row] ?? 0;
    let slot = (hashOf(id, user, event) & slots.mask) >>> 0;
    while (true) {
      const other = (slots.rows[slot] ?? 0) - 1;
      if (other < 0) {
        slots.rows[slot] = row + 1;
        break;
      }
      if (idCodes[other] === id && userCodes[other] === user && eventCodes[other] === event) {
        const winner = isAfter(row, other) ? row : other;
        losers[winner === row ? other : row] = 1;
        slots.rows[slot] = winner + 1;
        found = true;
        break;
      }
      slot = (slot + 1) & slots.mask;
    }
  }
  return found ? losers : undefined;
}

/** By row, 0 = no insert_id, else a code of the id; undefined when no row has one. */
function insertIdsOf(
  parts: readonly SourcePart[],
  { sourceStarts, sourceRows }: GatheredRows,
): { readonly idCodes: Uint32Array; readonly idCount: number } | undefined {
  const interner = createByteInterner();
  const idCodes = new Uint32Array(sourceRows.length);
  let idCount = 0;
  for (const [index, { source }] of parts.entries()) {
    const { insertIdCodes, insertIds } = source.batch;
    if (insertIds.count === 0) continue;
    const end = sourceStarts[index + 1] ?? 0;
    for (let row = sourceStarts[index] ?? 0; row < end; row++) {
      const code = insertIdCodes[sourceRows[row] ?? 0] ?? 0;
      if (code === 0) continue;
      idCodes[row] = interner.intern(insertIds, code - 1) + 1;
      idCount++;
    }
  }
  return idCount === 0 ? undefined : { idCodes, idCount };
}

/** Whether the first row was logged after the second: by (seq, writer). */
function placeOrderOf(
  parts: readonly SourcePart[],
  rows: GatheredRows,
): (row: number, other: number) => boolean {
  const { sourceRows } = rows;
  return (row, other) => {
    const [source, otherSource] = [row, other].map((at) => parts[sourceAt(rows, at)]?.source);
    const [at, otherAt] = [sourceRows[row] ?? 0, sourceRows[other] ?? 0];
    const seq = source?.seqs[at] ?? 0;
    const otherSeq = otherSource?.seqs[otherAt] ?? 0;
    if (seq !== otherSeq) return seq > otherSeq;
    return (source?.writerAt(at) ?? 0) > (otherSource?.writerAt(otherAt) ?? 0);
  };
}

function createSlots(count: number): { readonly rows: Uint32Array; readonly mask: number } {
  let size = 16;
  while (size < count * 2) size *= 2;
  return { rows: new Uint32Array(size), mask: size - 1 };
}

function hashOf(id: number, user: number, event: number): number {
  let hash = Math.imul(id, 0x9e3779b1) ^ Math.imul(user, 0x85ebca6b) ^ Math.imul(event, 0xc2b2ae35);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
