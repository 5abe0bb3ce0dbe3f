import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Answer } from "@shale/model";
import { ShaleError } from "@shale/model";
import { parseQueryDocument } from "../arguments/parse-query-document.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject } from "../command-context.ts";
import { metaText } from "../render/answers/wording.ts";
import type { ExitCode } from "../render/error.ts";
import { queryPlanText } from "../render/query-plan.ts";
import type { AnswerFormat } from "./answer-format.ts";
import { formatOf, formatOption, formatted } from "./answer-format.ts";

interface QueryArguments {
  readonly query?: string | undefined;
  readonly queryFile?: string | undefined;
  readonly shardingSpec?: string | undefined;
  readonly explain?: boolean | undefined;
  readonly format?: AnswerFormat | undefined;
}

export const addQueryCommand: AddCommand = (program, run) => {
  program
    .command("query")
    .summary("run a query written as JSON")
    .description("Runs one query document of any kind that is built (docs/query-semantics.md).")
    .option("--query <json>", "the query itself")
    .option("--query-file <file>", "a file that holds it; - is standard input")
    .option("--sharding-spec <name>", "read this sharding spec instead of the live one")
    .addOption(formatOption())
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
  const format = formatOf(options.format, context);
  const query = await readQuery(options, context.stdin);
  if (options.explain === true) return await explainQuery(context, query, options);
  const answer: Answer = await withProject(context, (project) =>
    project.query(query, {
      spec: options.shardingSpec,
      signal: context.signal,
      onProgress: context.onProgress,
    }),
  );
  await context.output.write(formatted(answer, { format }, context));
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
