// A process that compacts, collects or exports again and again until its standard input ends. Plain
// JavaScript against the built packages. Lines on standard output: `open`, then one for each round:
// `done <jobs> <lost> <taken over> <deleted objects>` or `failed <code> <kind>`.
// node caretaker.js ROOT PROJECT compact|collect|export
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "../../../engine/dist/index.js";

const [root, projectId, work] = process.argv.slice(2);
// One thread, so that many of these fit beside each other.
const store = await openStore({ root, workerCount: 0 });
const project = await store.project(projectId, { create: "never" });
let running = true;
process.stdin.resume();
process.stdin.on("end", () => {
  running = false;
});
writeSync(1, "open\n");

async function runRound(round) {
  if (work === "collect") {
    const { deletedObjects } = await project.collect({ graceMs: 0 });
    return [0, 0, 0, deletedObjects];
  }
  if (work === "export") {
    let rows = 0;
    for await (const _ of project.events()) if (rows++ % 500 === 0) await sleep(1);
    return [0, 0, 0, 0];
  }
  const report = await project.compact({ mode: round % 3 === 2 ? "due" : "full" });
  const jobs = Object.values(report.counts).reduce((sum, count) => sum + count.jobs, 0);
  return [jobs, report.lost, report.takenOver, 0];
}

for (let round = 0; running; round++) {
  try {
    writeSync(1, `done ${(await runRound(round)).join(" ")}\n`);
  } catch (error) {
    if (error?.code === undefined || error?.kind === undefined) throw error;
    writeSync(1, `failed ${error.code} ${error.kind}\n`);
  }
  await sleep(Math.random() * 30);
}
await store.close();
writeSync(1, "closed\n");
