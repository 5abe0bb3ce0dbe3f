// npm run bench [-- --quick] [-- SCENARIO …]: runs scenarios, prints a table, appends to history.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ratiosTo } from "./measure.js";
import * as append from "./scenarios/append.js";
import * as compaction from "./scenarios/compaction.js";
import * as memory from "./scenarios/memory.js";
import * as ndjson from "./scenarios/ndjson-ingest.js";
import * as queries from "./scenarios/queries.js";
import * as reshard from "./scenarios/reshard.js";
import * as reshardSlices from "./scenarios/reshard-slices.js";
import * as reshardSteps from "./scenarios/reshard-steps.js";

const scenarios = {
  ...{ append, "ndjson-ingest": ndjson, compaction, memory, queries, reshard },
  ...{ "reshard-slices": reshardSlices, "reshard-steps": reshardSteps },
};
const here = dirname(fileURLToPath(import.meta.url));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const quick = process.argv.includes("--quick");
const unknown = names.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(
    `Unknown scenario ${unknown.join(", ")}. There are: ${Object.keys(scenarios).join(", ")}`,
  );
  process.exit(64);
}

function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: here }).toString().trim();
  } catch (error) {
    return `unknown (${error.code})`;
  }
}

const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
};
mkdirSync(join(here, "results"), { recursive: true });

for (const name of names.length > 0 ? names : Object.keys(scenarios)) {
  const scenario = scenarios[name];
  process.stderr.write(`${name}: ${scenario.title}\n`);
  const results = await scenario.run({ quick });
  const ratios = scenario.floor === undefined ? undefined : ratiosTo(results, scenario.floor);
  const ratioOf = ({ engine }, digits) => Number(ratios.get(engine).median.toFixed(digits));
  console.log(`\n${scenario.title}`);
  console.table(
    Object.fromEntries(
      results.map((result) => [
        result.engine,
        {
          "k events/s": Math.round(result.rowsPerSecond.median / 1000),
          min: Math.round(result.rowsPerSecond.min / 1000),
          max: Math.round(result.rowsPerSecond.max / 1000),
          ...(ratios && { [`ratio to ${scenario.floor}`]: ratioOf(result, 2) }),
          ...(result.peakMb && { "peak MB": result.peakMb }),
        },
      ]),
    ),
  );
  for (const { engine, figures } of results) {
    const entries = Object.entries(figures);
    const width = Math.max(0, ...entries.map(([name]) => name.length));
    if (entries.length > 0) console.log(`\n${engine}`);
    for (const [name, value] of entries) console.log(`  ${name.padEnd(width)}  ${value}`);
  }
  const lines = results.map((result) => ({
    scenario: name,
    engine: result.engine,
    threads: scenario.threads ?? 1,
    rows: result.rows,
    medianMs: Math.round(result.seconds.median * 1000),
    minMs: Math.round(result.seconds.min * 1000),
    maxMs: Math.round(result.seconds.max * 1000),
    ...(ratios && { ratio: ratioOf(result, 3), ratioTo: scenario.floor }),
    peakMb: result.peakMb ?? Math.round(process.resourceUsage().maxRSS / 1024),
    answerHash: createHash("sha256").update(result.answer).digest("hex").slice(0, 16),
    ...(Object.keys(result.figures).length > 0 && { figures: result.figures }),
  }));
  writeFileSync(
    join(here, "results", `${name}.json`),
    `${JSON.stringify({ machine, commit: commit(), quick, lines }, null, 2)}\n`,
  );
  if (!quick) {
    const at = new Date().toISOString();
    for (const line of lines) {
      appendFileSync(
        join(here, "history.jsonl"),
        `${JSON.stringify({ at, commit: commit(), ...machine, ...line })}\n`,
      );
    }
  }
  for (const { engine, peakMb } of results) {
    if (scenario.peakMbMax === undefined || peakMb <= scenario.peakMbMax) continue;
    console.error(`${engine} took ${peakMb} MB, more than ${scenario.peakMbMax}`);
    process.exitCode = 1;
  }
}
