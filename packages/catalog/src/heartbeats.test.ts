import type { LogFields } from "@shale/env";
import { memoryStore, silentLogger } from "@shale/env";
import type { Heartbeat } from "@shale/format";
import { chainVersion, projectId, writerOrdinal } from "@shale/model";
import { expect, test } from "vitest";
import { envOver } from "../test/log-chain.ts";
import { readHeartbeats, writeHeartbeat } from "./heartbeats.ts";
import { heartbeatKey } from "./object-keys.ts";

const shop = projectId("shop");

function heartbeatOf(ordinal: number, lastSeq: number): Heartbeat {
  return {
    ordinal: writerOrdinal(ordinal),
    catalogVersion: chainVersion(1),
    lastSeq,
    oldestUnflushedSeq: null,
    process: { host: "h", pid: 1, started: "" },
    atMs: 5,
  };
}

test("writeHeartbeat() replaces the writer's own, readHeartbeats() finds all by ordinal", async () => {
  const env = envOver(memoryStore(), 1);
  expect(await readHeartbeats(env, shop)).toEqual([]);
  for (const [ordinal, seq] of [
    [12, 1],
    [2, 2],
    [12, 3],
  ] as const) {
    await writeHeartbeat(env, shop, heartbeatOf(ordinal, seq));
  }
  expect(await readHeartbeats(env, shop)).toEqual([heartbeatOf(2, 2), heartbeatOf(12, 3)]);
});

test("readHeartbeats() leaves out what it cannot read, with a warning", async () => {
  const warnings: (LogFields | undefined)[] = [];
  const logger = {
    ...silentLogger,
    warn: (_message: string, fields?: LogFields) => void warnings.push(fields),
  };
  const env = { ...envOver(memoryStore(), 1), logger };
  await writeHeartbeat(env, shop, heartbeatOf(1, 1));
  const torn = heartbeatKey(shop, writerOrdinal(2));
  await env.store.put(torn, new Uint8Array([1, 2]), { always: true });
  const foreign = await env.store.get(heartbeatKey(shop, writerOrdinal(1)));
  await env.store.put(heartbeatKey(shop, writerOrdinal(3)), foreign!.bytes, { always: true });
  expect((await readHeartbeats(env, shop)).map(({ ordinal }) => ordinal)).toEqual([1]);
  expect(warnings).toMatchObject([{ key: torn, code: "OBJECT_CORRUPT" }, { writer: 1 }]);
});
