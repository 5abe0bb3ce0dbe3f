// npm run bench [-- --quick] [-- SCENARIO …]: runs scenarios, prints a table, appends to history.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ratiosTo } from "./measure.js";
import * as append from "./scenarios/append.js";
import * as ndjson from "./scenarios/ndjson-ingest.js";

const scenarios = { append, "ndjson-ingest": ndjson };
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
  const ratios = ratiosTo(results, scenario.floor);
  console.log(`\n${scenario.title}`);
  console.table(
    Object.fromEntries(
      results.map((result) => [
        result.engine,
        {
          "k events/s": Math.round(result.rowsPerSecond.median / 1000),
          min: Math.round(result.rowsPerSecond.min / 1000),
          max: Math.round(result.rowsPerSecond.max / 1000),
          [`ratio to ${scenario.floor}`]: Number(ratios.get(result.engine).median.toFixed(2)),
        },
      ]),
    ),
  );
  const lines = results.map((result) => ({
    scenario: name,
    engine: result.engine,
    threads: 1,
    rows: result.rows,
    medianMs: Math.round(result.seconds.median * 1000),
    minMs: Math.round(result.seconds.min * 1000),
    maxMs: Math.round(result.seconds.max * 1000),
    ratio: Number(ratios.get(result.engine).median.toFixed(3)),
    ratioTo: scenario.floor,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
    answerHash: createHash("sha256").update(result.answer).digest("hex").slice(0, 16),
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
}
