import type { Query } from "@shale/model";
import { ShaleError } from "@shale/model";

/**
 * The JSON of a query. Only its outer shape is looked at here: the engine checks every field and
 * names the path of what is wrong.
 *
 * @throws {ShaleError} QUERY_INVALID
 */
export function parseQueryDocument(text: string, source: string): Query {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ShaleError("QUERY_INVALID", `Cannot read the query of ${source}: ${why}`, {
      cause: error,
      path: "",
    });
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new ShaleError(
      "QUERY_INVALID",
      `Cannot run the query of ${source}: it must be one JSON object with a "kind"`,
      { path: "" },
    );
  }
  return document as Query;
}
