// DuckDB reads Parquet files and writes their rows partitioned anew by shard and day, sorted as ours
// are. It reads nothing back and checks nothing.
import { rmSync } from "node:fs";
import { createRequire } from "node:module";

/** DuckDB with `files`; what it writes lies under `target` until `rows` has counted it. */
export async function openRepartition({ files, target, threads }) {
  const require = createRequire(new URL("../packages/format/package.json", import.meta.url));
  const { DuckDBInstance } = require("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: String(threads) });
  const connection = await instance.connect();
  const list = files.map((path) => `'${path}'`).join(", ");
  return {
    async repartition(shards) {
      await connection.run(`copy (select *, hash(user_id) % ${shards} as new_shard,
        time::date as new_day from read_parquet([${list}], hive_partitioning = false)
        order by new_shard, new_day, user_id, time) to '${target}' (format parquet,
        compression lz4_raw, partition_by (new_shard, new_day), overwrite_or_ignore)`);
    },
    async rows() {
      const reader = await connection.runAndReadAll(
        `select count(*)::integer from read_parquet('${target}/**/*.parquet')`,
      );
      rmSync(target, { recursive: true });
      return reader.getRows()[0][0];
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
