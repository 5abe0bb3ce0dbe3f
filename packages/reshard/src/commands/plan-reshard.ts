import type { Pin } from "@shale/catalog";
import { openPin } from "@shale/catalog";
import type { CallOptions } from "@shale/env";
import { retryingStore } from "@shale/env";
import type { CatalogDocument, DayFileEntry } from "@shale/format";
import { checkShards, ShaleError, shardOf, specNameOf } from "@shale/model";
import { countRows, runWithPin, scanShards } from "@shale/scan";
import type { CopyUnit } from "../copy/plan-units.ts";
import { groupsFedBy } from "../copy/plan-units.ts";
import { rehearseCopy } from "./rehearse-copy.ts";
import type { ReshardContext } from "./reshard-context.ts";
import { loadExisting, shardsOf } from "./reshard-context.ts";

export interface PlanOptions extends CallOptions {
  readonly shards: number;
  /** Rows that are looked at for the skew, the newest first. Default 4,194,304. */
  readonly rowsMax?: number | undefined;
}

export interface ReshardPlan {
  readonly from: { readonly spec: string; readonly shards: number };
  readonly to: { readonly spec: string; readonly shards: number };
  /** What `jobsTotal` of a backfill that begins now would be. */
  readonly jobs: number;
  readonly rows: number;
  /** Of the day files that are read. */
  readonly bytes: number;
  /** Day files of both specs at once. */
  readonly diskPeakBytes: number;
  /** From a copy of a few files that is thrown away; null without any. */
  readonly etaMs: number | null;
  /** Rows of the fullest shard over those of an average one. */
  readonly skew: { readonly before: number; readonly after: number };
  /** Of all rows; "" is a user here. */
  readonly largestUser: { readonly share: number };
  readonly warnings: readonly string[];
}

const ROWS_MAX = 4_194_304;

/**
 * What a reshard would do, from what the store holds now. Writes nothing.
 *
 * @throws {ShaleError} SHARDS_INVALID, PROJECT_NOT_FOUND, OBJECT_CORRUPT, STORE_UNAVAILABLE
 */
export async function planReshard(
  context: ReshardContext,
  { shards, rowsMax = ROWS_MAX, signal }: PlanOptions,
): Promise<ReshardPlan> {
  const { env, project, cache } = context;
  checkShards(shards);
  const catalog = await loadExisting(context, signal);
  const from = { spec: catalog.live, shards: shardsOf(catalog, catalog.live) };
  if (shards === from.shards) throw sameShards(catalog, shards);
  const reading = { ...env, store: retryingStore(env, env.store) };
  return await runWithPin(
    () => openPin(reading, project, { signal }),
    async (pin) => {
      const { files, tailRows, rows } = await countRows(reading, pin, { cache, signal });
      const users = await countUsers({ ...context, env: reading }, pin, {
        shards,
        rowsMax,
        signal,
      });
      const total = rows.reduce((sum, count) => sum + count, 0);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const units = unitsOf(files, { from: from.shards, to: shards });
      const rehearsal = { files, shards, rows: total - tailRows, signal };
      const rehearsed = await rehearseCopy(context, pin, rehearsal);
      // Files become smaller and more where there are more shards; fewer shards join them.
      const growth = shards > from.shards ? Math.max(1, rehearsed?.growth ?? 1) : 1;
      const share = total === 0 ? 0 : users.largest / Math.max(1, users.rows);
      return {
        from,
        to: { spec: specNameOf(catalog.specs.length), shards },
        jobs: units.length,
        rows: total,
        bytes,
        diskPeakBytes: Math.ceil(bytes + growth * bytes),
        etaMs: rehearsed?.etaMs ?? null,
        skew: { before: skewOf(rows), after: skewOf(users.byShard) },
        largestUser: { share },
        warnings: warningsOf({ share, shards, tailRows, units: units.length }),
      };
    },
  );
}

