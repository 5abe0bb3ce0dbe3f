// An NDJSON file to a store that answers: parse, check, log, flush. The floor copies the lines of
// the file one by one with JSON.parse and JSON.stringify and fsyncs every 1,000.

import { once } from "node:events";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { clickstream } from "../../examples/clickstream.js";
import { openStore } from "../../packages/engine/dist/index.js";
import { inTurn, timed } from "../measure.js";

export const title = "NDJSON file to a queryable store";
export const floor = "NDJSON + fdatasync";

async function writeLines(path, events) {
  const out = createWriteStream(path);
  for (const batch of clickstream({ events, users: Math.ceil(events / 10) })) {
    const text = batch
      .map((event, index) =>
        JSON.stringify({ ...event, insert_id: `${batch.length}-${event.time}-${index}` }),
      )
      .join("\n");
    if (!out.write(`${text}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

async function copyLines(path, folder) {
  const file = openSync(join(folder, "copy"), "w");
  try {
    let rows = 0;
    let lines = [];
    const flush = () => {
      writeSync(file, `${lines.join("\n")}\n`);
      fdatasyncSync(file);
      lines = [];
    };
    for await (const line of createInterface({ input: createReadStream(path) })) {
      lines.push(JSON.stringify(JSON.parse(line)));
      rows++;
      if (lines.length === 1_000) flush();
    }
    if (lines.length > 0) flush();
    return rows;
  } finally {
    closeSync(file);
  }
}

async function ingest(path, folder) {
  const root = join(folder, "store");
  const store = await openStore({ root });
  try {
    const project = await store.project("bench");
    const { seconds } = await timed(() =>
      project.ingest([
        {
          file: "events.ndjson",
          bytes: createReadStream(path, { highWaterMark: 1 << 18 }),
          sizeBytes: statSync(path).size,
        },
      ]),
    );
    const { specs } = await project.status();
    return { seconds, rows: specs[0].events };
  } finally {
    await store.close();
    rmSync(root, { recursive: true, force: true });
  }
}

export async function run({ quick }) {
  const events = quick ? 50_000 : 500_000;
  const folder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  const path = join(folder, "events.ndjson");
  try {
    await writeLines(path, events);
    return await inTurn(
      {
        [floor]: async () => {
          const { seconds, result: rows } = await timed(() => copyLines(path, folder));
          return { seconds, rows, answer: rows };
        },
        "shale ingest": async () => {
          const { seconds, rows } = await ingest(path, folder);
          return { seconds, rows, answer: rows };
        },
      },
      quick ? 1 : 5,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
