import type { EventBatch, TextTable } from "@shale/columns";
import { DAY_MS, invariant } from "@shale/model";

/** Counts events that repeat the key (user_id, event, insert_id, UTC day) of an earlier one. */
export interface DuplicateCounter {
  /**
   * Rows of the batch that repeat a key of an earlier row, here or in a batch counted before. Rows
   * without an insert_id never do.
   *
   * Keys are kept as 64-bit hashes, 10 to 16 bytes each: among 100 million keys the chance of one
   * wrong count is below 0.1 %. The count is a report: what is stored is decided by whole keys.
   */
  count(batch: EventBatch): number;
}

/** Tables that grow one by one, so that no moment holds all keys twice. */
const TABLE_COUNT = 256;
const SLOTS_AT_FIRST = 16;
const GROWTH = 1.5;
/** More of the slots than that are never taken. */
const FILL_MAX = 0.8;
const TWO_32 = 4_294_967_296;
const EVENT_LANE_SEEDS = [0x9e3779b9, 0x85ebca6b] as const;

export function createDuplicateCounter(): DuplicateCounter {
  const keys = createKeySet();
  return {
    count(batch) {
      if (batch.insertIds.count === 0) return 0;
      const { userCodes, eventCodes, insertIdCodes, timesMs } = batch;
      const { hashHigh, hashLow } = batch.users;
      const events = hashTexts(batch.events);
      const insertIds = hashTexts(batch.insertIds);
      let count = 0;
      for (let row = 0; row < batch.rowCount; row++) {
        const insertIdCode = insertIdCodes[row] ?? 0;
        if (insertIdCode === 0) continue;
        const user = userCodes[row] ?? 0;
        const event = eventCodes[row] ?? 0;
        const day = Math.floor((timesMs[row] ?? 0) / DAY_MS);
        let high = mix((hashHigh[user] ?? 0) ^ (events.high[event] ?? 0));
        let low = mix((hashLow[user] ?? 0) ^ (events.low[event] ?? 0));
        high = mix(mix(high ^ (insertIds.high[insertIdCode - 1] ?? 0)) ^ day);
        low = mix(mix(low ^ (insertIds.low[insertIdCode - 1] ?? 0)) ^ day);
        if (!keys.add(high, low)) count++;
      }
      return count;
    },
  };
}

/** Two independent 32-bit hashes of each text. */
function hashTexts({ count, bytes, offsets }: TextTable) {
  const high = new Uint32Array(count);
  const low = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    const end = offsets[index + 1] ?? 0;
    let [highLane, lowLane]: readonly [number, number] = EVENT_LANE_SEEDS;
    for (let at = offsets[index] ?? 0; at < end; at++) {
      const byte = bytes[at] ?? 0;
      highLane = Math.imul(highLane ^ byte, 0x5bd1e995);
      highLane ^= highLane >>> 15;
      lowLane = Math.imul(lowLane ^ byte, 0x27d4eb2f);
      lowLane ^= lowLane >>> 13;
    }
    high[index] = mix(highLane);
    low[index] = mix(lowLane);
  }
  return { high, low };
}

/** The finaliser of MurmurHash3: each bit of the input changes half of the output; one to one. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Keys by the low bits of their first word, in tables that are made when they have a key. */
function createKeySet() {
  const tables: (KeyTable | undefined)[] = Array.from({ length: TABLE_COUNT }, () => undefined);
  return {
    /** False when the key was there. */
    add(high: number, low: number): boolean {
      const number = (high >>> 0) % TABLE_COUNT;
      const table = tables[number] ?? createKeyTable();
      tables[number] = table;
      return table.add(high, low);
    },
  };
}

interface KeyTable {
  add(high: number, low: number): boolean;
}

/** Open addressing over pairs of 32-bit words; (0, 0) marks a free slot and is stored as (0, 1). */
function createKeyTable(): KeyTable {
  let slotCount = SLOTS_AT_FIRST;
  let words = new Int32Array(2 * slotCount);
  let count = 0;

  /** The word index of the key, or of the free slot where it belongs. */
  function find(high: number, low: number): number {
    let slot = Math.floor((low >>> 0) * (slotCount / TWO_32));
    for (;;) {
      const at = slot * 2;
      if (words[at] === high && words[at + 1] === low) return at;
      if (words[at] === 0 && words[at + 1] === 0) return at;
      slot = slot + 1 === slotCount ? 0 : slot + 1;
    }
  }
  function put(at: number, high: number, low: number): void {
    words[at] = high;
    words[at + 1] = low;
  }
  function grow(): void {
    const before = words;
    slotCount = Math.ceil(slotCount * GROWTH);
    words = new Int32Array(2 * slotCount);
    for (let at = 0; at < before.length; at += 2) {
      const high = before[at] ?? 0;
      const low = before[at + 1] ?? 0;
      if (high !== 0 || low !== 0) put(find(high, low), high, low);
    }
  }
  return {
    add(high, low) {
      const lowWord = high === 0 && low === 0 ? 1 : low;
      const at = find(high, lowWord);
      if (words[at] !== 0 || words[at + 1] !== 0) return false;
      put(at, high, lowWord);
      count++;
      if (count > slotCount * FILL_MAX) grow();
      invariant(count < slotCount, "a free slot ends every search");
      return true;
    },
  };
}
