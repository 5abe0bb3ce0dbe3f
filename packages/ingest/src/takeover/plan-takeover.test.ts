import { writerOrdinal } from "@shale/model";
import { describe, expect, test } from "vitest";
import { planTakeover } from "./plan-takeover.ts";
import type { LogFacts } from "./read-log-facts.ts";

const policy = { heartbeatStaleMs: 60_000, force: [writerOrdinal(9)] };
const nowMs = 1_000_000;

function planOf(facts: Partial<LogFacts>) {
  const usual: LogFacts = {
    writer: writerOrdinal(1),
    folder: "p/wal/0000000000000001",
    standing: "registered",
    process: undefined,
    owner: "alive",
    isHere: true,
    isFenced: false,
    heardMs: nowMs,
  };
  return planTakeover({ ...usual, ...facts }, nowMs, policy);
}

describe("planTakeover()", () => {
  test("takes the logs of dead and of silent writers, and those it is told to", () => {
    expect(planOf({})).toBe("leave");
    expect(planOf({ owner: "unknown" })).toBe("leave");
    expect(planOf({ owner: "dead" })).toBe("take");
    expect(planOf({ heardMs: nowMs - 60_000 })).toBe("take");
    expect(planOf({ writer: writerOrdinal(9) })).toBe("take");
  });

  test("touches neither forgotten logs nor logs of unknown writers, and removes retired ones", () => {
    expect(planOf({ owner: "dead", standing: "forgotten" })).toBe("leave");
    expect(planOf({ owner: "dead", standing: "unknown" })).toBe("refuse");
    expect(planOf({ owner: "dead", standing: "retired" })).toBe("remove");
    expect(planOf({ owner: "alive", standing: "retired" })).toBe("leave");
  });
});
