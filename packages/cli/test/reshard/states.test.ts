import { allows, commandsIn, type transitionTable } from "@shale/engine";
import { expect, test } from "vitest";
import type { Shop } from "./reshard.test-support.ts";
import { openShop } from "./reshard.test-support.ts";

type State = (typeof transitionTable)[number]["from"];
type Verb = (typeof transitionTable)[number]["verb"];

/** The commands that lead to each state; the last one of "aborting" is stopped half-way. */
const ways: Readonly<Record<State, readonly string[]>> = {
  steady: [],
  copying: ["begin --num-data-shards=3 --strategy=chunked"],
  teeing: ["begin --num-data-shards=3"],
  backfilling: ["begin --num-data-shards=3", "backfill"],
  validating: ["begin --num-data-shards=3", "backfill", "validate"],
  finalized: ["begin --num-data-shards=3", "backfill", "validate", "finalize"],
  aborting: ["begin --num-data-shards=3"],
};
const commands: Readonly<Record<Exclude<Verb, "cut">, string>> = {
  begin: "begin --num-data-shards=5",
  backfill: "backfill",
  validate: "validate",
  finalize: "finalize",
  rollback: "rollback",
  abort: "abort",
  collect: "collect",
};

async function shopIn(state: State): Promise<Shop> {
  const shop = await openShop();
  for (const way of ways[state]) {
    expect(await shop.reshard(way.split(" "))).toMatchObject({ exitCode: 0 });
  }
  if (state !== "aborting") return shop;
  shop.refuse("spec=B/manifest/");
  expect((await shop.reshard(["abort"])).exitCode).toBe(78);
  shop.refuse(undefined);
  return shop;
}
const stateOf = async (shop: Shop): Promise<unknown> =>
  JSON.parse((await shop.reshard(["status", "--json"])).stdout).state;

test.each(Object.keys(ways) as State[])(
  "in state %s the wrong commands exit with 75",
  async (state) => {
    const shop = await shopIn(state);
    expect(await stateOf(shop)).toBe(state);
    for (const [verb, line] of Object.entries(commands) as [Exclude<Verb, "cut">, string][]) {
      // Finalizing twice is finalizing once.
      if (allows(state, verb) || (state === "finalized" && verb === "finalize")) continue;
      const { exitCode, stdout, stderr } = await shop.reshard([...line.split(" "), "--json"]);
      expect([verb, exitCode, stderr]).toEqual([verb, 75, ""]);
      const { error } = JSON.parse(stdout);
      expect(error).toMatchObject({
        code: "RESHARD_STATE",
        kind: "conflict",
        details: { state, next: commandsIn(state) },
      });
      for (const next of commandsIn(state)) expect(error.hint).toContain(`shale reshard ${next}`);
      expect(await stateOf(shop)).toBe(state);
    }
    await shop.store.close();
  },
);

test.each(Object.keys(ways) as State[])(
  "in state %s the command named next may run",
  async (state) => {
    const shop = await shopIn(state);
    const { stdout } = await shop.reshard(["status"], { columns: 120 });
    const [, next, other] =
      /Next: shale reshard (\w+)[^;]*(?:; or shale reshard (\w+))?/.exec(stdout) ?? [];
    if (state === "steady") expect(next).toBe(undefined);
    else {
      const named = [next, other].filter((one) => one !== undefined);
      expect(commandsIn(state)).toEqual(expect.arrayContaining(named));
      // The window of the rollback is open for ten days yet; everything else runs at once.
      const result = await shop.reshard([String(next)]);
      expect(result.exitCode, result.stderr).toBe(state === "finalized" ? 75 : 0);
    }
    await shop.store.close();
  },
);

test("what may not run yet says until when", async () => {
  const shop = await shopIn("finalized");
  const { stdout, exitCode } = await shop.reshard(["collect", "--json"]);
  expect(exitCode).toBe(75);
  expect(JSON.parse(stdout).error).toMatchObject({
    code: "RESHARD_STATE",
    details: { rollbackUntil: "2026-11-25T12:00:00.000Z" },
  });
  await shop.store.close();
});

test("finalize without a valid token exits with 75, and says what to do", async () => {
  const shop = await shopIn("validating");
  const wrong = await shop.reshard(["finalize", "--token", "0".repeat(32), "--json"]);
  expect([wrong.exitCode, JSON.parse(wrong.stdout).error.code]).toEqual([
    75,
    "VALIDATION_REQUIRED",
  ]);
  expect((await shop.reshard(["finalize"])).exitCode).toBe(0);
  expect((await shop.reshard(["rollback"])).exitCode).toBe(0);
  const voided = await shop.reshard(["finalize"]);
  expect(voided).toMatchObject({
    exitCode: 75,
    stderr: expect.stringContaining("VALIDATION_REQUIRED"),
  });
  expect(voided.stderr).toContain("shale reshard validate");
  expect(await stateOf(shop)).toBe("validating");
  await shop.store.close();
});

test("a command for another spec or operation than the one under way exits with 75", async () => {
  const shop = await shopIn("validating");
  for (const argv of [
    ["backfill", "--new-sharding-spec=C"],
    ["validate", "--new-sharding-spec=A"],
    ["finalize", "--new-sharding-spec=C"],
    ["backfill", "--operation-id=other"],
    ["abort", "--operation-id=other"],
  ]) {
    const { exitCode, stdout } = await shop.reshard([...argv, "--json"]);
    expect([argv, exitCode, JSON.parse(stdout).error.code]).toEqual([argv, 75, "RESHARD_STATE"]);
  }
  expect(await stateOf(shop)).toBe("validating");
  expect((await shop.reshard(["finalize", "--new-sharding-spec=B"])).exitCode).toBe(0);
  await shop.store.close();
});

test("begin twice with one operation id is one operation", async () => {
  const shop = await openShop();
  const argv = ["begin", "--num-data-shards=3", "--operation-id=grow", "--json"];
  const first = await shop.reshard(argv);
  expect(await shop.reshard(argv)).toEqual(first);
  const other = await shop.reshard(["begin", "--num-data-shards=4", "--operation-id=grow"]);
  expect(other).toMatchObject({ exitCode: 75, stderr: expect.stringContaining("RESHARD_STATE") });
  await shop.store.close();
});
