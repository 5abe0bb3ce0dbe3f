import type { Project } from "@shale/engine";
import type { SegmentationAnswer } from "@shale/model";
import { Option } from "commander";
import { nearestName } from "../arguments/nearest-name.ts";
import { collected, wholeNumberOf } from "../arguments/parse-number.ts";
import type { SegmentArguments } from "../arguments/segmentation-query.ts";
import {
  headingOf,
  segmentationQueryOf,
  segmentMeasures,
} from "../arguments/segmentation-query.ts";
import type { AddCommand, CommandContext } from "../command-context.ts";
import { withProject, writeAnswer } from "../command-context.ts";
import { answerText, metaText } from "../render/answer.ts";
import type { ExitCode } from "../render/error.ts";

/** Shown by every command that takes --where. */
export const whereHelp = `
Conditions of --where (several must all hold; quote them for the shell):
  country=IN       equal           price>=10        also > < <= !=
  plan!="10"       text, not 10    page~checkout    contains; !~ does not contain
  coupon           is set          !coupon          is not set
  country=["IN","US"]  any of these
Values have their JSON type: 10 is a number, "10" is text, a bare word is text.
$event and $user_id are usable as properties.`;

export const addSegmentCommand: AddCommand = (program, run) => {
  program
    .command("segment")
    .summary("count events or users over time, with a breakdown")
    .description(
      "Counts events, users or sessions in each interval: one series an event name, or any event when none is named. Without --from and --to: the last 30 days, today included.",
    )
    .argument("[events...]", "event names")
    .option("--from <time>", "start, included: a date, a time with zone, or epoch ms")
    .option("--to <time>", "end, not included")
    .addOption(
      new Option("--unit <unit>", "length of an interval")
        .choices(["minute", "hour", "day", "week", "month", "range"])
        .default("day"),
    )
    .addOption(
      new Option("--measure <measure>", "what to count")
        .choices(Object.keys(segmentMeasures))
        .default("total"),
    )
    .option("--by <property>", "break down by a property; may be repeated", collected, [])
    .option("--where <condition>", "only matching events; may be repeated", collected, [])
    .option("--limit <n>", "segments to show, 10 if not said", wholeNumberOf("--limit", 1))
    .option("--timezone <zone>", "IANA zone of days and dates, UTC if not said")
    .addOption(
      new Option("--week-start <day>", "first day of a week (default monday)").choices([
        "monday",
        "sunday",
      ]),
    )
    .addHelpText(
      "after",
      `${whereHelp}

Examples:
  shale segment purchase --from 2026-10-01 --to 2026-11-01
  shale segment purchase --by country --where 'price>=10' --measure unique
  shale segment view purchase --unit week --timezone Asia/Kolkata`,
    )
    .action((events: string[], options: SegmentArguments) =>
      run((context) => runSegment(context, events, options)),
    );
};

async function runSegment(
  context: CommandContext,
  events: readonly string[],
  options: SegmentArguments,
): Promise<ExitCode> {
  const query = segmentationQueryOf(events, options, context.clock.nowMs());
  const { answer, notes } = await withProject(context, async (project) => {
    const { signal, onProgress } = context;
    const found = await project.query(query, { signal, onProgress });
    return { answer: found, notes: isEmpty(found) ? await readNotes(project, events) : [] };
  });
  await writeAnswer(context, answer, () =>
    answerText(answer, headingOf(events, options, query), context.output.layout),
  );
  for (const note of notes) await context.note(note);
  if (context.globals.verbose) await context.note(metaText(answer.meta));
  return 0;
}

function isEmpty(answer: SegmentationAnswer): boolean {
  return answer.series.every((series) => series.overall.values.every((value) => value === 0));
}

/** Why an answer may be empty: a name that does not exist, or days outside the range. */
async function readNotes(project: Project, events: readonly string[]): Promise<string[]> {
  const schema = await project.schema();
  if (schema.events.length === 0) return [`The project "${project.id}" has no events`];
  const names = schema.events.map((event) => event.event);
  const notes = events
    .filter((event) => !names.includes(event))
    .map((event) => {
      const nearest = nearestName(event, names);
      const question = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
      return `There is no event ${JSON.stringify(event)}${question}`;
    });
  if (notes.length > 0) return notes;
  const days = schema.events
    .filter((event) => events.length === 0 || events.includes(event.event))
    .flatMap((event) => [event.firstDay, event.lastDay])
    .sort();
  return [`Nothing matches in this range; these events lie between ${days[0]} and ${days.at(-1)}`];
}
