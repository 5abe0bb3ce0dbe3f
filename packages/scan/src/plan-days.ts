import type { Pin } from "@shale/catalog";
import type { Day, ShardId, WriterOrdinal } from "@shale/model";
import { DAY_MS, dayOf, invariant, SHARDS_PER_GROUP, shardId } from "@shale/model";
import type { ScanInput } from "./open-inputs.ts";
import { hiddenBeforeMs } from "./open-inputs.ts";
import type { ScanOptions } from "./scan-options.ts";

/** One shard's UTC day and the batches that have rows of it. */
export interface DayPlan {
  readonly shard: ShardId;
  readonly day: Day;
  /** In the order of the inputs; `part` is the place in the outline of the input. */
  readonly parts: readonly { readonly input: ScanInput; readonly part: number }[];
}

type Range = Pick<ScanOptions, "shards" | "fromMs" | "toMs" | "major" | "days">;

/** The shard-days to scan, in the order that the range asks for. */
export function planDays(pin: Pin, inputs: readonly ScanInput[], range: Range): DayPlan[] {
  const parts = partsInRange(pin, inputs, range);
  if (parts.count === 0) return [];
  const keys = new Float64Array(parts.count);
  // One number for (shard, day, input, part) to sort by; each fits beside the others below 2^53.
  const daySpan = parts.lastDay - parts.firstDay + 1;
  invariant(
    pin.spec.shards * daySpan * parts.count < Number.MAX_SAFE_INTEGER,
    `${parts.count} parts of ${daySpan} days can be numbered`,
  );
  for (let i = 0; i < parts.count; i++) {
    const day = (parts.days[i] ?? 0) - parts.firstDay;
    const dayPlace = range.days === "descending" ? daySpan - 1 - day : day;
    const shard = parts.shards[i] ?? 0;
    const place =
      range.major === "day" ? dayPlace * pin.spec.shards + shard : shard * daySpan + dayPlace;
    keys[i] = place * parts.count + i;
  }
  keys.sort();
  const plans: DayPlan[] = [];
  let lastPlace = -1;
  let last: { input: ScanInput; part: number }[] = [];
  for (const key of keys) {
    const index = key % parts.count;
    const input = inputs[parts.inputs[index] ?? 0];
    if (input === undefined) continue;
    const place = (key - index) / parts.count;
    if (place !== lastPlace) {
      lastPlace = place;
      last = [];
      plans.push({
        shard: shardId(parts.shards[index] ?? 0, pin.spec.shards),
        day: dayOf((parts.days[index] ?? 0) * DAY_MS),
        parts: last,
      });
    }
    last.push({ input, part: parts.parts[index] ?? 0 });
  }
  return plans;
}

interface PartsInRange {
  readonly count: number;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly shards: readonly number[];
  readonly days: readonly number[];
  readonly inputs: readonly number[];
  readonly parts: readonly number[];
}

function partsInRange(pin: Pin, inputs: readonly ScanInput[], range: Range): PartsInRange {
  const wanted = range.shards === undefined ? undefined : new Set<number>(range.shards);
  const fromMs = Math.max(range.fromMs, hiddenBeforeMs(pin));
  const found = { shards: [], days: [], inputs: [], parts: [] } as Record<
    "shards" | "days" | "inputs" | "parts",
    number[]
  >;
  let firstDay = Number.POSITIVE_INFINITY;
  let lastDay = Number.NEGATIVE_INFINITY;
  for (const [index, { parts, writer, n }] of inputs.entries()) {
    for (let part = 0; part < parts.partCount; part++) {
      const shard = parts.shards[part] ?? 0;
      const day = parts.days[part] ?? 0;
      if (day * DAY_MS >= range.toMs || (day + 1) * DAY_MS <= fromMs) continue;
      if (wanted !== undefined && !wanted.has(shard)) continue;
      if (isDrained(pin, shard, writer, n)) continue;
      found.shards.push(shard);
      found.days.push(day);
      found.inputs.push(index);
      found.parts.push(part);
      firstDay = Math.min(firstDay, day);
      lastDay = Math.max(lastDay, day);
    }
  }
  return { count: found.days.length, firstDay, lastDay, ...found };
}

/** Whether the rows of a tail object are in the day files of the shard's group (R1). */
function isDrained(
  pin: Pin,
  shard: number,
  writer: WriterOrdinal | undefined,
  n: number | undefined,
): boolean {
  if (writer === undefined || n === undefined) return false;
  const group = pin.groups.get(Math.floor(shard / SHARDS_PER_GROUP));
  return n <= (group?.watermarks.get(writer)?.n ?? 0);
}
