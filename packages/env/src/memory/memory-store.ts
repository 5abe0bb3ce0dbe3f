import type { Clock } from "../clock.ts";
import { checkKey, checkKeyPrefix, lowerBoundOf } from "../object-key.ts";
import { pageSizeOf, rangeOf } from "../object-range.ts";
import type { ObjectEntry, ObjectStore, PutCondition } from "../object-store.ts";
import { systemClock } from "../system/system-clock.ts";

interface Content {
  readonly bytes: Uint8Array;
  readonly version: string;
  readonly modifiedMs: number;
}

/** A store in the memory of this process: every call takes effect at one moment, in call order. */
export function memoryStore(options: { readonly clock?: Clock | undefined } = {}): ObjectStore {
  const clock = options.clock ?? systemClock();
  const contents = new Map<string, Content>();
  const keys: string[] = []; // Those of `contents`, sorted.
  let writeCount = 0;

  return {
    async get(key, { range, signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const content = contents.get(key);
      if (content === undefined) return undefined;
      const { bytes, version } = content;
      const { start, end } = rangeOf(range, bytes.length);
      return { bytes: bytes.slice(start, end), version, size: bytes.length };
    },

    async head(key, { signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const content = contents.get(key);
      return content === undefined ? undefined : entryOf(key, content);
    },

    async put(key, bytes, condition, { signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const before = contents.get(key);
      if (!isMet(condition, before)) return { written: false };
      writeCount++;
      // The count never goes back, so a key that is made again gets a token it never had.
      const version = `m${writeCount}`;
      // A constructor call copies; slice() of a Buffer would share its bytes.
      contents.set(key, { bytes: new Uint8Array(bytes), version, modifiedMs: clock.nowMs() });
      if (before === undefined) keys.splice(lowerBoundOf(keys, key), 0, key);
      return { written: true, version };
    },

    async delete(key, { ifVersion, signal } = {}) {
      checkKey(key);
      signal?.throwIfAborted();
      const content = contents.get(key);
      if (content === undefined) return { deleted: true };
      if (ifVersion !== undefined && ifVersion !== content.version) return { deleted: false };
      contents.delete(key);
      keys.splice(lowerBoundOf(keys, key), 1);
      return { deleted: true };
    },

    async list(prefix, { after, limit, signal } = {}) {
      checkKeyPrefix(prefix);
      signal?.throwIfAborted();
      const pageSize = pageSizeOf(limit);
      const found = keysFrom(keys, prefix, after).slice(0, pageSize + 1);
      const entries = found.flatMap((key) => {
        const content = contents.get(key);
        return content === undefined ? [] : [entryOf(key, content)];
      });
      return { entries: entries.slice(0, pageSize), truncated: entries.length > pageSize };
    },
  };
}

/** The sorted keys that start with `prefix` and sort after `after`. */
function keysFrom(keys: readonly string[], prefix: string, after: string | undefined): string[] {
  const start = lowerBoundOf(keys, after === undefined || after < prefix ? prefix : after);
  // "~" is above every character of a key.
  const found = keys.slice(start, lowerBoundOf(keys, `${prefix}~`));
  return found[0] === after ? found.slice(1) : found;
}

function entryOf(key: string, { bytes, version, modifiedMs }: Content): ObjectEntry {
  return { key, size: bytes.length, version, modifiedMs };
}

function isMet(condition: PutCondition, before: Content | undefined): boolean {
  if ("ifAbsent" in condition) return before === undefined;
  if ("ifVersion" in condition) return before?.version === condition.ifVersion;
  return true;
}
