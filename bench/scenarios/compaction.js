// The tail into sorted day files of 8 shards and 30 days, then late and repeated events into them.
// The floor copies the bytes of the tail and fsyncs each copy. DuckDB writes the same rows, sorted
// alike and partitioned alike, from a table in its memory; it reads nothing back and checks nothing.

import { closeSync, cpSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../packages/engine/dist/index.js";
import { bytesOf, copyToDisk, dayFiles, filesUnder } from "../files.js";
import { inTurn, timed } from "../measure.js";
import { productEvents } from "../product-events.js";

export const title = "Compaction: tail to day files, 8 shards x 30 days";
export const floor = "copy of the tail + fsync";

export const threads = availableParallelism();

const SHARDS = 8;
const LATE_ONE_IN = 20;

/** A store whose tail holds all events, and the same events as NDJSON. */
async function prepare(folder, events) {
  const root = join(folder, "tail-only");
  const lines = openSync(join(folder, "events.ndjson"), "w");
  const late = [];
  const store = await openStore({ root, compaction: "off" });
  try {
    const project = await store.project("bench", { shards: SHARDS });
    for (const batch of productEvents({ events })) {
      writeSync(lines, `${batch.map((event) => JSON.stringify(event)).join("\n")}\n`);
      // Every second one is a repetition, the others have happened long ago.
      batch.forEach((event, index) => {
        if (index % LATE_ONE_IN !== 0) return;
        const insert_id = late.length % 2 === 0 ? event.insert_id : `late-${event.insert_id}`;
        late.push({ ...event, insert_id });
      });
      await project.append(batch);
    }
    await project.flush();
  } finally {
    await store.close();
    closeSync(lines);
  }
  return { folder, root, events, late };
}

function copyTail({ root, folder, events }) {
  copyToDisk(filesUnder(join(root, "bench", "tail")), join(folder, "copy"));
  return events;
}

async function duckdb({ folder, events }) {
  const require = createRequire(new URL("../../packages/format/package.json", import.meta.url));
  const { DuckDBInstance } = require("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(availableParallelism()),
  });
  const connection = await instance.connect();
  const target = join(folder, "duckdb");
  const copied = new Int32Array(1);
  await connection.run(`create table events as select user_id, event, insert_id,
    to_timestamp(time / 1000) as time, properties.* from read_json('${join(folder, "events.ndjson")}',
    format = 'newline_delimited', columns = {user_id: 'varchar', event: 'varchar',
    insert_id: 'varchar', time: 'bigint', properties:
    'struct(country varchar, platform varchar, page varchar, price double)'})`);
  return {
    async copy() {
      await connection.run(`copy (select *, hash(user_id) % ${SHARDS} as shard, time::date as day
        from events order by shard, day, user_id, time) to '${target}' (format parquet,
        compression lz4_raw, partition_by (shard, day), overwrite_or_ignore)`);
      return events;
    },
    async answer() {
      const reader = await connection.runAndReadAll(
        `select count(*)::integer from read_parquet('${target}/**/*.parquet')`,
      );
      copied[0] = reader.getRows()[0][0];
      const bytes = bytesOf(dayFiles(target));
      rmSync(target, { recursive: true });
      return { rows: copied[0], bytes };
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Compacts a copy of the store; then appends late and repeated events, and compacts again. */
async function compact({ root, folder, events, late }) {
  const copy = join(folder, "store");
  cpSync(root, copy, { recursive: true });
  const store = await openStore({ root: copy, compaction: "off" });
  try {
    const project = await store.project("bench");
    const first = await timed(() => project.compact());
    const bytes = bytesOf(dayFiles(copy));
    const { specs } = await project.status();
    await project.append(late);
    await project.flush();
    const second = await timed(() => project.compact());
    const { counts, written } = second.result;
    return {
      seconds: first.seconds,
      rows: events,
      answer: specs[0].events,
      figures: {
        "bytes/row": bytes / events,
        "rows written per row drained": 1 + written.rewrittenRows / written.drainedRows,
        "late: k rows merged/s": counts.merge.rows / second.seconds / 1000,
        "late: s": second.seconds,
        "late: duplicates dropped": counts.merge.duplicates,
      },
    };
  } finally {
    await store.close();
    rmSync(copy, { recursive: true, force: true });
  }
}

export async function run({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  let peer;
  try {
    const prepared = await prepare(folder, quick ? 100_000 : 1_000_000);
    peer = await duckdb(prepared);
    return await inTurn(
      {
        [floor]: async () => {
          const { seconds, result: rows } = await timed(() => copyTail(prepared));
          return { seconds, rows, answer: rows };
        },
        "DuckDB COPY, sorted": async () => {
          const { seconds } = await timed(() => peer.copy());
          const { rows, bytes } = await peer.answer();
          return { seconds, rows, answer: rows, figures: { "bytes/row": bytes / rows } };
        },
        "shale compact": () => compact(prepared),
      },
      quick ? 1 : 5,
    );
  } finally {
    peer?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
