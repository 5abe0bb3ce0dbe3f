import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Project } from "@shale/engine";
import type { Filter, Instant } from "@shale/model";
import { ShaleError } from "@shale/model";
import { Option } from "commander";
import { collected } from "../arguments/parse-number.ts";
import { parseWhere } from "../arguments/parse-where.ts";
import { instantOf } from "../arguments/time-range.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject, writeAnswer } from "../command-context.ts";
import type { DayProgress } from "../export/day-progress.ts";
import { nextDayProgress } from "../export/day-progress.ts";
import type { Checkpoint } from "../export/resumable-file.ts";
import { openResumableFile, readCheckpoint } from "../export/resumable-file.ts";
import { openWholeFile } from "../export/whole-file.ts";
import type { ExitCode } from "../render/error.ts";
import { bytesText, countText } from "../render/numbers.ts";
import { checkBinaryOutput } from "../terminal/binary-output.ts";
import { whereHelp } from "./questions/question-options.ts";

type Format = "ndjson" | "parquet" | "arrow";
interface ExportArguments {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly timezone?: string | undefined;
  readonly where: readonly string[];
  readonly out: string;
  readonly format: Format;
  readonly withDerivedIds?: boolean | undefined;
}

export const addExportCommand: AddCommand = (program, run) => {
  program
    .command("export")
    .summary("write events as NDJSON, Parquet or Arrow")
    .description(
      "Writes the events of one snapshot by UTC day, time, user, event and insert_id: as NDJSON, or as one Parquet file or Arrow stream with a column for each property. A file gets its name when it is whole. After an interruption the same command goes on with the same snapshot where the format is NDJSON, and begins again where it is not. Without --from and --to: everything.",
    )
    .option("--from <time>", "start, included: a date, a time with zone, or epoch ms")
    .option("--to <time>", "end, not included")
    .option("--timezone <zone>", "IANA zone of dates in --from and --to, UTC if not said")
    .option("--where <condition>", "only matching events; may be repeated", collected, [])
    .option("--out <file>", "file, or folder for events.<format> in it; - is standard output", "-")
    .addOption(
      new Option("--format <format>", "how to write the events")
        .choices(["ndjson", "parquet", "arrow"])
        .default("ndjson"),
    )
    .option("--with-derived-ids", "write ~<writer>-<seq> where no insert_id was sent")
    .addHelpText(
      "after",
      `${whereHelp}

Examples:
  shale export --from 2026-10-01 --to 2026-11-01 --out october.ndjson
  shale export --format parquet --from 2026-10-01 --to 2026-11-01 --out october.parquet
  shale export --where country=IN | gzip > india.ndjson.gz`,
    )
    .action((options: ExportArguments) => run((context) => runExport(context, options)));
};

interface Wanted {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  readonly timezone: string | undefined;
  readonly where: Filter | undefined;
  readonly withDerivedIds: boolean;
}

async function runExport(context: CommandContext, options: ExportArguments): Promise<ExitCode> {
  const { format, out } = options;
  const wanted: Wanted = {
    from: options.from === undefined ? undefined : instantOf(options.from),
    to: options.to === undefined ? undefined : instantOf(options.to),
    timezone: options.timezone,
    where: parseWhere(options.where),
    withDerivedIds: options.withDerivedIds === true,
  };
  if (out !== "-") {
    const path = await fileOf(out, format);
    return exportToFile(context, (project) =>
      format === "ndjson"
        ? writeLines(context, project, path, wanted)
        : writeWhole(context, project, { path, wanted, format }),
    );
  }
  if (context.globals.json) {
    throw new ShaleError("USAGE", "Cannot print events and one JSON document: add --out FILE");
  }
  if (format !== "ndjson") checkBinaryOutput(context.output, format);
  await withProject(context, async (project) => {
    for await (const chunk of project.export({ ...exportOptions(context, wanted), format })) {
      await context.output.write(chunk);
    }
  });
  return 0;
}

function exportOptions({ signal, onProgress, output }: CommandContext, wanted: Wanted) {
  // A bar between the lines of a terminal would spoil both.
  return output.isTerminal ? { ...wanted, signal } : { ...wanted, signal, onProgress };
}

