import { memoryStore } from "@shale/env";
import { chainVersion, InvariantError } from "@shale/model";
import type { SimulatedEnv } from "@shale/testing";
import { faultPoints, simulatedEnv } from "@shale/testing";
import { describe, expect, test } from "vitest";
import {
  blindEdit,
  envOver,
  LOG_PREFIX,
  markedEdit,
  openLog,
  pruneAll,
  versionsOf,
} from "../../test/log-chain.ts";
import { pausedStore, unanswered } from "../../test/paused-store.ts";

const isLong = process.env["SHALE_TEST_LONG"] === "1";
const keyOf = (version: number) => LOG_PREFIX + String(version).padStart(16, "0");

describe("commit()", () => {
  test("numbers versions from 1 and keeps the nonces of the last 64 commits", async () => {
    const log = openLog(envOver(memoryStore(), 1));
    expect(await log.loadNewest()).toBeUndefined();
    const all: string[] = [];
    for (let i = 1; i <= 70; i++) {
      const state = await log.commit(blindEdit(`e${i}`));
      all.push(state.nonces.at(-1) ?? "");
      expect(state.version).toBe(i);
      expect(state.nonces).toEqual(all.slice(-64));
    }
    expect(new Set(all).size).toBe(70);
    expect((await log.loadNewest())?.log.length).toBe(70);
  });

  test("writes nothing when the edit has nothing to do", async () => {
    const store = memoryStore();
    const log = openLog(envOver(store, 1));
    await log.commit(markedEdit("a"));
    expect((await log.commit(markedEdit("a"))).version).toBe(1);
    expect((await versionsOf(store)).length).toBe(1);
  });

  test("runs the invariants at every attempt, and commits nothing that breaks one", async () => {
    const store = memoryStore();
    const view = pausedStore(store);
    const log = openLog(envOver(view, 1));
    await log.commit(blindEdit("a"));
    const put = view.pauseBefore("put", keyOf(2));
    // Fine on version 1, wrong on what another process makes of it meanwhile.
    const commit = log.commit(() => ({
      version: chainVersion(1),
      nonces: [],
      log: ["a", "mine"],
    }));
    await put.reached;
    await openLog(envOver(store, 2)).commit(blindEdit("other"));
    put.resume();
    await expect(commit).rejects.toThrow(InvariantError);
    await expect(commit).rejects.toThrow("L2_logAppends of p1/log/: not one entry more");
    expect((await versionsOf(store)).at(-1)?.log).toEqual(["a", "other"]);
  });

  test("passes on what the edit throws", async () => {
    const log = openLog(envOver(memoryStore(), 1));
    const refusal = new Error("the precondition no longer holds");
    const commit = log.commit(() => {
      throw refusal;
    });
    await expect(commit).rejects.toBe(refusal);
  });

  test("gives up with CATALOG_CONFLICT after losing too many races, leaving nothing", async () => {
    const store = memoryStore();
    const other = openLog(envOver(store, 2));
    await other.commit(blindEdit("first"));
    let count = 0;
    const commit = openLog({
      ...envOver(store, 1),
      store: {
        ...store,
        async put(key, bytes, condition) {
          await other.commit(blindEdit(`other${++count}`));
          return await store.put(key, bytes, condition);
        },
      },
    }).commit(blindEdit("mine"));
    await expect(commit).rejects.toMatchObject({ code: "CATALOG_CONFLICT" });
    expect((await other.loadNewest())?.log).not.toContain("mine");
  });

  test("says STORE_UNAVAILABLE, and not conflict, while a write of it may still land", async () => {
    const store = memoryStore();
    const sent: (() => Promise<unknown>)[] = [];
    const env = envOver(
      {
        ...store,
        async put(key, bytes, condition) {
          sent.push(() => store.put(key, bytes, condition));
          throw unanswered("put", key);
        },
      },
      1,
    );
    const commit = openLog(env).commit(blindEdit("mine"));
    await expect(commit).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(sent.length).toBeGreaterThan(1);
    for (const land of sent) await land();
    expect((await versionsOf(store)).map(({ log }) => log)).toEqual([["mine"]]);
  });
});

