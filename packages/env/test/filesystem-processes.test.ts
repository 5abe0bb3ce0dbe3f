import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, expect, test } from "vitest";
import { filesystemStore } from "../src/index.ts";
import { buildPackage, fixtureUrl } from "./built-package.ts";
import { temporaryRoots } from "./temporary-folder.ts";

const freshRoot = temporaryRoots();
const { SHALE_TEST_LONG } = process.env;
const longTest = { timeout: 900_000 };
const times = SHALE_TEST_LONG === "1" ? 10 : 1;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (object: { readonly bytes: Uint8Array } | undefined): string =>
  new TextDecoder().decode(object?.bytes);

const children = new Set<ChildProcess>();
beforeAll(buildPackage);
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

/** Starts a process of the given role and waits until it listens. */
async function start(root: string, role: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(fixtureUrl("store-process.js")), [root, role], { execArgv: [] });
  children.add(child);
  await once(child, "message");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function ask<Reply>(child: ChildProcess, message: unknown): Promise<Reply> {
  const reply = once(child, "message");
  child.send(message as object);
  return (await reply)[0];
}

test(
  "of 20 processes that create the same object one wins, and its bytes stand",
  longTest,
  async () => {
    const root = freshRoot();
    const store = filesystemStore(root);
    const racers = await Promise.all(Array.from({ length: 20 }, () => start(root, "create")));
    for (let round = 0; round < 6 * times; round++) {
      const key = `race/${round % 3}/${round}`;
      const replies = await Promise.all(
        racers.map((child) => ask<{ pid: number; written: boolean }>(child, key)),
      );
      const winners = replies.filter(({ written }) => written);
      expect(winners, `round ${round}`).toHaveLength(1);
      expect(textOf(await store.get(key))).toBe(`by ${winners[0]?.pid}`);
    }
  },
);

test(
  "of 8 processes that increment a counter by its version none loses a win",
  longTest,
  async () => {
    const root = freshRoot();
    const store = filesystemStore(root);
    const first = await store.put("counters/k", bytes("0"), { ifAbsent: true });
    const racers = await Promise.all(Array.from({ length: 8 }, () => start(root, "increment")));
    const replies = await Promise.all(
      racers.map((child) =>
        ask<{ steps: { from: string; to: string }[] }>(child, {
          key: "counters/k",
          tries: 15 * times,
        }),
      ),
    );
    const steps = replies.flatMap((reply) => reply.steps);
    expect(textOf(await store.get("counters/k"))).toBe(String(steps.length));
    // The wins are one line: each replaced what another one made, and no version came twice.
    const next = new Map(steps.map(({ from, to }) => [from, to]));
    expect(next.size).toBe(steps.length);
    let version = first.written ? first.version : "";
    for (let i = 0; i < steps.length; i++) version = next.get(version) ?? `no step from ${version}`;
    expect(version).toBe((await store.head("counters/k"))?.version);
    expect(readdirSync(`${root}/counters`)).toEqual(["k"]);
  },
);

interface Step {
  readonly key: string;
  readonly from?: string;
  readonly made?: string;
}

/** What a whole object's bytes follow from: see store-process.js. */
function isWhole(text: string): boolean {
  const tag = text.slice(0, text.indexOf(":"));
  return tag !== "" && text === `${tag}:`.repeat(1 + ((tag.length * 7919) % 5000));
}

test(
  "processes killed amid replacing and deleting leave whole objects and no lock",
  longTest,
  async () => {
    const root = freshRoot();
    const store = filesystemStore(root);
    const keys = ["d/a", "d/b", "e/c"];
    const steps: Step[] = [];
    async function startChurning(): Promise<ChildProcess> {
      const child = await start(root, "churn");
      child.on("message", (step: Step) => steps.push(step));
      child.send(keys);
      return child;
    }
    const racers = await Promise.all([1, 2, 3].map(startChurning));
    let readCount = 0;
    for (let kills = 0; kills < 12 * times; kills++) {
      const reportedCount = steps.length;
      // Killed after some progress of all and at any point of one's own call; by then this process
      // has read as well, however busy the machine is.
      const readBefore = readCount;
      while (steps.length < reportedCount + 8 || readCount < readBefore + 9) {
        for (const key of keys) {
          const object = await store.get(key);
          if (object === undefined) continue;
          readCount++;
          expect(isWhole(textOf(object)), `${key}: ${object.bytes.length} bytes`).toBe(true);
        }
      }
      const victim = racers[kills % racers.length]!;
      await kill(victim);
      racers[kills % racers.length] = await startChurning();
    }
    await Promise.all(racers.map(kill));

    expect(readCount).toBeGreaterThan(100);
    // Of one version only one replacement was acknowledged, and no version was made twice.
    const ends = steps.flatMap(({ key, from }) => (from ? [`${key} ${from}`] : []));
    expect(new Set(ends).size).toBe(ends.length);
    const made = steps.flatMap(({ key, made: version }) => (version ? [`${key} ${version}`] : []));
    expect(new Set(made).size).toBe(made.length);
    for (const key of keys) {
      expect(await store.put(key, bytes("end"), { always: true })).toMatchObject({ written: true });
      expect(await store.delete(key)).toEqual({ deleted: true });
    }
    const left = ["d", "e"].flatMap((name) => readdirSync(`${root}/${name}`));
    expect(left.filter((name) => /^\.lock~\w+$/.test(name) || !name.startsWith("."))).toEqual([]);
  },
);
