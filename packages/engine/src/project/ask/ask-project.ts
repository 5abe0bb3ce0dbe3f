import { ShaleError } from "@shale/model";
import type { ExportOptions, Project } from "../../store.ts";
import type { ProjectParts } from "../project-parts.ts";
import { answerQuery, loadSchema } from "./ask.ts";
import { explainPlan } from "./explain-plan.ts";
import { exportColumns } from "./export-columns.ts";
import { exportLines, readStoredEvents } from "./export-events.ts";
import { runStatement, runTemplate } from "./run-statement.ts";
import { takePin } from "./take-pin.ts";

/** The verbs that ask about events, and change nothing. */
export function askingVerbsOf(
  parts: ProjectParts,
  checkOpen: (what: string) => void,
): Pick<
  Project,
  "query" | "explain" | "sql" | "querySql" | "events" | "export" | "schema" | "snapshot"
> {
  return {
    async query(query, options = {}) {
      checkOpen("query");
      return await answerQuery(parts, query, options);
    },
    async explain(query, options = {}) {
      checkOpen("explain a query");
      return await explainPlan(parts, query, options);
    },
    async sql(texts, ...values) {
      checkOpen("run SQL");
      return await runTemplate(parts, texts, values);
    },
    async querySql(statement, options = {}) {
      checkOpen("run SQL");
      return await runStatement(parts, statement, options);
    },
    events(options = {}) {
      checkOpen("read events");
      return readStoredEvents(parts, options);
    },
    export(options = {}) {
      checkOpen("export");
      return exportEvents(parts, options);
    },
    async schema() {
      checkOpen("read the schema");
      return await loadSchema(parts);
    },
    async snapshot() {
      checkOpen("take a snapshot");
      return (await takePin(parts, {})).snapshot;
    },
  };
}

function exportEvents(parts: ProjectParts, options: ExportOptions): AsyncIterable<Uint8Array> {
  const { format = "ndjson" } = options;
  switch (format) {
    case "ndjson":
      return exportLines(parts, options);
    case "parquet":
    case "arrow":
      return exportColumns(parts, format, options);
    default:
      throw new ShaleError(
        "OPTION_INVALID",
        `Cannot export as ${JSON.stringify(format)}: formats are ndjson, parquet and arrow`,
        { path: "format" },
      );
  }
}
