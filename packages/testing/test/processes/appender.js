// A process that appends until its standard input ends. Plain JavaScript against the built packages.
// Every acknowledged append is one line on standard output: `ack <from> <to>`, numbers of its events.
// node appender.js ROOT PROJECT NAME FIRST DURABILITY BATCH_MAX PAUSE_MS DAYS
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "../../../engine/dist/index.js";

const [root, projectId, name, first, durability, ...numbers] = process.argv.slice(2);
const [batchMax, pauseMs, days] = numbers.map(Number);
const store = await openStore({ root, flushIntervalMs: 40 });
const project = await store.project(projectId, { shards: 5 });
let running = true;
process.stdin.resume();
process.stdin.on("end", () => {
  running = false;
});
writeSync(1, "open\n");

const startMs = Date.UTC(2026, 9, 1);
let next = Number(first);
/** Two lanes keep two appends on their way, so that a kill meets group commits too. */
async function lane() {
  while (running) {
    const from = next;
    const to = from + 1 + Math.floor(Math.random() * batchMax);
    next = to;
    const events = [];
    for (let n = from; n < to; n++) {
      events.push({
        event: "tick",
        user_id: `${name}-${n % 97}`,
        // 7,919 seconds apart, so that every append has rows of many days.
        time: startMs + ((n * 7_919) % (days * 86_400)) * 1_000,
        properties: { n, from, to },
      });
    }
    const ack = await project.append(events, { durability });
    writeSync(1, `ack ${from} ${to} ${ack.seq.first}\n`);
    if (pauseMs > 0) await sleep(pauseMs);
  }
}
await Promise.all([lane(), lane()]);
await store.close();
writeSync(1, "closed\n");
