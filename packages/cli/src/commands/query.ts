import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { arrowStreamBytes, toArrow } from "@shale/arrow";
import type { Answer } from "@shale/model";
import { ShaleError } from "@shale/model";
import { Option } from "commander";
import { parseQueryDocument } from "../arguments/parse-query-document.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject } from "../command-context.ts";
import { answerText } from "../render/answers/answer.ts";
import { metaText } from "../render/answers/wording.ts";
import type { ExitCode } from "../render/error.ts";
import { csvText, flatRowsOf, ndjsonText } from "../render/flat-rows.ts";
import { queryPlanText } from "../render/query-plan.ts";
import { checkBinaryOutput } from "../terminal/binary-output.ts";

type Format = "table" | "json" | "ndjson" | "csv" | "arrow";
interface QueryArguments {
  readonly query?: string | undefined;
  readonly queryFile?: string | undefined;
  readonly shardingSpec?: string | undefined;
  readonly explain?: boolean | undefined;
  readonly format?: Format | undefined;
}

export const addQueryCommand: AddCommand = (program, run) => {
  program
    .command("query")
    .summary("run a query written as JSON")
    .description("Runs one query document of any kind that is built (docs/query-semantics.md).")
    .option("--query <json>", "the query itself")
    .option("--query-file <file>", "a file that holds it; - is standard input")
    .option("--sharding-spec <name>", "read this sharding spec instead of the live one")
    .addOption(
      new Option("--format <format>", "how to print the answer (default table)").choices([
        "table",
        "json",
        "ndjson",
        "csv",
        "arrow",
      ]),
    )
    .option("--explain", "print what would be read, and why the rest is not, instead of an answer")
    .addHelpText(
      "after",
      `
Examples:
  shale query --query-file weekly.json
  shale query --format csv --query '{"kind":"timeline","user_id":"user-17"}'
  shale query --format arrow --query-file weekly.json > weekly.arrows
  echo '{"kind":"timeline","user_id":"user-17"}' | shale query --query-file - --json`,
    )
    .action((options: QueryArguments) => run((context) => runQuery(context, options)));
};

async function runQuery(context: CommandContext, options: QueryArguments): Promise<ExitCode> {
  const format = formatOf(options, context);
  const query = await readQuery(options, context.stdin);
  if (options.explain === true) return await explainQuery(context, query, options);
  const answer: Answer = await withProject(context, (project) =>
    project.query(query, {
      spec: options.shardingSpec,
      signal: context.signal,
      onProgress: context.onProgress,
    }),
  );
  await context.output.write(formatted(answer, format, context));
  if (context.globals.verbose) await context.note(metaText(answer.meta));
  return 0;
}

async function explainQuery(
  context: CommandContext,
  query: Awaited<ReturnType<typeof readQuery>>,
  { shardingSpec, format }: QueryArguments,
): Promise<ExitCode> {
  if (format !== undefined && format !== "json" && format !== "table") {
    throw new ShaleError("USAGE", `Cannot print a plan with --format ${format}: use table or json`);
  }
  const { signal, globals, output } = context;
  const plan = await withProject(context, (project) =>
    project.explain(query, { spec: shardingSpec, signal }),
  );
  const isJson = globals.json || format === "json";
  const text = isJson ? JSON.stringify(plan) : queryPlanText(plan, output.layout);
  await output.write(`${text}\n`);
  return 0;
}

function formatOf(options: QueryArguments, { globals, output }: CommandContext): Format {
  if (globals.json && options.format !== undefined && options.format !== "json") {
    throw new ShaleError("USAGE", `Cannot use --json together with --format ${options.format}`);
  }
  if (options.format === "arrow") checkBinaryOutput(output, "an Arrow stream");
  return globals.json ? "json" : (options.format ?? "table");
}

function formatted(
  answer: Answer,
  format: Format,
  { output }: CommandContext,
): string | Uint8Array {
  switch (format) {
    case "table":
      return `${answerText(answer, undefined, output.layout)}\n`;
    case "json":
      return `${JSON.stringify(answer)}\n`;
    case "ndjson":
      return ndjsonText(flatRowsOf(answer));
    case "csv":
      return csvText(flatRowsOf(answer));
    case "arrow":
      return arrowStreamBytes(toArrow(answer));
  }
}

async function readQuery(options: QueryArguments, stdin: Readable) {
  const { query, queryFile } = options;
  if ((query === undefined) === (queryFile === undefined)) {
    throw new ShaleError("USAGE", "Cannot run the query: give either --query or --query-file");
  }
  if (query !== undefined) return parseQueryDocument(query, "--query");
  if (queryFile === "-") return parseQueryDocument(await text(stdin), "standard input");
  return parseQueryDocument(await readQueryFile(String(queryFile)), JSON.stringify(queryFile));
}

async function readQueryFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ShaleError("INPUT_NOT_READABLE", `Cannot read the query file: ${why}`, {
      cause: error,
    });
  }
}
