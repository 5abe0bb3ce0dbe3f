import type { StoredEvent } from "@shale/model";
import { collected, wholeNumberOf } from "../arguments/parse-number.ts";
import { parseWhere } from "../arguments/parse-where.ts";
import { instantOf } from "../arguments/time-range.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject, writeAnswer } from "../command-context.ts";
import type { ExitCode } from "../render/error.ts";
import { eventsText } from "../render/events.ts";
import { whereHelp } from "./questions/question-options.ts";

interface HeadArguments {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly timezone?: string | undefined;
  readonly where: readonly string[];
}

const EVENTS_DEFAULT = 10;

export const addHeadCommand: AddCommand = (program, run) => {
  program
    .command("head")
    .summary("the first events")
    .description("Shows the first events by time, 10 unless another number is given.")
    .argument("[n]", "how many", wholeNumberOf("the number of events", 1))
    .option("--from <time>", "start, included: a date, a time with zone, or epoch ms")
    .option("--to <time>", "end, not included")
    .option("--timezone <zone>", "IANA zone of dates in --from and --to, UTC if not said")
    .option("--where <condition>", "only matching events; may be repeated", collected, [])
    .addHelpText(
      "after",
      `${whereHelp}

Examples:
  shale head
  shale head 50 --from 2026-10-01 --where country=IN --json`,
    )
    .action((limit: number | undefined, options: HeadArguments) =>
      run((context) => runHead(context, limit ?? EVENTS_DEFAULT, options)),
    );
};

async function runHead(
  context: CommandContext,
  limit: number,
  options: HeadArguments,
): Promise<ExitCode> {
  const events = await withProject(context, async (project) => {
    const found: StoredEvent[] = [];
    const wanted = {
      from: options.from === undefined ? undefined : instantOf(options.from),
      to: options.to === undefined ? undefined : instantOf(options.to),
      timezone: options.timezone,
      where: parseWhere(options.where),
      limit,
      signal: context.signal,
      onProgress: context.onProgress,
    };
    for await (const event of project.events(wanted)) found.push(event);
    return found;
  });
  await writeAnswer(context, { events }, () =>
    events.length === 0
      ? "no events"
      : eventsText(events, { users: "shown" }, context.output.layout),
  );
  return 0;
}
