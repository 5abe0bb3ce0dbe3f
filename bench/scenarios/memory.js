// The most memory that ingest and compact of many events take, each as a process of its own: the
// command line tool, with events from a generator on its standard input. Ingest compacts beside, so
// that the compact after it has what is left, and its events a second say nothing. The last one has
// the whole tail, of a store that was filled without compaction.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { openStore } from "../../packages/engine/dist/index.js";
import { inTurn, timed } from "../measure.js";
import { productEvents } from "../product-events.js";

export const title = "Largest resident size of `shale ingest` and `shale compact`";
export const threads = availableParallelism();
export const peakMbMax = 1024;

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const SHALE = pathOf("../../packages/shale/bin/shale.js");
const TELL_PEAK = pathOf("../tell-peak.cjs");
const GENERATOR = pathOf("../generate-events.js");

/** Runs `shale` to its end: what it printed, and its largest resident size in MB. */
async function shale(folder, args, stdin = "ignore") {
  const peakFile = join(folder, "peak");
  const child = spawn(
    process.execPath,
    ["--require", TELL_PEAK, SHALE, "--root", join(folder, "store"), "--json", ...args],
    { stdio: [stdin, "pipe", "inherit"], env: { ...process.env, BENCH_PEAK_FILE: peakFile } },
  );
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`shale ${args.join(" ")} ended with ${code}: ${output}`);
  return { output, peakMb: Math.round(Number(readFileSync(peakFile, "utf8")) / 1024) };
}

async function storedEvents(folder) {
  const { output } = await shale(folder, ["status"]);
  return JSON.parse(output).specs[0].events;
}

/** A store as `shale ingest` makes it, of the same events, but all of them in the tail. */
async function fillTail(folder, events) {
  const store = await openStore({ root: join(folder, "store"), compaction: "off" });
  try {
    const project = await store.project("default", {});
    for (const batch of productEvents({ events })) await project.append(batch);
    await project.flush();
  } finally {
    await store.close();
  }
}

async function ingest(folder, events) {
  const generator = spawn(process.execPath, [GENERATOR, String(events)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(generator, "exit");
  try {
    return await shale(folder, ["ingest"], generator.stdout);
  } finally {
    generator.kill();
    const [code, signal] = await ended;
    if (code !== 0) console.error(`the generator of events ended with ${code ?? signal}`);
  }
}

export async function run({ quick }) {
  const events = quick ? 1_000_000 : 20_000_000;
  const folder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  const tailFolder = mkdtempSync(join(tmpdir(), "shale-bench-"));
  async function measured(work, at = folder) {
    const { seconds, result } = await timed(work);
    const rows = await storedEvents(at);
    if (rows !== events) throw new Error(`${rows} events are stored, not ${events}`);
    return { seconds, rows, answer: rows, peakMb: result.peakMb };
  }
  try {
    return await inTurn(
      {
        "shale ingest": () => measured(() => ingest(folder, events)),
        "shale compact": () => measured(() => shale(folder, ["compact"])),
        "shale compact, all of it": async () => {
          rmSync(folder, { recursive: true, force: true });
          await fillTail(tailFolder, events);
          return measured(() => shale(tailFolder, ["compact"]), tailFolder);
        },
      },
      1,
    );
  } finally {
    for (const each of [folder, tailFolder]) rmSync(each, { recursive: true, force: true });
  }
}
