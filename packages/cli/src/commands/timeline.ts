import type { TimelineQuery } from "@shale/model";
import { collected, wholeNumberOf } from "../arguments/parse-number.ts";
import { parseWhere } from "../arguments/parse-where.ts";
import { instantOf } from "../arguments/time-range.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject, writeAnswer } from "../command-context.ts";
import { answerText } from "../render/answers/answer.ts";
import { metaText } from "../render/answers/wording.ts";
import type { ExitCode } from "../render/error.ts";
import { whereHelp } from "./questions/question-options.ts";

interface TimelineArguments {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly timezone?: string | undefined;
  readonly event: readonly string[];
  readonly where: readonly string[];
  readonly desc?: boolean | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export const addTimelineCommand: AddCommand = (program, run) => {
  program
    .command("timeline")
    .summary("one user's events in order")
    .description(
      "Lists the events of one user, oldest first. Without --from and --to: all of them.",
    )
    .argument("<user>", "user_id")
    .option("--from <time>", "start, included: a date, a time with zone, or epoch ms")
    .option("--to <time>", "end, not included")
    .option("--timezone <zone>", "IANA zone of dates in --from and --to, UTC if not said")
    .option("--event <name>", "only this event; may be repeated", collected, [])
    .option("--where <condition>", "only matching events; may be repeated", collected, [])
    .option("--desc", "newest first")
    .option("--limit <n>", "events to show, 100 if not said", wholeNumberOf("--limit", 1))
    .option("--cursor <cursor>", "go on where an earlier answer ended")
    .addHelpText(
      "after",
      `${whereHelp}

Examples:
  shale timeline user-17
  shale timeline user-17 --from 2026-10-01 --event purchase --desc --limit 5`,
    )
    .action((user: string, options: TimelineArguments) =>
      run((context) => runTimeline(context, timelineQueryOf(user, options))),
    );
};

function timelineQueryOf(user: string, options: TimelineArguments): TimelineQuery {
  const { from, to, timezone, event, desc, limit, cursor } = options;
  const where = parseWhere(options.where);
  const select = {
    ...(event.length > 0 ? { event } : {}),
    ...(where === undefined ? {} : { where }),
  };
  return {
    kind: "timeline",
    user_id: user,
    ...(from === undefined ? {} : { from: instantOf(from) }),
    ...(to === undefined ? {} : { to: instantOf(to) }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(event.length > 0 || where !== undefined ? { select } : {}),
    ...(desc === true ? { direction: "desc" } : {}),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

async function runTimeline(context: CommandContext, query: TimelineQuery): Promise<ExitCode> {
  const { signal, onProgress } = context;
  const answer = await withProject(context, (project) =>
    project.query(query, { signal, onProgress }),
  );
  await writeAnswer(context, answer, () => answerText(answer, undefined, context.output.layout));
  if (context.globals.verbose) await context.note(metaText(answer.meta));
  return 0;
}
