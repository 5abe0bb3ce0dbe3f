import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { textAt } from "@shale/columns";
import { describe, expect, test } from "vitest";
import { hasher, nowMs } from "../test/reading.ts";
import { createNdjsonReader } from "./ndjson-reader.ts";

const folder = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));
const isThere = existsSync(folder);
if (!isThere) console.warn(`Skipped: the public data files are not in ${folder}`);

/** Name, rows, users, event names, first and last time, as the table beside the files has them. */
const files = [
  ["cdnow", 69_659, 23_570, 1, "1997-01-01T00:00:00.000Z", "1998-06-30T00:00:00.000Z"],
  ["wikiticker", 39_244, 10_531, 2, "2015-09-08T00:47:08.770Z", "2015-11-01T00:49:09.298Z"],
  ["ecom", 31_106, 600, 19, "2024-01-04T11:45:38.000Z", "2024-06-29T22:02:40.000Z"],
  ["receipt", 8577, 1434, 27, "2010-10-02T07:20:39.266Z", "2012-01-23T14:42:54.644Z"],
  ["helpdesk", 21_348, 4580, 14, "2010-01-13T08:40:25.000Z", "2014-01-03T13:20:58.000Z"],
  ["bpic2012", 262_200, 13_087, 24, "2011-09-30T22:38:44.546Z", "2012-03-14T15:04:54.681Z"],
  ["bpic2013_incidents", 65_533, 7554, 4, "2010-03-31T14:59:42.000Z", "2012-05-22T23:22:25.000Z"],
  ["sepsis_variants", 13_775, 846, 16, "2013-11-07T07:18:29.000Z", "2015-06-05T10:25:11.000Z"],
  ["apache_access", 10_000, 1753, 5, "2015-05-17T10:05:00.000Z", "2015-05-20T21:05:59.000Z"],
] as const;

describe.runIf(isThere)("the public data files", () => {
  test.each(files)("%s is taken in whole", (name, rowCount, userCount, eventCount, first, last) => {
    const bytes = gunzipSync(readFileSync(`${folder}${name}.ndjson.gz`));
    const reader = createNdjsonReader({ hasher, nowMs, eventsPerBatch: 20_000 });
    const users = new Set<string>();
    const events = new Set<string>();
    let [accepted, firstMs, lastMs] = [0, Number.POSITIVE_INFINITY, 0];
    for (const { batch, rejected, duplicates } of [...reader.push(bytes), ...reader.end()]) {
      expect([rejected, duplicates]).toEqual([[], 0]);
      accepted += batch.rowCount;
      for (let code = 0; code < batch.users.ids.count; code++)
        users.add(textAt(batch.users.ids, code));
      for (let code = 0; code < batch.events.count; code++) events.add(textAt(batch.events, code));
      for (const timeMs of batch.timesMs) {
        firstMs = Math.min(firstMs, timeMs);
        lastMs = Math.max(lastMs, timeMs);
      }
    }
    expect([accepted, users.size, events.size]).toEqual([rowCount, userCount, eventCount]);
    const range = [firstMs, lastMs].map((timeMs) => new Date(timeMs).toISOString());
    expect(range).toEqual([first, last]);
  });
});
