import { describe, expect, test } from "vitest";
import { eventWith, faults, parse } from "../test/reading.ts";

function mixpanelWith(properties: Readonly<Record<string, unknown>>): unknown {
  return { event: "Signup", properties: { distinct_id: "d1", time: 1_780_000_000, ...properties } };
}

describe("Mixpanel's shape", () => {
  test("becomes an event with its other properties under their own names", () => {
    const outcome = parse([
      mixpanelWith({
        $insert_id: "i1",
        token: "t",
        $browser: "Firefox",
        user_id: "inner",
        mp_lib: 2,
      }),
    ]);
    expect(faults(outcome)).toEqual([]);
    expect(outcome.events).toEqual([
      {
        event: "Signup",
        user_id: "d1",
        timeMs: 1_780_000_000_000,
        insert_id: "i1",
        properties: { $browser: "Firefox", mp_lib: 2, token: "t", user_id: "inner" },
      },
    ]);
  });

  test("may carry time in seconds, with a fraction, in ms, or as text with a zone", () => {
    const times = [1_780_000_000.25, 1_780_000_000_250, "2026-05-28T20:26:40.250Z", "x", null];
    const outcome = parse([
      ...times.map((time) => mixpanelWith({ time })),
      mixpanelWith({ time: Infinity }),
    ]);
    expect(outcome.events.map(({ timeMs }) => timeMs)).toEqual([
      1_780_000_000_250, 1_780_000_000_250, 1_780_000_000_250,
    ]);
    expect(faults(outcome)).toEqual(["3 TIME_INVALID", "4 EVENT_FIELD_TYPE", "5 TIME_INVALID"]);
  });

  test("is checked like any other event", () => {
    const outcome = parse([
      mixpanelWith({ distinct_id: 7 }),
      mixpanelWith({ distinct_id: null }),
      mixpanelWith({ distinct_id: "" }),
      mixpanelWith({ $insert_id: "~1" }),
      mixpanelWith({ time: undefined }),
      mixpanelWith({ n: 2 ** 53 }),
      { event: "e", time: 1, properties: { distinct_id: "d", time: 1_780_000_000 } },
      { properties: { distinct_id: "d", time: 1_780_000_000 } },
      { event: "e", properties: { time: 1_780_000_000 } },
    ]);
    expect(faults(outcome)).toEqual([
      "0 EVENT_FIELD_TYPE",
      "1 EVENT_FIELD_TYPE",
      "3 INSERT_ID_RESERVED",
      "4 EVENT_FIELD_MISSING",
      "5 NUMBER_UNSAFE",
      "6 EVENT_FIELD_UNKNOWN",
      "7 EVENT_FIELD_MISSING",
      "8 EVENT_FIELD_MISSING",
    ]);
    expect(outcome.events[0]?.user_id).toBe("");
  });

  test("gives way to a user_id of the event's own", () => {
    const properties = { distinct_id: "other", time: 5, $insert_id: "p" };
    const [event] = parse([eventWith({ properties })]).events;
    expect(event).toMatchObject({ user_id: "u1", insert_id: undefined, properties });
  });
});
