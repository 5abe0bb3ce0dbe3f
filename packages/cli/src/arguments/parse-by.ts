import type { By } from "@shale/model";
import { ShaleError } from "@shale/model";

const BUCKETS = /^(.+?):((?:-?\d+(?:\.\d+)?)(?:,-?\d+(?:\.\d+)?)+)$/s;

/**
 * One `--by`: `country`, or `price:0,10,100` for the ranges [0, 10) and [10, 100). A name in quotes
 * may hold anything: `"ratio:1,2"`.
 *
 * @throws {ShaleError} USAGE
 */
export function parseBy(text: string): By {
  const buckets = text.startsWith('"') ? null : BUCKETS.exec(text);
  const quoted = /^("(?:[^"\\]|\\.)*"):(.+)$/s.exec(text);
  if (buckets !== null) return { property: buckets[1] ?? "", buckets: edgesOf(buckets[2] ?? "") };
  if (quoted !== null) {
    return { property: unquoted(quoted[1] ?? ""), buckets: edgesOf(quoted[2] ?? "") };
  }
  return unquoted(text);
}

export function propertyOfBy(by: By): string {
  return typeof by === "string" ? by : by.property;
}

/** A name as it was typed; one in quotes is JSON. @throws {ShaleError} USAGE */
export function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch (error) {
    throw new ShaleError("USAGE", `Cannot read the name ${text}: it is not JSON`, { cause: error });
  }
}

function edgesOf(text: string): number[] {
  const edges = text.split(",").map((edge) => (edge.trim() === "" ? Number.NaN : Number(edge)));
  if (!edges.some(Number.isNaN)) return edges;
  throw new ShaleError(
    "USAGE",
    `Cannot read the buckets ${JSON.stringify(text)}: write numbers that rise, as in price:0,10,100`,
  );
}
