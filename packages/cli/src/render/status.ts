import type { ProjectStatus } from "@shale/engine";
import { bytesText, durationText, numberText } from "./numbers.ts";
import type { Layout } from "./table.ts";
import { tableText } from "./table.ts";
import { visibleText } from "./text.ts";

export function statusText(status: ProjectStatus, layout: Layout): string {
  const { palette } = layout;
  const parts = [
    `project ${palette.strong(status.project)}\nlive spec ${palette.strong(status.live)}, generation ${status.generation}`,
    specsTable(status, layout),
  ];
  if (status.writers.length > 0) parts.push(writersTable(status, layout));
  for (const log of status.unreadableLogs) {
    parts.push(
      palette.warning(
        visibleText(`log of writer ${log.writer} cannot be read: ${log.reason} (${log.folder})`),
      ),
    );
  }
  if (status.files !== undefined) parts.push(filesTable(status.files, layout));
  return parts.join("\n\n");
}

function specsTable(status: ProjectStatus, layout: Layout): string {
  return tableText(
    [
      { title: "spec" },
      { title: "shards", align: "right" },
      { title: "events", align: "right" },
      { title: "size", align: "right" },
      { title: "day files", align: "right" },
      { title: "tail events", align: "right" },
      { title: "max shard", align: "right" },
      { title: "mean shard", align: "right" },
    ],
    status.specs.map((spec) => [
      spec.spec,
      numberText(spec.shards),
      numberText(spec.events),
      bytesText(spec.bytes),
      numberText(spec.dayFiles),
      numberText(spec.tailEvents),
      numberText(spec.skew.max),
      numberText(Math.round(spec.skew.mean)),
    ]),
    layout,
  );
}

function writersTable(status: ProjectStatus, layout: Layout): string {
  return tableText(
    [
      { title: "writer", align: "right" },
      { title: "state", fixed: true },
      { title: "host" },
      { title: "pid", align: "right" },
      { title: "tail objects", align: "right" },
      { title: "last heartbeat", align: "right" },
    ],
    status.writers.map((writer) => [
      String(writer.writer),
      writer.state,
      writer.host,
      String(writer.pid),
      numberText(writer.tailObjects),
      writer.heartbeatAgeMs === null ? "–" : `${durationText(writer.heartbeatAgeMs)} ago`,
    ]),
    layout,
  );
}

function filesTable(files: NonNullable<ProjectStatus["files"]>, layout: Layout): string {
  return tableText(
    [
      { title: "file" },
      { title: "kind", fixed: true },
      { title: "rows", align: "right" },
      { title: "size", align: "right" },
    ],
    files.map((file) => [file.key, file.kind, numberText(file.rows), bytesText(file.bytes)]),
    layout,
  );
}