async function fileOf(out: string, format: Format): Promise<string> {
  try {
    return (await stat(out)).isDirectory() ? join(out, `events.${format}`) : out;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return out;
    throw new ShaleError("OUTPUT_NOT_WRITABLE", `Cannot write ${JSON.stringify(out)}`, {
      cause: error,
    });
  }
}

interface Written {
  readonly out: string;
  readonly events: number;
  readonly bytes: number;
  readonly snapshot: string;
}

async function exportToFile(
  context: CommandContext,
  write: (project: Project) => Promise<Written>,
): Promise<ExitCode> {
  const written = await withProject(context, write);
  const { out, events, bytes } = written;
  await writeAnswer(
    context,
    written,
    () => `${countText(events, "event")} (${bytesText(bytes)}) written to ${out}`,
  );
  return 0;
}

interface WholeExport {
  readonly path: string;
  readonly wanted: Wanted;
  readonly format: Exclude<Format, "ndjson">;
}

/** All or nothing: such a file cannot be gone on with. */
async function writeWhole(
  { signal, onProgress }: CommandContext,
  project: Project,
  { path, wanted, format }: WholeExport,
): Promise<Written> {
  const snapshot = await project.snapshot();
  // Not the partial file of NDJSON, which a later run would go on with.
  const file = await openWholeFile(path, `${path}.${format}.partial`);
  let events = 0;
  let bytes = 0;
  const onEvents = (count: number): void => {
    events = count;
  };
  try {
    const options = { ...wanted, format, snapshot, signal, onProgress, onEvents };
    for await (const chunk of project.export(options)) {
      await file.write(chunk);
      bytes += chunk.length;
    }
    await file.finish();
  } finally {
    await file.discard();
  }
  return { out: path, events, bytes, snapshot };
}

/** Goes on with the snapshot of an unfinished export of the same events, if it can be read yet. */
async function writeLines(
  context: CommandContext,
  project: Project,
  path: string,
  wanted: Wanted,
): Promise<Written> {
  const name = JSON.stringify({ root: context.globals.root, project: project.id, ...wanted });
  const earlier = await readCheckpoint(path, name);
  if (earlier !== undefined) {
    if (earlier.day !== null) {
      const events = countText(earlier.events, "event");
      await context.note(`Going on from ${earlier.day} after ${events}`);
    }
    try {
      return await writeFrom(context, project, { path, wanted, start: earlier });
    } catch (error) {
      if (!(error instanceof ShaleError) || error.code !== "SNAPSHOT_EXPIRED") throw error;
      await context.note(
        "What the unfinished export stood on was compacted and collected: it begins again",
      );
    }
  }
  const snapshot = await project.snapshot();
  const start = { wanted: name, snapshot, day: null, bytes: 0, events: 0 };
  return await writeFrom(context, project, { path, wanted, start });
}

interface ExportStart {
  readonly path: string;
  readonly wanted: Wanted;
  readonly start: Checkpoint;
}

async function writeFrom(
  context: CommandContext,
  project: Project,
  { path, wanted, start }: ExportStart,
): Promise<Written> {
  const { signal, onProgress } = context;
  const { snapshot, wanted: name } = start;
  const from = start.day === null ? wanted.from : `${start.day}T00:00:00.000Z`;
  const file = await openResumableFile(path, start);
  let progress: DayProgress = {
    bytes: start.bytes,
    events: start.events,
    day: null,
    dayBytes: start.bytes,
    dayEvents: start.events,
  };
  try {
    await file.save(start);
    for await (const chunk of project.export({ ...wanted, from, snapshot, signal, onProgress })) {
      await file.write(chunk);
      const next = nextDayProgress(progress, chunk);
      if (next.day !== progress.day && next.dayBytes > start.bytes) {
        const { day, dayBytes: bytes, dayEvents: events } = next;
        await file.save({ wanted: name, snapshot, day, bytes, events });
      }
      progress = next;
    }
    await file.finish();
  } catch (error) {
    if (signal.aborted) {
      await context.note(`Stopped; ${path}.partial is kept, and the same command goes on from it`);
    }
    throw error;
  } finally {
    await file.close();
  }
  return { out: path, events: progress.events, bytes: progress.bytes, snapshot };
}
