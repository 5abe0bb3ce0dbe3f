import { invariant } from "@shale/model";
import { corrupt } from "../damage.ts";
import { readU64, viewOf, writeU64 } from "../little-endian.ts";
import { TIME_MS_MAX } from "./batch-layout.ts";
import type { SectionCursor } from "./section-cursor.ts";
import { plainSection, type Section, type SectionPart } from "./section-list.ts";

const U32_MAX = 0xffff_ffff;
const RUN_BYTES = 12;

/** Seqs as runs of consecutive ones: the first seq of each run, then the row it starts at. */
export function seqSection(seqs: Float64Array): Section {
  const starts: number[] = [];
  let previous = 0;
  for (let row = 0; row < seqs.length; row++) {
    const seq = seqs[row] ?? 0;
    if (seq !== previous + 1 || row === 0) {
      invariant(seq > previous && Number.isSafeInteger(seq), `seqs rise: ${previous}, ${seq}`);
      starts.push(row);
    }
    previous = seq;
  }
  invariant(Number.isSafeInteger(previous), `a seq is below 2^53: ${previous}`);
  const count = starts.length;
  const firsts = new Uint8Array(8 * count);
  const view = viewOf(firsts);
  starts.forEach((row, run) => {
    writeU64(view, 8 * run, seqs[row] ?? 0);
  });
  const parts: SectionPart[] = [
    { values: firsts, width: 1 },
    { values: new Uint32Array(starts), width: 4 },
  ];
  return { name: "seqs", width: 8, count, parts };
}

/** One seq a row, strictly rising, each a safe integer of 1 or more. */
export function readSeqs(cursor: SectionCursor, rowCount: number): Float64Array {
  const { bytes, count } = cursor.next("seqs", {
    widths: [8],
    bytesOf: (_width, runs) => RUN_BYTES * runs,
  });
  if (count > rowCount || (rowCount > 0 && count === 0)) {
    throw corrupt(cursor.source, `${rowCount} rows have ${count} runs of seqs`);
  }
  const firsts = viewOf(bytes);
  const starts = new Uint32Array(bytes.buffer, bytes.byteOffset + 8 * count, count);
  const seqs = new Float64Array(rowCount);
  let last = 0;
  for (let run = 0; run < count; run++) {
    const start = starts[run] ?? 0;
    const end = run + 1 < count ? (starts[run + 1] ?? 0) : rowCount;
    const first = readU64(firsts, 8 * run);
    if ((run === 0 && start !== 0) || end <= start || end > rowCount) {
      throw corrupt(cursor.source, `run ${run} of seqs covers rows ${start} to ${end}`);
    }
    if (first <= last || first + (end - start) - 1 > Number.MAX_SAFE_INTEGER) {
      throw corrupt(cursor.source, `run ${run} of seqs starts at ${first}, after ${last}`);
    }
    for (let row = start; row < end; row++) seqs[row] = first + (row - start);
    last = first + (end - start) - 1;
  }
  return seqs;
}

/** Times as 4-byte offsets from the least where they span less than 49 days, else as doubles. */
export function timeSection(timesMs: Float64Array): Section {
  const count = timesMs.length;
  let [min, max] = [Infinity, -Infinity];
  let whole = true;
  for (let row = 0; row < count; row++) {
    const timeMs = timesMs[row] ?? 0;
    if (timeMs < min) min = timeMs;
    if (timeMs > max) max = timeMs;
    whole &&= Math.floor(timeMs) === timeMs;
  }
  invariant(whole, "times are whole milliseconds");
  if (count === 0 || max - min > U32_MAX) {
    invariant(count === 0 || (min >= -TIME_MS_MAX && max <= TIME_MS_MAX), `times: ${min}, ${max}`);
    return plainSection("times", 8, timesMs);
  }
  invariant(min >= -TIME_MS_MAX && max <= TIME_MS_MAX, `times are dates: ${min}, ${max}`);
  const offsets = new Uint32Array(count);
  for (let row = 0; row < count; row++) offsets[row] = (timesMs[row] ?? 0) - min;
  const parts: SectionPart[] = [
    { values: Float64Array.of(min), width: 8 },
    { values: offsets, width: 4 },
  ];
  return { name: "times", width: 4, count, parts };
}

/** One time a row: whole milliseconds that a Date can show. */
export function readTimes(cursor: SectionCursor, rowCount: number): Float64Array {
  const { bytes, width } = cursor.next("times", {
    widths: [4, 8],
    count: rowCount,
    bytesOf: (width, count) => (width === 4 ? 8 + 4 * count : 8 * count),
  });
  if (width === 8) {
    const timesMs = new Float64Array(bytes.buffer, bytes.byteOffset, rowCount);
    checkTimes(cursor, timesMs);
    return timesMs;
  }
  const least = viewOf(bytes).getFloat64(0, true);
  const offsets = new Uint32Array(bytes.buffer, bytes.byteOffset + 8, rowCount);
  const timesMs = new Float64Array(rowCount);
  let max = 0;
  for (let row = 0; row < rowCount; row++) {
    const offset = offsets[row] ?? 0;
    if (offset > max) max = offset;
    timesMs[row] = least + offset;
  }
  checkTimes(cursor, new Float64Array([least, least + max]));
  return timesMs;
}

function checkTimes(cursor: SectionCursor, timesMs: Float64Array): void {
  let good = true;
  for (let row = 0; row < timesMs.length; row++) {
    const timeMs = timesMs[row] ?? 0;
    good &&= Math.floor(timeMs) === timeMs && timeMs >= -TIME_MS_MAX && timeMs <= TIME_MS_MAX;
  }
  if (!good) throw corrupt(cursor.source, "a time is not a whole number of milliseconds");
}
