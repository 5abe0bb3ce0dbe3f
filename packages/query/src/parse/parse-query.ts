import type { QueryKind } from "@shale/model";
import { unreachable } from "@shale/model";
import { parseCohort } from "./cohort/parse-cohort.ts";
import { parseFlow } from "./flow/parse-flow.ts";
import { parseFunnel } from "./funnel/parse-funnel.ts";
import { parseLifecycle } from "./lifecycle/parse-lifecycle.ts";
import { parseTimeline } from "./parse-timeline.ts";
import type { ParsedQuery } from "./parsed-query.ts";
import type { Place } from "./query-place.ts";
import { documentPlace, nestedIn, objectOf, oneOf } from "./query-place.ts";
import { parseRetention } from "./retention/parse-retention.ts";
import { parseSegmentation } from "./segmentation/parse-segmentation.ts";
import { parseStickiness } from "./stickiness/parse-stickiness.ts";
import { parseUsers } from "./users/parse-users.ts";

const kinds = [
  "segmentation",
  "funnel",
  "retention",
  "flow",
  "lifecycle",
  "stickiness",
  "users",
  "timeline",
] as const satisfies readonly QueryKind[];

/**
 * Reads a query document, as JSON or as an object of the library. Strict: a field it does not know
 * is refused, with the path, what is allowed and the name that was probably meant.
 *
 * @throws {ShaleError} QUERY_INVALID with `path`
 */
export function parseQuery(document: unknown): ParsedQuery {
  return parseQueryAt(documentPlace(document, parseCohort));
}

function parseQueryAt(place: Place): ParsedQuery {
  const { kind: name } = objectOf(place, "a query");
  const path = place.path === "" ? "kind" : `${place.path}.kind`;
  const kind = oneOf({ ...place, value: name, path }, kinds, "a kind of query");
  switch (kind) {
    case "segmentation":
      return parseSegmentation(place);
    case "funnel":
      return parseFunnel(place);
    case "retention":
      return parseRetention(place);
    case "flow":
      return parseFlow(place);
    case "lifecycle":
      return parseLifecycle(place);
    case "stickiness":
      return parseStickiness(place);
    case "timeline":
      return parseTimeline(place);
    case "users":
      return parseUsers(place, (of) => parseQueryAt(nestedIn(of, "queries")));
    default:
      return unreachable(kind);
  }
}
