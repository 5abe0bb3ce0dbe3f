import type { Answer } from "@shale/model";
import { createTailCache } from "@shale/scan";
import type { createTestLog } from "../../scan/test/test-log.ts";
import { createTestLog as openLog, type TestEvent } from "../../scan/test/test-log.ts";
import type { QueryOptions } from "../src/index.ts";
import { parseQuery, runQuery } from "../src/index.ts";

export type Log = ReturnType<typeof createTestLog>;

/** A log with the events in some tail objects of two writers, the last ones in memory. */
export async function logOf(events: readonly TestEvent[], shards = 4): Promise<Log> {
  const log = openLog({ shards });
  const size = Math.max(1, Math.ceil(events.length / 4));
  for (let start = 0, part = 0; start < events.length; start += size, part++) {
    const chunk = events.slice(start, start + size);
    if (part < 3) await log.flush((part % 2) + 1, chunk);
    else log.keep(1, chunk);
  }
  return log;
}

export async function ask(
  log: Log,
  query: unknown,
  options: Partial<QueryOptions> = {},
): Promise<Answer> {
  return runQuery(log.env, {
    pin: log.pin(),
    parsed: parseQuery(query),
    nowMs: Date.UTC(2026, 10, 1),
    cache: createTailCache({ bytesMax: 2 ** 24 }),
    ...options,
  });
}

export function withoutMeta({ meta: _meta, ...answer }: Answer): unknown {
  return answer;
}