function sameShards({ project }: CatalogDocument, shards: number): ShaleError {
  return new ShaleError(
    "SHARDS_INVALID",
    `Cannot reshard project "${project}" to ${shards} shards: it has that many`,
    { path: "shards" },
  );
}

/** As if everything were at or below the cut. */
function unitsOf(
  files: readonly DayFileEntry[],
  pair: { readonly from: number; readonly to: number },
): readonly CopyUnit[] {
  const days = new Map<string, DayFileEntry[]>();
  for (const file of files) {
    const name = `${file.day}/${file.shard}`;
    const known = days.get(name);
    if (known === undefined) days.set(name, [file]);
    else known.push(file);
  }
  const upTo = { positions: {}, infinite: [] };
  return [...days.values()]
    .flatMap((ofDay) => {
      const [first] = ofDay;
      if (first === undefined) return [];
      const { shard, day } = first;
      const unit = { shard, day, files: ofDay, needed: ofDay, upTo, after: null, isDone: false };
      return groupsFedBy(shard, pair).map((group) => ({ ...unit, group }));
    })
    .sort((a, b) => a.group - b.group || a.day - b.day || a.shard - b.shard);
}

interface UserCounts {
  readonly rows: number;
  /** Of the user with most rows. */
  readonly largest: number;
  /** Rows by shard of the new spec. */
  readonly byShard: Float64Array;
}

/** Rows by user, over the newest days. */
async function countUsers(
  { env, cache, hasher }: ReshardContext,
  pin: Pin,
  { shards, rowsMax, signal }: PlanOptions & { readonly rowsMax: number },
): Promise<UserCounts> {
  const byShard = new Float64Array(shards);
  const counts = new Map<number, Float64Array>();
  let [rows, largest] = [0, 0];
  const options = {
    cache,
    signal,
    columns: [],
    order: "none",
    major: "day",
    days: "descending",
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
  } as const;
  for await (const batch of scanShards(env, pin, options)) {
    const { shard, users, userCodes, rowCount } = batch;
    let ofShard = counts.get(shard) ?? new Float64Array(0);
    if (ofShard.length < users.count) {
      const grown = new Float64Array(2 * users.count);
      grown.set(ofShard);
      ofShard = grown;
      counts.set(shard, ofShard);
    }
    const fresh = new Float64Array(users.count);
    for (let row = 0; row < rowCount; row++) {
      const user = userCodes[row] ?? 0;
      fresh[user] = (fresh[user] ?? 0) + 1;
    }
    for (let user = 0; user < fresh.length; user++) {
      const count = fresh[user] ?? 0;
      if (count === 0) continue;
      hasher.hash(users.bytesAt(user));
      const target = shardOf(hasher.high, hasher.low, shards);
      byShard[target] = (byShard[target] ?? 0) + count;
      ofShard[user] = (ofShard[user] ?? 0) + count;
      largest = Math.max(largest, ofShard[user] ?? 0);
    }
    rows += rowCount;
    if (rows >= rowsMax) break;
  }
  return { rows, largest, byShard };
}

/** Fullest over average; 1 without rows. */
function skewOf(rows: Float64Array): number {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 1;
  const most = rows.reduce((max, count) => Math.max(max, count), 0);
  return most / (total / rows.length);
}

const SMALL_UNITS_MAX = 1_000_000;

function warningsOf(facts: {
  readonly share: number;
  readonly shards: number;
  readonly tailRows: number;
  readonly units: number;
}): readonly string[] {
  const { share, shards, tailRows, units } = facts;
  const warnings: string[] = [];
  if (share > 1 / shards) {
    const percent = (100 * share).toFixed(1);
    warnings.push(
      `One user has ${percent}% of the rows, more than an average shard of ${shards}: ` +
        "no number of shards splits a user",
    );
  }
  if (tailRows > 0) {
    warnings.push(`${tailRows} rows are not in day files yet: a backfill drains them first`);
  }
  if (units > SMALL_UNITS_MAX) {
    warnings.push(`There are ${units} days of shards to copy: many will be small files`);
  }
  return warnings;
}
