import { emptyTextTable } from "@shale/columns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBell } from "../bell.ts";
import type { QueuedAppend } from "./append-queue.ts";
import { createAppendQueue } from "./append-queue.ts";

const batch = {
  rowCount: 1,
  users: { ids: emptyTextTable, hashHigh: new Uint32Array(0), hashLow: new Uint32Array(0) },
  userCodes: new Uint32Array(1),
  events: emptyTextTable,
  eventCodes: new Uint32Array(1),
  timesMs: new Float64Array(1),
  insertIdCodes: new Uint32Array(1),
  insertIds: emptyTextTable,
  properties: [],
};
function queueOf(limits: { memoryBytesMax?: number; groupBytesMax?: number } = {}) {
  return createAppendQueue(createBell(), { memoryBytesMax: 100, groupBytesMax: 50, ...limits });
}
function appendOf(bytes: number, signal?: AbortSignal) {
  const log: unknown[] = [];
  const append: QueuedAppend = {
    batch,
    bytes,
    durability: "wal",
    signal,
    resolve: (range) => log.push(range),
    reject: (error) => log.push(error),
  };
  return { append, log };
}

describe("createAppendQueue()", () => {
  test("takes appends in the order of their calls, as many as share a group", () => {
    const queue = queueOf();
    const appends = [20, 20, 20, 20].map((bytes) => appendOf(bytes).append);
    for (const append of appends) queue.push(append);
    expect(queue.take()).toEqual(appends.slice(0, 2));
    expect(queue.take()).toEqual(appends.slice(2));
    expect(queue.take()).toEqual([]);
    expect(queue.takenBytes).toBe(80);
  });

  test("gives nothing while memory is full, and goes on when bytes are given back", () => {
    const queue = queueOf();
    for (const bytes of [40, 40, 40]) queue.push(appendOf(bytes).append);
    queue.take();
    queue.take();
    expect(queue.isBlocked).toBe(true);
    expect(queue.take()).toEqual([]);
    queue.giveBack(40);
    expect(queue.isBlocked).toBe(false);
    expect(queue.take()).toHaveLength(1);
  });

  test("an append larger than the memory goes alone, when nothing else is unflushed", () => {
    const queue = queueOf();
    queue.push(appendOf(10).append);
    queue.push(appendOf(1000).append);
    expect(queue.take()).toHaveLength(1);
    expect(queue.take()).toEqual([]);
    queue.giveBack(10);
    expect(queue.take()).toHaveLength(1);
    expect(queue.takenBytes).toBe(1000);
  });

  test("a signal cancels what waits and has no effect on what was taken", () => {
    const queue = queueOf();
    const [early, late] = [new AbortController(), new AbortController()];
    const first = appendOf(30, late.signal);
    const second = appendOf(30, early.signal);
    queue.push(first.append);
    queue.push(second.append);
    early.abort(new Error("enough"));
    expect(second.log).toMatchObject([{ code: "CANCELLED", cause: { message: "enough" } }]);
    expect(queue.take()).toEqual([first.append]);
    late.abort();
    expect(first.log).toEqual([]);
    const third = appendOf(1, AbortSignal.abort());
    queue.push(third.append);
    expect(third.log).toMatchObject([{ code: "CANCELLED" }]);
    expect(queue.length).toBe(0);
  });

  test("a barrier resolves when what was queued before it was taken, and groups end at it", () => {
    const queue = queueOf();
    const log: string[] = [];
    const [before, after] = [appendOf(1).append, appendOf(1).append];
    queue.push(before);
    queue.pushBarrier({ batch: undefined, resolve: () => log.push("through"), reject: () => {} });
    queue.push(after);
    expect(queue.take()).toEqual([before]);
    expect(log).toEqual([]);
    expect(queue.take()).toEqual([after]);
    expect(log).toEqual(["through"]);
  });

  test("what is put back is taken first, and its bytes count once", () => {
    const queue = queueOf();
    const [first, second] = [appendOf(30).append, appendOf(30).append];
    queue.push(first);
    queue.take();
    queue.push(second);
    queue.putBack([first]);
    expect(queue.takenBytes).toBe(0);
    expect(queue.take()).toEqual([first]);
    expect(queue.take()).toEqual([second]);
  });

  test("rejectBlocked() refuses only when memory is the reason for waiting", () => {
    const queue = queueOf();
    const waiting = appendOf(90);
    queue.push(waiting.append);
    queue.rejectBlocked("no");
    expect(waiting.log).toEqual([]);
    queue.take();
    const blocked = appendOf(90);
    queue.push(blocked.append);
    queue.rejectBlocked("no");
    expect(blocked.log).toEqual(["no"]);
  });

  test("unflushed bytes never exceed the memory, but for one append alone, and none starves", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 60 }), (sizes) => {
        const queue = queueOf();
        const appends = sizes.map((bytes) => appendOf(bytes).append);
        for (const append of appends) queue.push(append);
        const taken: QueuedAppend[] = [];
        const unflushed: QueuedAppend[] = [];
        while (taken.length < appends.length) {
          const group = queue.take();
          taken.push(...group);
          unflushed.push(...group);
          expect(queue.takenBytes <= 100 || unflushed.length === 1).toBe(true);
          if (group.length > 0) continue;
          const flushed = unflushed.shift();
          expect(flushed).toBeDefined();
          queue.giveBack(flushed?.bytes ?? 0);
        }
        expect(taken).toEqual(appends);
      }),
    );
  });
});
