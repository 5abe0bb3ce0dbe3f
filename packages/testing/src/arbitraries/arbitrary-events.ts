import type { EventInput, PropertyValue } from "@shale/model";
import { DAY_MS } from "@shale/model";
import type * as FastCheck from "fast-check";
import type { Vocabulary, VocabularyOptions } from "./event-vocabulary.ts";
import { numbers, texts, vocabularyOf } from "./event-vocabulary.ts";
import { loadFastCheck } from "./fast-check-package.ts";

export interface ArbitraryEventsOptions extends VocabularyOptions {
  /** True (the default): many events share a time. */
  readonly ties?: boolean | undefined;
  /** True (the default): many events share an insert_id, so that keys repeat. */
  readonly duplicates?: boolean | undefined;
  /** Most events in one list, default 40. */
  readonly count?: number | undefined;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

type Check = typeof FastCheck;

function arbitraryTime(
  fc: Check,
  { startMs, days }: Vocabulary,
  ties: boolean,
): FastCheck.Arbitrary<EventInput["time"]> {
  const inDay = fc.integer({ min: 0, max: DAY_MS - 1 });
  const atEdge = fc
    .tuple(fc.constantFrom(0, 1, 22, 23, 12), fc.constantFrom(0, 30), fc.constantFrom(0, 1, -1))
    .map(([hour, minute, ms]) => Math.max(0, hour * HOUR_MS + minute * MINUTE_MS + ms));
  return fc
    .record({
      day: fc.integer({ min: 0, max: days - 1 }),
      ms: ties ? fc.oneof({ weight: 3, arbitrary: atEdge }, inDay) : inDay,
      form: fc.constantFrom("number", "text", "date", "offset"),
    })
    .map(({ day, ms, form }) => {
      const timeMs = startMs + day * DAY_MS + ms;
      switch (form) {
        case "text":
          return new Date(timeMs).toISOString();
        case "date":
          return new Date(timeMs);
        case "offset":
          return new Date(timeMs + 2 * HOUR_MS).toISOString().replace("Z", "9+02:00");
        default:
          return timeMs;
      }
    });
}

function arbitraryProperties(fc: Check): FastCheck.Arbitrary<EventInput["properties"]> {
  const text = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...texts) }, fc.string());
  const number = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...numbers) },
    fc.integer({ min: -50, max: 50 }),
  );
  const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
  const list = fc.array(scalar, { maxLength: 3 });
  const nested = fc.constantFrom({ b: [1, "x"], a: null }, {});
  const property: FastCheck.Arbitrary<readonly [string, unknown]> = fc.oneof(
    fc.tuple(fc.constant("plan"), fc.constantFrom(...texts)),
    fc.tuple(fc.constant("price"), number),
    fc.tuple(fc.constant("paid"), fc.boolean()),
    fc.tuple(fc.constant("tags"), fc.oneof(list, fc.array(fc.oneof(scalar, nested, list)))),
    fc.tuple(fc.constantFrom("mixed", "__proto__"), fc.oneof(scalar, list, nested)),
    fc.tuple(fc.string({ minLength: 1, maxLength: 8, unit: "grapheme" }), scalar),
  );
  return fc.array(property, { maxLength: 5 }).map(
    // JSON objects inside a property are input of NDJSON, beyond what the type of the library says.
    (entries) => Object.fromEntries(entries) as Readonly<Record<string, PropertyValue>>,
  );
}

/**
 * Lists of valid events in a little world, where users, times and insert ids meet often. They
 * shrink towards fewer events, fewer users, plain names and the start of the first day.
 *
 * @throws {ShaleError} PACKAGE_MISSING without fast-check
 */
export function arbitraryEvents(
  options: ArbitraryEventsOptions = {},
): FastCheck.Arbitrary<EventInput[]> {
  const fc = loadFastCheck();
  const vocabulary = vocabularyOf(options);
  const { ties = true, duplicates = true, count = 40 } = options;
  const insertId = duplicates
    ? fc.oneof(fc.constant(undefined), fc.constantFrom("i1", "i2", "ï"))
    : fc.oneof(fc.constant(undefined), fc.uuid());
  const event = fc
    .record({
      event: fc.constantFrom(...vocabulary.names),
      user_id: fc.constantFrom(...vocabulary.userIds),
      time: arbitraryTime(fc, vocabulary, ties),
      insert_id: insertId,
      properties: fc.option(arbitraryProperties(fc), { nil: undefined }),
    })
    .map(
      ({ insert_id, properties, ...fields }): EventInput => ({
        ...fields,
        ...(insert_id === undefined ? {} : { insert_id }),
        ...(properties === undefined ? {} : { properties }),
      }),
    );
  const repeats = fc.oneof(
    { withCrossShrink: true },
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: duplicates ? 1 : 0, arbitrary: fc.nat() },
  );
  return fc
    .array(fc.record({ event, repeats }), { maxLength: count, size: "max" })
    .map((drafts) => repeatKeys(drafts));
}

/** Gives a draft that repeats the key of an earlier one, and keeps its properties. */
function repeatKeys(
  drafts: readonly { readonly event: EventInput; readonly repeats: number | undefined }[],
): EventInput[] {
  const events: EventInput[] = [];
  for (const { event, repeats } of drafts) {
    const earlier = repeats === undefined ? undefined : events[repeats % events.length];
    if (earlier === undefined) events.push(event);
    else events.push({ insert_id: "i1", ...event, ...keyOf(earlier) });
  }
  return events;
}

function keyOf({ event, user_id, time, insert_id }: EventInput): EventInput {
  return insert_id === undefined ? { event, user_id, time } : { event, user_id, time, insert_id };
}
