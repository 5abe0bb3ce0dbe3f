import type { ProjectSchema } from "@shale/engine";
import { countText, numberText } from "./numbers.ts";
import type { Layout } from "./table.ts";
import { tableText } from "./table.ts";

/** Event names with counts and days, then properties with their types and some values. */
export function schemaText(schema: ProjectSchema, layout: Layout): string {
  const { eventCount, firstDay, lastDay } = schema;
  if (eventCount === 0) return "no events";
  const events = tableText(
    [
      { title: "event" },
      { title: "events", align: "right" },
      { title: "first day", fixed: true },
      { title: "last day", fixed: true },
    ],
    schema.events.map((event) => [
      event.event,
      numberText(event.count),
      event.firstDay,
      event.lastDay,
    ]),
    layout,
  );
  const heading = layout.palette.strong(countText(eventCount, "event"));
  const parts = [`${heading}\n${firstDay ?? ""} to ${lastDay ?? ""} UTC`, events];
  if (schema.properties.length > 0) parts.push(propertiesTable(schema, layout));
  return parts.join("\n\n");
}

/** One line a property and type: a property may hold several. */
function propertiesTable(schema: ProjectSchema, layout: Layout): string {
  const rows = schema.properties.flatMap(({ property, types }) =>
    types.map(({ type, count, examples }) => [
      property,
      type,
      numberText(count),
      examples.map((value) => JSON.stringify(value)).join(", "),
    ]),
  );
  return tableText(
    [
      { title: "property" },
      { title: "type", fixed: true },
      { title: "events", align: "right" },
      { title: "examples" },
    ],
    rows,
    layout,
  );
}
