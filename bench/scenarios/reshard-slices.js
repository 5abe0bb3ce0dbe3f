// Days of very many rows: 2 shards become 5, whose rows are all decoded, or 4, which take row groups as
// they are. Both are stored, read back and digested. The floor copies the day files and fsyncs each;
// DuckDB partitions the same files anew.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../packages/engine/dist/index.js";
import { openRepartition } from "../duckdb-repartition.js";
import { bytesOf, copyToDisk, dayFiles } from "../files.js";
import { inTurn, timed } from "../measure.js";
import { productEvents } from "../product-events.js";

export const title = "Reshard large days from 2 shards: decoded, and by slices";
export const floor = "copy of the day files + fsync";
export const threads = availableParallelism();

const FROM = 2;
const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2026, 0, 1);

/** All events on one UTC day. */
async function prepare(folder, events) {
  const root = join(folder, "before");
  const store = await openStore({ root, compaction: "off" });
  try {
    const project = await store.project("bench", { shards: FROM });
    for (const batch of productEvents({ events })) {
      for (const event of batch) {
        event.time = FIRST_DAY_MS + (new Date(event.time).getTime() % DAY_MS);
      }
      await project.append(batch);
    }
    await project.flush();
    await project.compact({ mode: "full" });
    await project.collect({ graceMs: 0 }); // Only what is copied counts as its bytes.
  } finally {
    await store.close();
  }
  return { folder, root, events };
}

function copyFiles({ root, folder, events }) {
  copyToDisk(dayFiles(root, "A"), join(folder, "copy"));
  return events;
}

async function reshard({ root, folder, events }, shards) {
  const copy = join(folder, "store");
  cpSync(root, copy, { recursive: true });
  const store = await openStore({ root: copy, compaction: "off" });
  try {
    const project = await store.project("bench");
    const bytes = bytesOf(dayFiles(copy, "A"));
    await project.reshard.begin({ shards });
    const { seconds, result } = await timed(() => project.reshard.backfill());
    const validated = await project.reshard.validate({ full: true });
    if (!validated.matched) throw new Error("The specs differ");
    const figures = {
      "MB/s": bytes / 1e6 / seconds,
      "files before": dayFiles(copy, "A").length,
      "files after": dayFiles(copy, "B").length,
      "bytes after over before": bytesOf(dayFiles(copy, "B")) / bytes,
    };
    return { seconds, rows: events, answer: result.rowsDone, figures };
  } finally {
    await store.close();
    rmSync(copy, { recursive: true, force: true });
  }
}

export async function run({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  let peer;
  try {
    const prepared = await prepare(folder, quick ? 300_000 : 1_000_000);
    const files = dayFiles(prepared.root, "A");
    peer = await openRepartition({ files, target: join(folder, "duckdb"), threads });
    return await inTurn(
      {
        [floor]: async () => {
          const { seconds, result: rows } = await timed(() => copyFiles(prepared));
          return { seconds, rows, answer: rows };
        },
        "DuckDB, partitioned anew into 4": async () => {
          const { seconds } = await timed(() => peer.repartition(4));
          const rows = await peer.rows();
          return { seconds, rows, answer: rows };
        },
        "into 5 shards, decoded": () => reshard(prepared, 5),
        "into 4 shards, by slices": () => reshard(prepared, 4),
      },
      quick ? 1 : 3,
    );
  } finally {
    peer?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
