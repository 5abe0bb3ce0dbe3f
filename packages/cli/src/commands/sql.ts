import { arrowStreamBytes, arrowTableOf } from "@shale/arrow";
import type { PlainTable } from "@shale/engine";
import { ShaleError } from "@shale/model";
import { Option } from "commander";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject } from "../command-context.ts";
import type { ExitCode } from "../render/error.ts";
import { csvText, ndjsonText } from "../render/flat-rows.ts";
import { countText } from "../render/numbers.ts";
import { plainDocument, plainRows, plainTableText } from "../render/plain-table.ts";
import { checkBinaryOutput } from "../terminal/binary-output.ts";

type Format = "table" | "json" | "ndjson" | "csv" | "arrow";
interface SqlArguments {
  readonly format?: Format | undefined;
}

export const addSqlCommand: AddCommand = (program, run) => {
  program
    .command("sql")
    .summary("run one SQL query over the events")
    .description(
      "Runs one read-only SQL query, in DuckDB's dialect, over the table events: event, user_id, time (UTC), insert_id, and a column for each property. Each event is there once. Needs the package @duckdb/node-api.",
    )
    .argument("<statement>", "the query")
    .addOption(
      new Option("--format <format>", "how to print the answer (default table)").choices([
        "table",
        "json",
        "ndjson",
        "csv",
        "arrow",
      ]),
    )
    .addHelpText(
      "after",
      `
A property with values of several types has a column for each: price, and "price:string".

Examples:
  shale sql 'select event, count(*) n from events group by event order by n desc'
  shale sql --format csv "select time, price from events where event = 'purchase'"
  shale sql --format arrow 'select * from events' > events.arrows`,
    )
    .action((statement: string, options: SqlArguments) =>
      run((context) => runSqlCommand(context, statement, options)),
    );
};

async function runSqlCommand(
  context: CommandContext,
  statement: string,
  options: SqlArguments,
): Promise<ExitCode> {
  const { globals, signal, output } = context;
  if (globals.json && options.format !== undefined && options.format !== "json") {
    throw new ShaleError("USAGE", `Cannot use --json together with --format ${options.format}`);
  }
  if (options.format === "arrow") checkBinaryOutput(output, "an Arrow stream");
  const format = globals.json ? "json" : (options.format ?? "table");
  const table = await withProject(context, (project) => project.querySql(statement, { signal }));
  await output.write(formatted(table, format, context));
  if (globals.verbose) await context.note(countText(table.rowCount, "row"));
  return 0;
}

function formatted(
  table: PlainTable,
  format: Format,
  { output }: CommandContext,
): string | Uint8Array {
  switch (format) {
    case "table":
      return `${plainTableText(table, output.layout)}\n`;
    case "json":
      return `${JSON.stringify(plainDocument(table))}\n`;
    case "ndjson":
      return ndjsonText(plainRows(table));
    case "csv":
      return csvText(plainRows(table));
    case "arrow":
      return arrowStreamBytes(arrowTableOf(table));
  }
}
