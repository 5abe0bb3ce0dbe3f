import type { Command } from "commander";
import { Option } from "commander";
import { collected, wholeNumberOf } from "../../arguments/parse-number.ts";
import type { AnswerFormat } from "../answer-format.ts";
import { formatOption } from "../answer-format.ts";

/** Beside the options that make the query. */
export interface FormatArguments {
  readonly format?: AnswerFormat | undefined;
}

/** Shown by every command that takes --where. */
export const whereHelp = `
Conditions of --where (several must all hold; quote them for the shell):
  country=IN       equal           price>=10        also > < <= !=
  plan!="10"       text, not 10    page~checkout    contains; !~ does not contain
  coupon           is set          !coupon          is not set
  country=["IN","US"]  any of these
Values have their JSON type: 10 is a number, "10" is text, a bare word is text.
$event and $user_id are usable as properties.`;

export const timeUnitNames = ["minute", "hour", "day", "week", "month"] as const;

export function choiceOption(
  flags: string,
  description: string,
  choices: readonly string[],
): Option {
  return new Option(flags, description).choices(choices);
}

/** Which events, when, and in which time zone. */
export function addRangeOptions(command: Command): Command {
  return command
    .option("--from <time>", "start, included: a date, a time with zone, or epoch ms")
    .option("--to <time>", "end, not included")
    .option("--where <condition>", "only matching events; may be repeated", collected, [])
    .option("--timezone <zone>", "IANA zone of days and dates, UTC if not said")
    .addOption(
      choiceOption("--week-start <day>", "first day of a week (default monday)", [
        "monday",
        "sunday",
      ]),
    )
    .option("--as-of <time>", "answer as if it were this time")
    .addOption(formatOption());
}

export function addBreakdownOptions(command: Command): Command {
  return command
    .option(
      "--by <property>",
      "break down by a property, or by ranges of it: price:0,10,100; may be repeated",
      collected,
      [],
    )
    .option("--limit <n>", "segments to show, 10 if not said", wholeNumberOf("--limit", 1));
}

export function addSessionOptions(command: Command): Command {
  return command
    .option("--session-timeout <span>", "pause that ends a session, 30m if not said")
    .option("--split-at-midnight", "a session ends at midnight too");
}
