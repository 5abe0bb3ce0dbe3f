import { openStore } from "@shale/engine";
import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";

test("each step is told once, in its order, whoever takes it, and goes on where it ended", async () => {
  const env = simulatedEnv({ seed: 1 });
  const store = await env.clock.holdDuring(openStore({ env }));
  const other = await env.clock.holdDuring(openStore({ env }));
  const project = await store.project("p", { shards: 2 });
  const { reshard } = await other.project("p");
  await reshard.begin({ shards: 3 });
  const told: string[] = [];
  let last = 0;
  const stop = new AbortController();
  const following = (async () => {
    for await (const { number, verb, to } of project.reshard.follow({ signal: stop.signal })) {
      told.push(`${number} ${verb} ${to}`);
      last = number;
      if (to === "validating") break; // As a process that dies after it dealt with this one.
    }
  })();
  await reshard.backfill();
  await reshard.validate();
  await following;
  await reshard.abort({ graceMs: 0 });
  const rest = (async () => {
    for await (const { number, verb, to } of project.reshard.follow({ after: last })) {
      told.push(`${number} ${verb} ${to}`);
      if (to === "steady") break;
    }
  })();
  await rest;
  expect(told).toEqual([
    "1 begin teeing",
    "2 backfill backfilling",
    "3 validate validating",
    "4 abort aborting",
    "5 abort steady",
  ]);
  const idle = project.reshard.follow({ after: 5, signal: stop.signal })[Symbol.asyncIterator]();
  const waiting = idle.next();
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  const wrong = project.reshard.follow({ pollMs: -1 })[Symbol.asyncIterator]().next();
  await expect(wrong).rejects.toMatchObject({ code: "OPTION_INVALID", path: "pollMs" });
  const open = project.reshard.follow({ after: 5 })[Symbol.asyncIterator]().next();
  await store.close();
  await expect(open).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await other.close();
  env.endSimulation();
});
