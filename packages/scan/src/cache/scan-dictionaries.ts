import type { EventBatch, TextTable } from "@shale/columns";
import { shardOf } from "@shale/model";
import type { GrowingTexts } from "./text-codes.ts";
import { createGrowingTexts } from "./text-codes.ts";

/**
 * The dictionaries that the rows of all sources share: users by shard, events and the texts of
 * properties for the whole project, so that a filter tests a text once whatever the shards.
 */
export interface ScanDictionaries {
  readonly shards: number;
  readonly events: GrowingTexts;
  /** Text bytes held, users included. */
  readonly byteLength: number;
  usersOf(shard: number): GrowingTexts;
  /** The texts of one property; strings and lists have tables of their own. */
  textsOf(kind: "string" | "list", name: string): GrowingTexts;
}

export function createScanDictionaries(shards: number): ScanDictionaries {
  const events = createGrowingTexts();
  const users = new Map<number, GrowingTexts>();
  const properties = new Map<string, GrowingTexts>();
  return {
    shards,
    events,
    get byteLength() {
      let bytes = events.byteLength;
      for (const texts of users.values()) bytes += texts.byteLength;
      for (const texts of properties.values()) bytes += texts.byteLength;
      return bytes;
    },
    usersOf: (shard) => textsFor(users, shard),
    textsOf: (kind, name) => textsFor(properties, `${kind} ${name}`),
  };
}

function textsFor<Key>(tables: Map<Key, GrowingTexts>, key: Key): GrowingTexts {
  let texts = tables.get(key);
  if (texts === undefined) {
    texts = createGrowingTexts();
    tables.set(key, texts);
  }
  return texts;
}

/** The code of each user of a batch in the table of the user's shard. */
export function userCodesOf(dictionaries: ScanDictionaries, batch: EventBatch): Uint32Array {
  const { ids, hashHigh, hashLow } = batch.users;
  const codes = new Uint32Array(ids.count);
  for (let user = 0; user < ids.count; user++) {
    const low = hashLow[user] ?? 0;
    const shard = shardOf(hashHigh[user] ?? 0, low, dictionaries.shards);
    // By its bytes, not by the hash at hand: users of day files come without one.
    codes[user] = dictionaries.usersOf(shard).interner.intern(ids, user);
  }
  return codes;
}

/** The code of each text of a source's dictionary in a shared one. */
export function translationOf(texts: GrowingTexts, source: TextTable): Uint32Array {
  const codes = new Uint32Array(source.count);
  for (let index = 0; index < source.count; index++) {
    codes[index] = texts.interner.intern(source, index);
  }
  return codes;
}
