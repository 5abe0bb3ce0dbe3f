import type { Pin } from "@shale/catalog";
import type { Env } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import type { TailCache } from "./cache/tail-cache.ts";
import { loadFiles } from "./day-files/file-inputs.ts";
import { openInputs } from "./open-inputs.ts";
import { planDays } from "./plan-days.ts";

/** Rows of a pin as they lie, duplicates and hidden ones included. */
export interface RowCounts {
  /** By shard. */
  readonly rows: Float64Array;
  /** Of them, those that no day file has yet. */
  readonly tailRows: number;
  readonly files: readonly DayFileEntry[];
}

/** Counts rows without reading day files. @throws {ShaleError} as a scan */
export async function countRows(
  env: Env,
  pin: Pin,
  { cache, signal }: { readonly cache: TailCache; readonly signal?: AbortSignal | undefined },
): Promise<RowCounts> {
  const everything = {
    cache,
    signal,
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
    columns: [],
    order: "none",
  } as const;
  const files = await loadFiles(env, pin, everything);
  const inputs = await openInputs(env, { ...pin, groups: withoutFiles(pin) }, everything);
  const rows = new Float64Array(pin.spec.shards);
  let tailRows = 0;
  for (const { shard, parts } of planDays(pin, inputs, everything)) {
    for (const { input, part } of parts) {
      const count = (input.parts.starts[part + 1] ?? 0) - (input.parts.starts[part] ?? 0);
      rows[shard] = (rows[shard] ?? 0) + count;
      tailRows += count;
    }
  }
  for (const { shard, rows: count } of files) rows[shard] = (rows[shard] ?? 0) + count;
  return { rows, tailRows, files };
}

/** The groups of a pin as if they had no day files: their tail rows alone. */
export function withoutFiles({ groups }: Pick<Pin, "groups">): Pin["groups"] {
  return new Map(
    [...groups].map(([group, { watermarks }]) => [group, { watermarks, manifest: undefined }]),
  );
}
