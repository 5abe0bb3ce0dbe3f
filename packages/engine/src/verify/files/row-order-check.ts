import type { StoredBatch, UserPlaces } from "@shale/columns";
import { compareTexts, placeText, textAt, textBytesAt, userPlaces } from "@shale/columns";
import type { DayFileRowGroup } from "@shale/format";
import { shardOf } from "@shale/model";
import type { VerificationCode } from "../verification.ts";

export interface RowProblem {
  readonly code: VerificationCode;
  readonly message: string;
}
/** Where the last row group ended. */
export interface LastUser {
  readonly place: string;
  readonly id: Uint8Array;
}

export interface UsersCheck {
  readonly batch: StoredBatch;
  readonly shard: number;
  readonly shards: number;
  /** Of the row group that the batch is. */
  readonly group: DayFileRowGroup;
  readonly last: LastUser | undefined;
}

/** Users: of the shard, at the places that the footer says, strictly ascending (protocol S9). */
export function userProblemOf(check: UsersCheck): RowProblem | undefined {
  const { batch, shard, shards, group } = check;
  const { users } = batch;
  const places = userPlaces(users, shards);
  for (let user = 0; user < users.ids.count; user++) {
    const own = shardOf(users.hashHigh[user] ?? 0, users.hashLow[user] ?? 0, shards);
    if (own !== shard) return misplaced(`user ${user} is of shard ${own}`);
    if (!isAbove(check, places, user)) {
      return { code: "ROW_ORDER", message: `user ${user} is not above the one before it` };
    }
  }
  const [first, last] = [placeAt(places, 0), placeAt(places, users.ids.count - 1)];
  const isThere = first === group.firstPlace && last === group.lastPlace;
  return isThere ? undefined : misplaced(`users from ${first} to ${last}, not as the footer says`);
}

export function lastUserOf({ users }: StoredBatch, shards: number): LastUser {
  const last = users.ids.count - 1;
  return { place: placeAt(userPlaces(users, shards), last), id: textBytesAt(users.ids, last) };
}

function isAbove({ batch, last }: UsersCheck, places: UserPlaces, user: number): boolean {
  const { ids } = batch.users;
  const place = placeAt(places, user);
  if (user > 0) {
    const before = placeAt(places, user - 1);
    return before === place ? compareTexts(ids, user - 1, ids, user) < 0 : before < place;
  }
  if (last === undefined || last.place < place) return true;
  return last.place === place && Buffer.compare(last.id, textBytesAt(ids, user)) < 0;
}

function placeAt({ high, low }: UserPlaces, user: number): string {
  return placeText(high[user] ?? 0, low[user] ?? 0);
}

function misplaced(message: string): RowProblem {
  return { code: "ROW_MISPLACED", message };
}

/** Rows: each user's together, by time, event name, shown insert_id, seq and writer. */
export function orderProblemOf(batch: StoredBatch): RowProblem | undefined {
  const { rowCount, userCodes, users } = batch;
  for (let row = 0; row < rowCount; row++) {
    const step = (userCodes[row] ?? 0) - (row === 0 ? -1 : (userCodes[row - 1] ?? 0));
    if (step === 1 || (row > 0 && step === 0 && compareRows(batch, row - 1, row) < 0)) continue;
    return { code: "ROW_ORDER", message: `row ${row} is not above the one before it` };
  }
  const isWhole = rowCount > 0 && userCodes[rowCount - 1] === users.ids.count - 1;
  return isWhole ? undefined : { code: "ROW_ORDER", message: "a user of the table has no row" };
}

function compareRows(batch: StoredBatch, left: number, right: number): number {
  const { timesMs, events, eventCodes, seqs, writers } = batch;
  const time = (timesMs[left] ?? 0) - (timesMs[right] ?? 0);
  if (time !== 0) return time;
  const event = compareTexts(events, eventCodes[left] ?? 0, events, eventCodes[right] ?? 0);
  if (event !== 0) return event;
  const id = Buffer.compare(Buffer.from(shownId(batch, left)), Buffer.from(shownId(batch, right)));
  if (id !== 0) return id;
  return (seqs[left] ?? 0) - (seqs[right] ?? 0) || (writers[left] ?? 0) - (writers[right] ?? 0);
}

/** A row without a stored insert_id shows where it was appended (protocol R3). */
function shownId({ insertIds, insertIdCodes, seqs, writers }: StoredBatch, row: number): string {
  const code = insertIdCodes[row] ?? 0;
  return code === 0 ? `~${writers[row]}-${seqs[row]}` : textAt(insertIds, code - 1);
}
