import type { ProjectSchema } from "@shale/engine";
import { numberText } from "./numbers.ts";
import type { Layout } from "./table.ts";
import { tableText } from "./table.ts";

/** Every event name with its count, days and properties. */
export function schemaText(schema: ProjectSchema, layout: Layout): string {
  const events = tableText(
    [
      { title: "event" },
      { title: "events", align: "right" },
      { title: "first day", fixed: true },
      { title: "last day", fixed: true },
      { title: "properties", align: "right" },
    ],
    schema.events.map((event) => [
      event.event,
      numberText(event.count),
      event.firstDay,
      event.lastDay,
      numberText(event.properties.length),
    ]),
    layout,
  );
  const properties = schema.events.flatMap((event) =>
    event.properties.map((property) => [
      event.event,
      property.name,
      property.types.map((one) => one.type).join(", "),
      numberText(property.types.reduce((sum, one) => sum + one.events, 0)),
    ]),
  );
  if (properties.length === 0) return events;
  const table = tableText(
    [
      { title: "event" },
      { title: "property" },
      { title: "types" },
      { title: "events", align: "right" },
    ],
    properties,
    layout,
  );
  return `${events}\n\n${table}`;
}
