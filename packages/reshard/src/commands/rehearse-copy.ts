import type { Pin } from "@shale/catalog";
import { dayFileKey } from "@shale/catalog";
import { wholeFileOf } from "@shale/compaction";
import type { CallOptions } from "@shale/env";
import { retryingStore } from "@shale/env";
import type { DayFileEntry } from "@shale/format";
import { defaultDayFileCompression } from "@shale/format";
import { specNameOf } from "@shale/model";
import { pinBroken } from "@shale/scan";
import { groupsFedBy } from "../copy/plan-units.ts";
import { inlineReshardTasks } from "../task/reshard-tasks.ts";
import type { ReshardContext } from "./reshard-context.ts";

/** Bytes of files that are copied for the estimate, at most. */
const SAMPLE_BYTES_MAX = 8_388_608;
/** Files that are copied for it, at most: spread over small and large ones. */
const SAMPLE_FILES_MAX = 16;
/** Storing, reading back and verifying take about as long as reading and encoding. */
const WRITE_SHARE = 2;

export interface Rehearsal extends CallOptions {
  readonly files: readonly DayFileEntry[];
  /** Of the new spec. */
  readonly shards: number;
  /** That a backfill would copy. */
  readonly rows: number;
}

export interface Rehearsed {
  /** How long copying would take. */
  readonly etaMs: number;
  /** Bytes of the new files over those of the old ones: small files have much of their own. */
  readonly growth: number;
}

/**
 * A guess from a few files that are split here and thrown away; undefined without a file.
 *
 * @throws {ShaleError} PIN_UNSTABLE when a file has gone
 */
export async function rehearseCopy(
  { env, hasher, onWorkers }: ReshardContext,
  pin: Pin,
  { files, shards, rows, signal }: Rehearsal,
): Promise<Rehearsed | undefined> {
  const tasks = inlineReshardTasks(hasher);
  const store = retryingStore(env, env.store);
  const { project, tombstones, tombstoneKey } = pin.catalog;
  const place = { project, spec: specNameOf(pin.catalog.specs.length), shards };
  let [sampled, bytes, written] = [0, 0, 0];
  const startMs = env.clock.monotonicMs();
  for (const entry of sampleOf(files)) {
    if (bytes > 0 && bytes + entry.bytes > SAMPLE_BYTES_MAX) break;
    const key = dayFileKey(project, pin.spec.spec, entry);
    const object = await store.get(key, { signal });
    if (object === undefined) throw pinBroken(key);
    for (const group of groupsFedBy(entry.shard, { from: pin.spec.shards, to: shards })) {
      const output = await tasks.copy({
        ...{ place, group, day: entry.day, compression: defaultDayFileCompression() },
        sources: [
          {
            file: wholeFileOf(key, object.bytes, entry.footerBytes),
            generations: entry.generations,
            after: null,
            upTo: everything(entry),
          },
        ],
        tombstones: { key: tombstoneKey, tombstones },
      });
      written += output.files.reduce((sum, file) => sum + file.bytes.length, 0);
    }
    sampled += entry.rows;
    bytes += entry.bytes;
  }
  if (sampled === 0) return undefined;
  const tookMs = env.clock.monotonicMs() - startMs;
  const threads = onWorkers ? Math.max(1, env.workers.size) : 1;
  return {
    etaMs: Math.round((WRITE_SHARE * tookMs * (rows / sampled)) / threads),
    growth: written / bytes,
  };
}

/** By size evenly spread, the largest first. */
function sampleOf(files: readonly DayFileEntry[]): readonly DayFileEntry[] {
  const bySize = [...files].sort((a, b) => b.bytes - a.bytes);
  const stride = Math.max(1, Math.ceil(bySize.length / SAMPLE_FILES_MAX));
  return bySize.filter((_, index) => index % stride === 0);
}

function everything({ seqs }: DayFileEntry) {
  const positions = seqs.map(({ writer, max }) => [String(writer), { n: 1, lastSeq: max }]);
  return { positions: Object.fromEntries(positions), infinite: [] };
}
