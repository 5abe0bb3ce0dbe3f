import { simulatedEnv } from "@shale/testing";
import { expect, test } from "vitest";
import { openStore } from "../open-store.ts";

test("rows of a process that died become visible while another one only appends", async () => {
  const first = simulatedEnv({ seed: 7 });
  const second = first.startProcess();
  const dying = await openStore({ env: first, flushIntervalMs: 3_600_000 });
  const living = await openStore({ env: second });
  const event = { event: "view", time: "2025-12-31T10:00:00Z" };
  try {
    const there = await (await dying.project("shop")).append([{ ...event, user_id: "a" }]);
    expect(there.durability).toBe("wal");
    const project = await living.project("shop");
    await project.append([{ ...event, user_id: "b" }]);
    first.kill();
    const usersOf = async (): Promise<string[]> => {
      const users: string[] = [];
      for await (const { user_id } of project.events()) users.push(user_id);
      return users;
    };
    expect(await usersOf()).toEqual(["b"]);
    await second.clock.sleep(11_000);
    expect(await usersOf()).toEqual(["a", "b"]);
  } finally {
    first.endSimulation();
  }
});
