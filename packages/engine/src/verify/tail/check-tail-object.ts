import type { LoggedBatch } from "@shale/columns";
import { hashUsers } from "@shale/columns";
import type { TailHeader } from "@shale/format";
import { decodeTailObject } from "@shale/format";
import type { WriterOrdinal } from "@shale/model";
import { SHARDS_PER_GROUP, shardOf } from "@shale/model";
import type { VerifyContext } from "../verify-context.ts";
import { decoded, readWhole } from "../verify-context.ts";

/** A tail object of the listing, or one that was asked for by name. */
export interface TailRef {
  readonly key: string;
  readonly writer: WriterOrdinal;
  readonly n: number;
}
/** What there is to know of one that can be read. */
export interface TailFacts extends TailRef {
  readonly header: TailHeader;
  /** By group of the spec that answers. */
  readonly rowsByGroup: ReadonlyMap<number, number>;
}

/** "gone": it is not there. undefined: it is damaged, which was found. */
export async function checkTailObject(
  context: VerifyContext,
  ref: TailRef,
  shards: number,
): Promise<TailFacts | "gone" | undefined> {
  const { report } = context;
  const { key, writer, n } = ref;
  const bytes = await readWhole(context, key);
  if (bytes === undefined) return "gone";
  const object = decoded(context, key, () => decodeTailObject(bytes, { key }));
  if (object === undefined) return undefined;
  const { batch, ...header } = object;
  if (header.writer !== writer || header.n !== n) {
    const what = `It is object ${header.n} of writer ${header.writer}`;
    report.find("OBJECT_MISPLACED", key, what);
    return undefined;
  }
  if (batch !== undefined && !areHashesRight(context, batch)) {
    report.find("ROW_MISPLACED", key, "The hash of a user is wrong, and so is its shard");
  }
  return { ...ref, header, rowsByGroup: rowsByGroupOf(batch, shards) };
}

/** The stored hashes decide the shard of each row. */
function areHashesRight({ hasher }: VerifyContext, { users }: LoggedBatch): boolean {
  const { hashHigh, hashLow } = hashUsers(hasher, users.ids);
  return (
    hashHigh.every((half, user) => half === users.hashHigh[user]) &&
    hashLow.every((half, user) => half === users.hashLow[user])
  );
}

function rowsByGroupOf(
  batch: LoggedBatch | undefined,
  shards: number,
): ReadonlyMap<number, number> {
  const rows = new Map<number, number>();
  if (batch === undefined) return rows;
  const { users, userCodes, rowCount } = batch;
  if (shards <= SHARDS_PER_GROUP) return rows.set(0, rowCount);
  const groups = Uint32Array.from(users.hashHigh, (high, user) =>
    Math.floor(shardOf(high, users.hashLow[user] ?? 0, shards) / SHARDS_PER_GROUP),
  );
  for (let row = 0; row < rowCount; row++) {
    const group = groups[userCodes[row] ?? 0] ?? 0;
    rows.set(group, (rows.get(group) ?? 0) + 1);
  }
  return rows;
}
