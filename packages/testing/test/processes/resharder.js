// A process that reshards again and again, whatever state it finds, until its standard input ends.
// Plain JavaScript against the built packages. Lines on standard output: `open`; before each command
// `will <verb> <state>`; after it `did <verb> <state>` or `failed <verb> <code> <kind>`; and
// `mismatch <JSON>` when a validation finds a difference.
// node resharder.js ROOT PROJECT
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "../../../engine/dist/index.js";

const [root, projectId] = process.argv.slice(2);
const store = await openStore({ root, workerCount: 0, compaction: "off" });
const project = await store.project(projectId, { create: "never" });
let running = true;
process.stdin.resume();
process.stdin.on("end", () => {
  running = false;
});
writeSync(1, "open\n");

const one = (list) => list[Math.floor(Math.random() * list.length)];

async function begin() {
  const { specs, live } = await project.status();
  const now = specs.find(({ spec }) => spec === live).shards;
  const shards = one([1, 2, 3, 5, 7, 8, 65].filter((count) => count !== now));
  const strategy = one(["tee", "chunked"]);
  await project.reshard.begin({ shards, strategy, horizonDays: one([0, 7, 60]), retention: 0 });
}

async function validate() {
  const { matched, ...found } = await project.reshard.validate({ full: Math.random() < 0.3 });
  const { units, differences, misplaced, objects } = found;
  const differing = units.filter(({ equal }) => !equal);
  if (!matched) {
    const lists = differences.map(({ missing, extra }) => [missing.length, extra.length]);
    const first = differences[0]?.missing[0] ?? differences[0]?.extra[0];
    const shown = { differing: differing.slice(0, 2), lists, first, misplaced, objects };
    writeSync(1, `mismatch ${JSON.stringify(shown)}\n`);
  }
}

const verbs = {
  begin,
  validate,
  backfill: () => project.reshard.backfill(),
  finalize: () => project.reshard.finalize(),
  rollback: () => project.reshard.rollback(),
  abort: () => project.reshard.abort({ graceMs: 0 }),
  collect: () => project.reshard.collect({ graceMs: 0 }),
};

/** Mostly what leads on, so that every state is reached; sometimes what turns back. */
function nextVerb({ state, progress, validation }) {
  const isCopied = progress !== null && progress.jobsDone === progress.jobsTotal;
  switch (state) {
    case "steady":
      return "begin";
    case "copying":
    case "teeing":
      return Math.random() < 0.1 ? "abort" : "backfill";
    case "backfilling":
      return Math.random() < 0.1 ? "abort" : isCopied ? "validate" : "backfill";
    case "validating":
      if (Math.random() < 0.1) return one(["abort", "backfill", "validate"]);
      return validation.valid ? "finalize" : "validate";
    case "finalized":
      return one(["rollback", "collect", "collect"]);
    case "aborting":
      return "abort";
  }
}

while (running) {
  let verb = "status";
  try {
    const status = await project.reshard.status();
    verb = nextVerb(status);
    writeSync(1, `will ${verb} ${status.state}\n`);
    await verbs[verb]();
    writeSync(1, `did ${verb} ${status.state}\n`);
  } catch (error) {
    if (error?.code === undefined || error?.kind === undefined) throw error;
    writeSync(1, `failed ${verb} ${error.code} ${error.kind} ${error.message.slice(0, 200)}\n`);
  }
  await sleep(Math.random() * 30);
}
await store.close();
writeSync(1, "closed\n");
