import { queryInvalid } from "../query-errors.ts";
import type { Fields, Place } from "../query-place.ts";
import { integerOf, isAbsent, listOf } from "../query-place.ts";

const BUCKETS = 8;
const BUCKET_COUNT_MAX = 1000;
const BUCKET_NUMBER_MAX = 10_000;

/**
 * The buckets of a retention as inclusive pairs that rise: those of `brackets`, or [0, 0], [1, 1],
 * … as many as `buckets` says.
 *
 * @throws {ShaleError} QUERY_INVALID
 */
export function parseBrackets(fields: Fields): [number, number][] {
  const buckets = fields.at("buckets");
  const brackets = fields.at("brackets");
  if (isAbsent(brackets)) {
    const bounds = { min: 1, max: BUCKET_COUNT_MAX };
    const count = isAbsent(buckets) ? BUCKETS : integerOf(buckets, "a number of buckets", bounds);
    return Array.from({ length: count }, (_, bucket) => [bucket, bucket]);
  }
  if (!isAbsent(buckets)) {
    throw queryInvalid(
      brackets.path,
      `${brackets.path} and ${buckets.path} say the same thing twice: leave one out`,
    );
  }
  const list = listOf(brackets, "brackets", { min: 1, max: BUCKET_COUNT_MAX });
  const pairs = list.map(parseBracket);
  for (const [index, [first]] of pairs.entries()) {
    const before = pairs[index - 1];
    if (before === undefined || first > before[1]) continue;
    throw queryInvalid(
      `${brackets.path}[${index}]`,
      `${brackets.path} must rise without overlap: ${first} does not lie above ${before[1]}`,
    );
  }
  return pairs;
}

function parseBracket(place: Place): [number, number] {
  const bounds = { min: 0, max: BUCKET_NUMBER_MAX };
  const [first = 0, last = 0] = listOf(place, "the first and the last bucket", {
    min: 2,
    max: 2,
  }).map((end) => integerOf(end, "a bucket", bounds));
  if (last >= first) return [first, last];
  throw queryInvalid(
    place.path,
    `${place.path} must be its first and its last bucket: ${last} lies below ${first}`,
  );
}
