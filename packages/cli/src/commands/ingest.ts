import type { IngestReport, Store } from "@shale/engine";
import { ShaleError } from "@shale/model";
import { Option } from "commander";
import { wholeNumberOf } from "../arguments/parse-number.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withStore, writeAnswer } from "../command-context.ts";
import { openIngestInputs } from "../input/ingest-inputs.ts";
import type { ExitCode } from "../render/error.ts";
import { ingestReportText } from "../render/ingest-report.ts";
import { countText } from "../render/numbers.ts";

interface IngestArguments {
  readonly shards?: number | undefined;
  readonly insertIds: "none" | "file-line";
}

export const addIngestCommand: AddCommand = (program, run) => {
  program
    .command("ingest")
    .summary("append events from NDJSON files or standard input")
    .description(
      "Appends events from NDJSON files (plain or gzip, one event a line, or one JSON array), or from standard input when no file is named. Bad lines are listed and left out; everything else is kept.",
    )
    .argument("[files...]", "files to read; - is standard input")
    .option(
      "--shards <n>",
      "shards of a new project, 1 to 65536 (default 8)",
      wholeNumberOf("--shards", 1),
    )
    .addOption(
      new Option(
        "--insert-ids <how>",
        "file-line: an event without insert_id gets <file>:<line>, so that a second run changes nothing",
      )
        .choices(["none", "file-line"])
        .default("none"),
    )
    .addHelpText(
      "after",
      `
Examples:
  shale ingest events.ndjson
  shale ingest --insert-ids file-line logs/*.ndjson.gz
  zcat big.ndjson.gz | shale ingest --project-id web --shards=32`,
    )
    .action((files: string[], options: IngestArguments) =>
      run((context) => runIngest(context, files, options)),
    );
};

async function runIngest(
  context: CommandContext,
  files: readonly string[],
  options: IngestArguments,
): Promise<ExitCode> {
  if (files.length === 0 && context.stdin.isTTY === true) {
    throw new ShaleError(
      "USAGE",
      "Cannot ingest from a terminal: name a file, or send events through a pipe",
    );
  }
  const sources = await openIngestInputs(files, context);
  const { insertIds, shards } = options;
  let report: IngestReport;
  try {
    report = await withStore(context, {}, async (store) => {
      const project = await openProject(context, store, shards);
      const { signal, onProgress } = context;
      return project.ingest(sources, { insertIds, signal, onProgress });
    });
  } catch (error) {
    await tellWhatIsKept(context, error, insertIds);
    throw error;
  }
  await writeAnswer(context, report, () => ingestReportText(report, context.output.layout));
  return report.rejectedCount > 0 ? 65 : 0;
}

async function openProject(context: CommandContext, store: Store, shards: number | undefined) {
  const id = context.globals.projectId;
  if (shards !== undefined && (await store.projects()).includes(id)) {
    await context.note(`--shards=${shards} is ignored: the project "${id}" exists already`);
  }
  return store.project(id, { shards });
}

/** The engine commits what it read before a failure, and says so in the error's details. */
async function tellWhatIsKept(
  context: CommandContext,
  error: unknown,
  insertIds: IngestArguments["insertIds"],
): Promise<void> {
  if (!(error instanceof ShaleError)) return;
  const report = error.details?.["report"];
  if (!isReport(report)) return;
  if (error.code !== "CANCELLED" && report.accepted + report.rejectedCount === 0) return;
  if (!context.globals.json) {
    await context.output.write(`${ingestReportText(report, context.output.layout)}\n`);
  }
  const kept = `${countText(report.accepted, "event")} kept`;
  const mayGoOn = error.code === "CANCELLED" || error.retryable;
  await context.note(mayGoOn ? `${kept}; ${rerunText(insertIds)}` : kept);
}

function rerunText(insertIds: IngestArguments["insertIds"]): string {
  return insertIds === "file-line"
    ? "run the same command again: it changes nothing about these and adds the rest"
    : "run it again to go on; those that have no insert_id are then there twice, unless both runs say --insert-ids file-line";
}

function isReport(value: unknown): value is IngestReport {
  return typeof value === "object" && value !== null && "accepted" in value && "rejected" in value;
}
