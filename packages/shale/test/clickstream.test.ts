import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { repository } from "./dist.test-support.ts";

interface ClickEvent {
  readonly event: string;
  readonly user_id: string;
  readonly time: number;
  readonly properties: Readonly<Record<string, unknown>>;
}
interface Generator_ {
  clickstream(options: Readonly<Record<string, unknown>>): Iterable<readonly ClickEvent[]>;
}

const url = pathToFileURL(join(repository, "examples/clickstream.js")).href;
const { clickstream } = (await import(url)) as Generator_;
const eventsOf = (options: Readonly<Record<string, unknown>>): ClickEvent[] =>
  [...clickstream(options)].flat();

test("the clickstream has exactly the events and users that were asked for", () => {
  for (const [events, users, wantedUsers] of [
    [0, 5, 0],
    [1, 5, 1],
    [10, 5, 2],
    [5_000, 3, 3],
    [30_000, 2_000, 2_000],
  ] as const) {
    const made = eventsOf({ events, users });
    expect(made).toHaveLength(events);
    expect(new Set(made.map((event) => event.user_id)).size).toBeLessThanOrEqual(wantedUsers);
    if (events >= 5_000) expect(new Set(made.map((one) => one.user_id)).size).toBe(wantedUsers);
  }
});

test("the same options give the same events, another seed gives others", () => {
  const digestOf = (seed: number): string =>
    createHash("sha256")
      .update(JSON.stringify(eventsOf({ seed, events: 20_000 })))
      .digest("hex");
  expect(digestOf(1)).toBe(digestOf(1));
  expect(digestOf(1)).not.toBe(digestOf(2));
});

test("events lie in the range, activity is skewed, and fewer reach each step of the funnel", () => {
  const made = eventsOf({ events: 60_000, users: 5_000, days: 30, from: "2026-10-01" });
  const users = new Map<string, number>();
  const names = new Map<string, number>();
  for (const event of made) {
    if (event.time < Date.UTC(2026, 9, 1) || event.time >= Date.UTC(2026, 9, 31)) {
      expect.fail(`${event.time} lies outside`);
    }
    users.set(event.user_id, (users.get(event.user_id) ?? 0) + 1);
    names.set(event.event, (names.get(event.event) ?? 0) + 1);
  }
  const counts = [...users.values()].sort((a, b) => b - a);
  expect(counts[0]).toBeGreaterThan(20 * (counts[2_500] ?? 0));
  expect(names.size).toBe(12);
  const funnel = ["visit", "view_product", "add_to_cart", "begin_checkout", "purchase"];
  const steps = funnel.map((name) => names.get(name) ?? 0);
  for (let step = 1; step < steps.length; step++) {
    expect(steps[step]).toBeLessThan(0.8 * (steps[step - 1] ?? 0));
    expect(steps[step]).toBeGreaterThan(0);
  }
});