describe("many commits at once", () => {
  for (const seed of isLong ? Array.from({ length: 40 }, (_, i) => i + 1) : [1, 2]) {
    test(`each of 40 edits is there once, whatever replies are lost (seed ${seed})`, async () => {
      const env = simulatedEnv({ seed });
      env.faults.setPlan({ rates: { before: 0.02, after: 0.08, late: 0.06, delay: 0.1 } });
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, i) => commitOnce(env.startProcess(), `e${i}`)),
      );
      env.faults.setPlan({});
      const versions = await versionsOf(env.store);
      expect(versions.map(({ version }) => version)).toEqual(versions.map((_, i) => i + 1));
      const newest = versions.at(-1);
      expect(newest?.log.length).toBe(versions.length);
      expect(new Set(newest?.log).size).toBe(versions.length);
      for (const [i, { log, nonces }] of versions.entries()) {
        expect(log).toEqual(newest?.log.slice(0, i + 1));
        expect(nonces).toEqual(newest?.nonces.slice(0, i + 1));
      }
      expect(newest?.log).toEqual(expect.arrayContaining(outcomes.filter((name) => name !== "")));
      expect(outcomes.filter((name) => name === "").length).toBeLessThan(5);
    });
  }
});

/** The name when the commit was reported, "" when its fate is not known. */
async function commitOnce(env: SimulatedEnv, name: string): Promise<string> {
  try {
    expect((await openLog(env).commit(blindEdit(name))).log).toContain(name);
    return name;
  } catch (error) {
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    return "";
  }
}

describe("every operation of a commit", () => {
  test("may fail before or after its effect, land late or end the process: one effect", async () => {
    for (const before of [0, 1, 15]) {
      await faultPoints<undefined>({
        name: `commit on ${before} versions`,
        async prepare(env) {
          for (let i = 0; i < before; i++) await openLog(env).commit(blindEdit(`e${i}`));
          return undefined;
        },
        async act(env) {
          await openLog(env).commit(blindEdit("x"));
        },
        async check(env, _state, { crashed, error }) {
          // Whoever got no answer repeats the edit, which knows its mark.
          if (crashed || error !== undefined) await openLog(env).commit(markedEdit("x"));
          const newest = await openLog(env).loadNewest();
          expect(newest?.log.filter((name) => name === "x")).toEqual(["x"]);
          expect(newest?.version).toBe(before + 1);
        },
      });
    }
  });
});

// Schedule 11: a sleeper wakes when its number was used, built upon and pruned.
describe("a sleeper that wakes late", () => {
  test("undoes the version it creates below the chain, and commits at the head", async () => {
    const store = memoryStore();
    const others = openLog(envOver(store, 2));
    await others.commit(blindEdit("a"));
    const view = pausedStore(store);
    const put = view.pauseBefore("put", keyOf(2));
    const sleeping = openLog(envOver(view, 1)).commit(blindEdit("mine"));
    await put.reached;
    await others.commit(blindEdit("b"));
    await others.commit(blindEdit("c"));
    await pruneAll(store);
    put.resume();
    expect((await sleeping).log).toEqual(["a", "b", "c", "mine"]);
    expect((await versionsOf(store)).map(({ version }) => version)).toEqual([3, 4]);
  });

  test("does not take another content under its predecessor's number for its predecessor", async () => {
    const store = memoryStore();
    const others = openLog(envOver(store, 2));
    await others.commit(blindEdit("a"));
    const view = pausedStore(store);
    const put = view.pauseBefore("put", keyOf(2));
    const sleeping = openLog(envOver(view, 1)).commit(blindEdit("mine"));
    await put.reached;
    await others.commit(blindEdit("b"));
    await others.commit(blindEdit("c"));
    await pruneAll(store);
    // Another sleeper has just created version 1 again, and not yet undone it.
    await store.put(keyOf(1), new TextEncoder().encode("{}"), { ifAbsent: true });
    put.resume();
    expect((await sleeping).log).toEqual(["a", "b", "c", "mine"]);
  });

  test("does not undo what was built upon, though its predecessor is gone", async () => {
    const store = memoryStore();
    const others = openLog(envOver(store, 2));
    await others.commit(blindEdit("a"));
    const view = pausedStore(store);
    const check = view.pauseBefore("head", keyOf(1));
    const sleeping = openLog(envOver(view, 1)).commit(blindEdit("mine"));
    await check.reached;
    await pruneAll(store); // Its own version is the newest: without it the chain would be empty.
    check.resume();
    expect((await sleeping).log).toEqual(["a", "mine"]);
    expect((await versionsOf(store)).map(({ version }) => version)).toEqual([2]);
  });

  test("knows its edit by its mark under more than 64 commits, and by its nonce under fewer", async () => {
    for (const [count, edit] of [
      [60, blindEdit("mine")],
      [70, markedEdit("mine")],
    ] as const) {
      const store = memoryStore();
      const others = openLog(envOver(store, 2));
      await others.commit(blindEdit("a"));
      const view = pausedStore(store);
      const put = view.pauseAfter("put", keyOf(2));
      const sleeping = openLog(envOver(view, 1)).commit(edit);
      await put.reached;
      for (let i = 0; i < count; i++) await others.commit(blindEdit(`e${i}`));
      await pruneAll(store);
      put.resume("after"); // The reply is lost, too.
      const { log } = await sleeping;
      expect(log.filter((name) => name === "mine")).toEqual(["mine"]);
      expect((await others.loadNewest())?.log.length).toBe(count + 2);
    }
  });

  test("counts a version under more than 64 commits when its predecessor still stands", async () => {
    const store = memoryStore();
    const others = openLog(envOver(store, 2));
    await others.commit(blindEdit("a"));
    const view = pausedStore(store);
    const put = view.pauseAfter("put", keyOf(2));
    const sleeping = openLog(envOver(view, 1)).commit(blindEdit("mine"));
    await put.reached;
    for (let i = 0; i < 70; i++) await others.commit(blindEdit(`e${i}`));
    put.resume("after");
    expect((await sleeping).log.filter((name) => name === "mine")).toEqual(["mine"]);
    // No hole: a number that is free while the one below it stands was never used.
    expect((await versionsOf(store)).length).toBe(72);
  });

  test("of version 1 reads the head, which has no predecessor to ask for", async () => {
    const store = memoryStore();
    const view = pausedStore(store);
    const put = view.pauseBefore("put", keyOf(1));
    const sleeping = openLog(envOver(view, 1)).commit(blindEdit("mine"));
    await put.reached;
    const others = openLog(envOver(store, 2));
    await others.commit(blindEdit("a"));
    await others.commit(blindEdit("b"));
    await pruneAll(store);
    put.resume();
    expect((await sleeping).log).toEqual(["a", "b", "mine"]);
    expect((await versionsOf(store)).map(({ version }) => version)).toEqual([2, 3]);
  });
});

