import type { CallOptions, ObjectEntry, ObjectStore } from "@shale/env";
import { listAll } from "@shale/env";
import { ShaleError } from "@shale/model";
import { numberBehind } from "../object-keys.ts";
import type { ChainLink, ChainPlace, ChainState } from "./chain.ts";

/** Readings in a row that may meet a version which vanishes. */
const READ_COUNT_MAX = 32;

/**
 * Finds the newest version: lists after the remembered one, then reads what it found.
 *
 * A listing is no snapshot: it can miss a version that is made, and its predecessor deleted, while
 * it runs. So the version is read, or the remembered one asked for, only afterwards: pruning goes
 * upward (P3), hence a version that still stands then was the newest when the listing began.
 */
export async function loadHead<T extends ChainState>(
  place: ChainPlace<T>,
  store: ObjectStore,
  options: CallOptions,
): Promise<ChainLink<T> | undefined> {
  let emptyCount = 0;
  for (let reading = 1; reading <= READ_COUNT_MAX; reading++) {
    const { remembered } = place;
    const listed = await highestListed(place, store, options);
    if (listed !== undefined) {
      const link = await readLink(place, store, listed.key, options);
      // Pruned or undone since it was listed; or another content has its number by now.
      if (link === undefined || link.token !== listed.version) continue;
      place.remembered = link;
      return link;
    }
    if (remembered !== undefined) {
      const entry = await store.head(remembered.key, options);
      if (entry?.version === remembered.token) return remembered;
      if (place.remembered === remembered) place.remembered = undefined;
      continue;
    }
    // One empty listing of a chain with one version may have missed its turn to the next.
    emptyCount++;
    if (emptyCount === 2) return undefined;
  }
  throw new ShaleError(
    "CATALOG_CONFLICT",
    `Cannot find the newest version under ${place.prefix}: it vanished ${READ_COUNT_MAX} times`,
  );
}

/** The version under `key`; undefined when there is none. */
export async function readLink<T extends ChainState>(
  place: ChainPlace<T>,
  store: ObjectStore,
  key: string,
  options: CallOptions,
): Promise<ChainLink<T> | undefined> {
  const stored = await store.get(key, options);
  if (stored === undefined) return undefined;
  const state = place.codec.decode(stored.bytes, { key });
  if (state.version !== numberBehind(place.prefix, key)) {
    throw new ShaleError(
      "OBJECT_CORRUPT",
      `Cannot read ${key}: it holds version ${state.version}`,
      {
        details: { key },
      },
    );
  }
  return { key, state, token: stored.version };
}

async function highestListed<T extends ChainState>(
  { prefix, remembered }: ChainPlace<T>,
  store: ObjectStore,
  options: CallOptions,
): Promise<ObjectEntry | undefined> {
  let highest: ObjectEntry | undefined;
  for await (const entry of listAll(store, prefix, { ...options, after: remembered?.key })) {
    if (numberBehind(prefix, entry.key) !== undefined) highest = entry;
  }
  return highest;
}
