import type { Project, QueryOptions } from "@shale/engine";
import type { Answer, Instant } from "@shale/model";
import { nearestName } from "../../arguments/nearest-name.ts";
import type { CommandContext } from "../../command-context.ts";
import { withProject } from "../../command-context.ts";
import { metaText } from "../../render/answers/wording.ts";
import type { ExitCode } from "../../render/error.ts";
import type { AnswerFormat } from "../answer-format.ts";
import { formatOf, formatted } from "../answer-format.ts";

/** A query with what its command knows of it. */
export interface Question<A extends Answer> {
  readonly heading: string;
  readonly format: AnswerFormat | undefined;
  /** Events that count; none is any event. */
  readonly events: readonly string[];
  /** Events that only take something away: a misspelt one changes nothing that anybody would see. */
  readonly quietEvents: readonly string[];
  readonly properties: readonly string[];
  readonly range: {
    readonly from: Instant;
    readonly to: Instant;
    readonly timezone?: string | undefined;
  };
  readonly ask: (project: Project, options: QueryOptions) => Promise<A>;
  /** "partly": nothing for one of the names, which may be misspelt. */
  readonly emptiness: (answer: A) => "full" | "partly" | "empty";
}

/** Asks, prints the answer, then notes on what may be meant otherwise, and with --verbose the cost. */
export async function runQuestion<A extends Answer>(
  context: CommandContext,
  question: Question<A>,
): Promise<ExitCode> {
  const { signal, onProgress } = context;
  const { heading } = question;
  const format = formatOf(question.format, context);
  const { answer, notes } = await withProject(context, async (project) => {
    const found = await question.ask(project, { signal, onProgress });
    return { answer: found, notes: await notesOn(context, project, question, found) };
  });
  await context.output.write(formatted(answer, { format, heading }, context));
  for (const note of notes) await context.note(note);
  if (context.globals.verbose) await context.note(metaText(answer.meta));
  return 0;
}

/** Names are looked up only where the answer makes one doubt them: it takes a pass over all events. */
async function notesOn<A extends Answer>(
  { signal, onProgress }: CommandContext,
  project: Project,
  question: Question<A>,
  answer: A,
): Promise<string[]> {
  const emptiness = question.emptiness(answer);
  const isQuiet = await isAnyMissing(project, question, { signal, onProgress });
  if (emptiness === "full" && !isQuiet) return [];
  const schema = await project.schema();
  if (schema.events.length === 0) return [`The project "${project.id}" has no events`];
  const names = schema.events.map(({ event }) => event);
  const properties = ["$event", "$user_id", ...schema.properties.map(({ property }) => property)];
  const notes = [
    ...unknownNotes("event", [...question.events, ...question.quietEvents], names),
    ...unknownNotes("property", question.properties, properties),
  ];
  if (notes.length > 0 || emptiness !== "empty") return notes;
  const days = schema.events
    .filter(({ event }) => question.events.length === 0 || question.events.includes(event))
    .flatMap(({ firstDay, lastDay }) => [firstDay, lastDay])
    .sort();
  return [`Nothing matches in this range; these events lie between ${days[0]} and ${days.at(-1)}`];
}

/** True when one of the quiet events does not occur in the range: counted, as that is cheap. */
async function isAnyMissing<A extends Answer>(
  project: Project,
  { quietEvents, range }: Question<A>,
  options: QueryOptions,
): Promise<boolean> {
  if (quietEvents.length === 0) return false;
  const { from, to, timezone } = range;
  const series = [...new Set(quietEvents)]
    .slice(0, 26)
    .map((event) => ({ select: { event }, measure: "total" as const }));
  const counts = await project.query(
    { kind: "segmentation", unit: "range", from, to, timezone, series },
    options,
  );
  return counts.series.some(({ overall }) => overall.range === 0);
}

function unknownNotes(
  what: "event" | "property",
  wanted: readonly string[],
  names: readonly string[],
): string[] {
  return [...new Set(wanted)]
    .filter((name) => !names.includes(name))
    .map((name) => {
      const nearest = nearestName(name, names);
      const question = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
      return `There is no ${what} ${JSON.stringify(name)}${question}`;
    });
}

/** True where the properties of a breakdown are set nowhere: its name may be misspelt. */
export function isUnbroken(
  segments: readonly { readonly by: readonly unknown[]; other?: true }[] | undefined,
): boolean {
  if (segments === undefined || segments.length === 0) return false;
  return segments.every(({ by, other }) => other !== true && by.every((value) => value === null));
}