// Found by playing all interleavings: the first write of a commit gets no answer and lands when its
// number was used by another commit, built upon and pruned.
describe("a write that lands late on a pruned number", () => {
  async function lateWrite(seen: "listed before it landed" | "alone in the listing") {
    const store = memoryStore();
    const others = openLog(envOver(store, 2));
    await others.commit(blindEdit("a"));
    const view = pausedStore(store);
    let land = async (): Promise<unknown> => undefined;
    let shownAlone = false;
    const env = envOver(
      {
        ...view,
        async put(key, bytes, condition) {
          const isFirst = view.calls.every((call) => !call.startsWith("put"));
          if (isFirst) land = () => store.put(key, bytes, condition);
          const outcome = await view.put(key, bytes, condition);
          return outcome;
        },
        async list(prefix, options) {
          const page = await view.list(prefix, options);
          const entries = page.entries.filter(({ key }) => key === keyOf(2));
          const isShownAlone = shownAlone && entries.length > 0;
          if (isShownAlone) shownAlone = false;
          return isShownAlone ? { ...page, entries } : page;
        },
      },
      1,
    );
    const first = view.pauseBefore("put", keyOf(2));
    const committing = openLog(env).commit(blindEdit("mine"));
    await first.reached;
    const second = view.pauseBefore("put", keyOf(2));
    first.resume("before");
    await second.reached;
    await others.commit(blindEdit("b"));
    const looking =
      seen === "alone in the listing"
        ? view.pauseBefore("list", LOG_PREFIX)
        : view.pauseBefore("get", keyOf(2));
    second.resume();
    await looking.reached;
    await others.commit(blindEdit("c"));
    await pruneAll(store);
    await land();
    shownAlone = seen === "alone in the listing";
    looking.resume();
    const { log } = await committing;
    expect(log).toEqual(["a", "b", "c", "mine"]);
    expect((await others.loadNewest())?.log).toEqual(log);
  }

  test("is not taken for the version that was listed under its number", async () => {
    await lateWrite("listed before it landed");
  });

  test("is not taken for the newest version because a listing shows nothing above it", async () => {
    await lateWrite("alone in the listing");
  });
});
