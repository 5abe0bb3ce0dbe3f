import { readFileSync } from "node:fs";
import { rejectionCodes } from "@shale/model";
import { describe, expect, test } from "vitest";
import { faults, read } from "../test/reading.ts";
import { eventLimits } from "./checks/event-limits.ts";

const page = readFileSync(new URL("../../../docs/events.md", import.meta.url), "utf8");

describe("docs/events.md", () => {
  test("shows events that are taken", () => {
    const blocks = [...page.matchAll(/```ndjson\n([^`]*)```/g)].map((match) => match[1] ?? "");
    expect(blocks).toHaveLength(2);
    for (const block of blocks) expect(faults(read(block))).toEqual([]);
    expect(read(blocks.join("")).events[1]).toMatchObject({
      timeMs: Date.parse("2026-01-15T09:31:12.250Z"),
      insert_id: "order-7",
    });
  });

  test("has each code once, with an example that gets it", () => {
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \|.*\| (.*) \|$/gm)];
    expect(rows.map((row) => row[1])).toEqual(Object.keys(rejectionCodes));
    for (const [, code, example = ""] of rows) {
      const line = example.startsWith("`") ? example.slice(1, -1) : "x".repeat(8_000_000);
      expect(faults(read(`\n${line.startsWith("[") ? "7\n" : ""}${line}`)).at(-1)).toMatch(
        ` ${code}`,
      );
    }
  });

  test("states the limits that hold", () => {
    const numbers = [
      eventLimits.eventNameBytesMax,
      eventLimits.idBytesMax,
      eventLimits.eventBytesMax,
      eventLimits.nestingDepthMax,
    ];
    for (const number of numbers) expect(page).toContain(number.toLocaleString("en-US"));
  });
});
