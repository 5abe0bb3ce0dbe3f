import { expect, test } from "vitest";
import type { EventDefinitions } from "./define-events.ts";
import { defineEvents } from "./define-events.ts";

const events = defineEvents({
  purchase: { price: "number", coupon: "string?" },
  view: {},
});

test("an event is made with its name and the fields that were given", () => {
  const fields = { user_id: "a", time: 7, insert_id: "1" };
  const properties = { price: 3, coupon: null };
  expect(events.purchase({ ...fields, properties })).toEqual({
    event: "purchase",
    ...fields,
    properties,
  });
  expect(events.view({ user_id: "a", time: 7 })).toEqual({ event: "view", user_id: "a", time: 7 });
});

test("an undefined property is left out, and the fields stay as they were", () => {
  const fields = { user_id: "a", time: 7, properties: { price: 3, coupon: undefined } };
  const made = events.purchase(fields);
  expect(Object.keys(made.properties)).toEqual(["price"]);
  expect(Object.keys(fields.properties)).toEqual(["price", "coupon"]);
});

test("any name may be defined, and nothing can be added later", () => {
  const odd: EventDefinitions = JSON.parse('{"__proto__":{},"constructor":{},"7":{}}');
  const made = defineEvents(odd);
  expect(Object.keys(made).sort()).toEqual(["7", "__proto__", "constructor"]);
  expect(Object.isFrozen(made)).toBe(true);
  const maker = Object.getOwnPropertyDescriptor(made, "__proto__")?.value;
  expect(maker({ user_id: "a", time: 1 })).toMatchObject({ event: "__proto__" });
});

test("a rule that is none names its place", () => {
  const wrong = { view: { page: "text" } } as unknown as EventDefinitions;
  expect(() => defineEvents(wrong)).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID", path: "view.page" }),
  );
});
