import type { ComparedUnit, RollbackComparison, UnitDifference, Validated } from "@shale/engine";
import type { StoredEvent } from "@shale/model";
import { hangingLines } from "../error.ts";
import { propertiesText } from "../events.ts";
import { countText, numberText } from "../numbers.ts";
import type { Layout } from "../table.ts";
import { tableText } from "../table.ts";
import { breakText, wrapText } from "../text.ts";
import { nextLines } from "./next-command.ts";

/** Beyond these a page is no longer read; all of them are in the JSON. */
const UNITS_SHOWN = 60;
const EVENTS_SHOWN = 20;
const OBJECTS_SHOWN = 20;
const DIGITS_SHOWN = 8;

export function validatedText(
  validated: Validated & { readonly spec?: string | undefined },
  layout: Layout,
): string {
  const { width, palette } = layout;
  const { matched, misplaced, units, objects, token, cut, spec } = validated;
  const parts = [comparisonText(validated, layout)];
  if (misplaced > 0) {
    const text = `${countText(misplaced, "row")} on a shard that is not their user's`;
    parts.push(wrapText(text, width).map(palette.failure).join("\n"));
  }
  if (objects.length > 0) parts.push(objectsText(objects, layout));
  const events = units.reduce((sum, unit) => sum + unit.old.events, 0);
  const at = `${countText(events, "event")} at the cut of ${countText(Object.keys(cut).length, "writer")}`;
  const found = matched ? `matched: ${at}` : `not matched: ${at}`;
  const sums = wrapText(found, width).map(matched ? palette.strong : palette.failure);
  const voided = matched && token === null ? ["the new spec is behind: no token"] : [];
  parts.push([...sums, ...(token === null ? voided : [`token ${token}`])].join("\n"));
  const facts = { spec, state: "validating", isCopied: true, hasToken: token !== null } as const;
  return [...parts, nextLines(facts, layout).join("\n")].join("\n\n");
}

/** The units of two specs, and the events in which they differ. */
export function comparisonText(
  comparison: RollbackComparison | Pick<Validated, "matched" | "units" | "differences">,
  layout: Layout,
): string {
  if ("error" in comparison) {
    const { code, message } = comparison.error;
    const text = `the new spec cannot be read: ${code}: ${message}`;
    return breakText(text, layout.width).map(layout.palette.failure).join("\n");
  }
  const { units, differences } = comparison;
  if (units.length === 0) return "neither spec has an event";
  const parts = [unitsText(units, layout)];
  if (differences.length > 0) parts.push(differencesText(differences, layout));
  return parts.join("\n\n");
}

/** Every unit that differs, and as many of the equal ones as fit a page. */
function unitsText(units: readonly ComparedUnit[], layout: Layout): string {
  let room = UNITS_SHOWN - units.filter(({ equal }) => !equal).length;
  const shown = units.filter(({ equal }) => !equal || room-- > 0);
  const table = tableText(
    [
      { title: "day         gen", fixed: true },
      { title: "equal", fixed: true },
      { title: "old events", align: "right" },
      { title: "new events", align: "right" },
      { title: "old users", align: "right" },
      { title: "new users", align: "right" },
      { title: "digest", fixed: true },
    ],
    shown.map(({ day, generation, equal, old, new: now }) => [
      `${day}  ${String(generation).padStart(3)}`,
      equal ? "yes" : "NO",
      numberText(old.events),
      numberText(now.events),
      numberText(old.users),
      numberText(now.users),
      digestsText(old.digest, now.digest),
    ]),
    layout,
  );
  const hidden = units.length - shown.length;
  if (hidden === 0) return table;
  const more = `… and ${numberText(hidden)} more that are equal; --json lists all`;
  return [table, ...wrapText(more, layout.width)].join("\n");
}

/** One where both are the same, shortened. */
function digestsText(old: string, now: string): string {
  const [first, second] = [old, now].map((digest) => digest.slice(0, DIGITS_SHOWN));
  return old === now ? `${first}` : `${first} ${second}`;
}

/** By day, generation and shard: the events that one spec has and the other has not. */
function differencesText(differences: readonly UnitDifference[], layout: Layout): string {
  const lines: string[] = [];
  let [left, hidden] = [EVENTS_SHOWN, 0];
  for (const { day, generation, shard, missing, extra } of differences) {
    if (left > 0) {
      const where = `${day}, generation ${generation}, shard ${shard} of the new spec:`;
      lines.push(...wrapText(where, layout.width));
    }
    for (const [events, sign] of [
      [missing, "missing"],
      [extra, "extra"],
    ] as const) {
      for (const event of events) {
        if (left <= 0) hidden++;
        else lines.push(...eventLines(sign, event, layout));
        left--;
      }
    }
  }
  if (hidden > 0) {
    const more = `… and ${countText(hidden, "more event")}; --json lists them`;
    lines.push(...wrapText(more, layout.width));
  }
  return lines.join("\n");
}

function eventLines(
  sign: "missing" | "extra",
  { time, event, user_id, insert_id, properties }: StoredEvent,
  { width, palette }: Layout,
): string[] {
  const text = [time, event, user_id, insert_id, propertiesText(properties)].join("  ");
  const [first = "", ...others] = breakText(text, width - 10);
  const start = `  ${sign.padEnd(8)}`;
  return [palette.failure(start) + first, ...others.map((line) => " ".repeat(10) + line)];
}

function objectsText(objects: Validated["objects"], { width, palette }: Layout): string {
  const lines = objects
    .slice(0, OBJECTS_SHOWN)
    .flatMap(({ object, problem }) => [
      palette.failure(problem === "missing" ? "gone:" : "changed:"),
      ...breakText(object, width - 2).map((line) => `  ${line}`),
    ]);
  const hidden = objects.length - OBJECTS_SHOWN;
  if (hidden > 0) {
    lines.push(
      ...hangingLines("… and ", `${hidden} more; --json lists them`, { width, indent: 6 }),
    );
  }
  return lines.join("\n");
}
