import type { StoredEvent } from "@shale/model";
import type { Layout, TableColumn } from "./table.ts";
import { tableParts } from "./table.ts";

const days = new Intl.DateTimeFormat("en-US", { weekday: "long", timeZone: "UTC" });

type Value = StoredEvent["properties"][string];

function valueText(value: Value): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return /[\s=]/.test(value) || value === "" ? JSON.stringify(value) : value;
}

/** `country=IN price=12.5 tags=["a","b"]`, by name. */
export function propertiesText(properties: StoredEvent["properties"]): string {
  return Object.keys(properties)
    .sort()
    .map((name) => `${name}=${valueText(properties[name] ?? "")}`)
    .join(" ");
}

/** Events under one heading a UTC day; milliseconds only where some event has them. */
export function eventsText(
  events: readonly StoredEvent[],
  { users }: { readonly users: "shown" | "hidden" },
  layout: Layout,
): string {
  const timeEnd = events.every((event) => event.time.endsWith(".000Z")) ? 19 : 23;
  const columns: TableColumn[] = [
    { title: "time", fixed: true },
    { title: "event" },
    ...(users === "shown" ? [{ title: "user" }] : []),
    { title: "properties" },
  ];
  const rows = events.map((event) => [
    event.time.slice(11, timeEnd),
    event.event,
    ...(users === "shown" ? [event.user_id] : []),
    propertiesText(event.properties),
  ]);
  const dayOf = (index: number): string => events[index]?.time.slice(0, 10) ?? "";
  return tableParts(columns, rows, layout)
    .map(({ title, lines }) => {
      const dated = lines.flatMap((line, index) =>
        dayOf(index) === dayOf(index - 1) ? [line] : ["", dayHeading(dayOf(index), layout), line],
      );
      return [title, ...dated].join("\n");
    })
    .join("\n\n");
}

function dayHeading(day: string, { palette, width }: Layout): string {
  const weekday = days.format(new Date(`${day}T00:00:00Z`));
  if (width < `${day} ${weekday} UTC`.length) return palette.strong(day);
  return `${palette.strong(`${day} ${weekday}`)} ${palette.faint("UTC")}`;
}
