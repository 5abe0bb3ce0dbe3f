// Durable appends of 1,000 events: acknowledged means fsynced. The floor is NDJSON with fdatasync.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clickstream } from "../../examples/clickstream.js";
import { openStore } from "../../packages/engine/dist/index.js";
import { inTurn, timed } from "../measure.js";

export const title = "Durable append, batches of 1,000 events, one fsync a batch";
export const floor = "NDJSON + fdatasync";

function appendLines(batches) {
  const folder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  const file = openSync(join(folder, "log"), "a");
  try {
    let rows = 0;
    for (const batch of batches) {
      writeSync(file, `${batch.map((event) => JSON.stringify(event)).join("\n")}\n`);
      fdatasyncSync(file);
      rows += batch.length;
    }
    return rows;
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `ahead` appends on their way at once; 1 waits for each acknowledgement. */
async function appendToStore(batches, ahead) {
  const root = mkdtempSync(join(tmpdir(), "shale-bench-"));
  const store = await openStore({ root });
  try {
    const project = await store.project("bench");
    await project.append(batches[0].slice(0, 1)); // Registration and the probe are not appends.
    const { seconds } = await timed(async () => {
      const pending = [];
      for (const batch of batches) {
        pending.push(project.append(batch, { durability: "wal" }));
        if (pending.length >= ahead) await pending.shift();
      }
      await Promise.all(pending);
    });
    await project.flush();
    const { specs } = await project.status();
    return { seconds, rows: specs[0].events - 1 };
  } finally {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  }
}

export async function run({ quick }) {
  const events = quick ? 50_000 : 300_000;
  const batches = [...clickstream({ events, users: 20_000, batchSize: 1_000 })];
  return await inTurn(
    {
      [floor]: async () => {
        const { seconds, result: rows } = await timed(() => appendLines(batches));
        return { seconds, rows, answer: rows };
      },
      "shale, one at a time": async () => {
        const { seconds, rows } = await appendToStore(batches, 1);
        return { seconds, rows, answer: rows };
      },
      "shale, 8 on their way": async () => {
        const { seconds, rows } = await appendToStore(batches, 8);
        return { seconds, rows, answer: rows };
      },
    },
    quick ? 1 : 5,
  );
}
