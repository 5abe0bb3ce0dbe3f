import type { Option } from "commander";
import { Command, Help } from "commander";
import { DEFAULT_ROOT } from "./arguments/parse-root.ts";
import type { RunCommand } from "./command-context.ts";
import { addExportCommand } from "./commands/export.ts";
import { addHeadCommand } from "./commands/head.ts";
import { addIngestCommand } from "./commands/ingest.ts";
import { addCollectCommand } from "./commands/maintenance/collect.ts";
import { addCompactCommand } from "./commands/maintenance/compact.ts";
import { addDeleteUserCommand } from "./commands/maintenance/delete-user.ts";
import { addDoctorCommand } from "./commands/maintenance/doctor.ts";
import { addRetentionCommand } from "./commands/maintenance/retention.ts";
import { addVerifyCommand } from "./commands/maintenance/verify.ts";
import { addProjectsCommand } from "./commands/projects.ts";
import { addQueryCommand } from "./commands/query.ts";
import { addFlowCommand } from "./commands/questions/flow.ts";
import { addFunnelCommand } from "./commands/questions/funnel.ts";
import { addRetainCommand } from "./commands/questions/retain.ts";
import { addSegmentCommand } from "./commands/questions/segment.ts";
import { addReshardCommand } from "./commands/reshard/reshard.ts";
import { addSchemaCommand } from "./commands/schema.ts";
import { addSqlCommand } from "./commands/sql.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addTimelineCommand } from "./commands/timeline.ts";
import { addWriterCommand } from "./commands/writer.ts";
import { notBuiltCommands } from "./not-built.ts";
import { wrapText } from "./render/text.ts";

export interface ProgramOptions {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly width: number;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly run: RunCommand;
}

/** The command line as commander sees it. Global options may stand before or after the command. */
export function buildProgram(options: ProgramOptions): Command {
  const { version, env, width, writeOut, writeErr, run } = options;
  const program = new Command("shale")
    .description("Shale keeps events in a folder and answers questions about them.")
    .version(version, "--version", "print the version")
    .helpOption("--help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .option(
      "--root <dir>",
      "folder of the store (or SHALE_ROOT)",
      env["SHALE_ROOT"] || DEFAULT_ROOT,
    )
    .option("--project-id <id>", "project in the store", "default")
    .option("--json", "print exactly one JSON document")
    .option("--no-color", "print without colour (or NO_COLOR)")
    .option("--verbose", "say more on standard error, and show the stacks of errors")
    .configureHelp({ showGlobalOptions: true, optionDescription })
    .configureOutput({
      writeOut,
      writeErr,
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: () => {}, // The error itself is thrown, and printed in one place.
    })
    .exitOverride()
    .addHelpText("after", () => notBuiltHelp(width));
  for (const add of [
    addIngestCommand,
    addQueryCommand,
    addSegmentCommand,
    addFunnelCommand,
    addRetainCommand,
    addFlowCommand,
    addTimelineCommand,
    addSqlCommand,
    addHeadCommand,
    addSchemaCommand,
    addProjectsCommand,
    addExportCommand,
    addStatusCommand,
    addCompactCommand,
    addCollectCommand,
    addDeleteUserCommand,
    addRetentionCommand,
    addReshardCommand,
    addVerifyCommand,
    addDoctorCommand,
    addWriterCommand,
  ]) {
    add(program, run);
  }
  return program;
}

/** As commander has it, without the empty list that an option begins with which may be repeated. */
function optionDescription(option: Option): string {
  return new Help().optionDescription(option).replace(" (default: [])", "");
}

function notBuiltHelp(width: number): string {
  const names = wrapText(notBuiltCommands.join(", "), width - 2).map((line) => `  ${line}`);
  return `
Examples:
  shale ingest events.ndjson
  shale segment purchase --by country --from 2026-10-01 --to 2026-11-01
  shale funnel view purchase --window 7d
  shale timeline user-17

Exit codes: 0 done, 64 wrong usage or query, 65 events rejected or data damaged, 69 store
unavailable, 70 bug, 75 conflict or closed, 78 configuration, 130 interrupted.

Not built in this version:
${names.join("\n")}`;
}
