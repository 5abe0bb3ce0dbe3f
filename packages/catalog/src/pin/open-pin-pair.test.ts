import type { Env } from "@shale/env";
import { memoryStore } from "@shale/env";
import type { CatalogCut, CatalogDocument } from "@shale/format";
import { specNameOf, writerOrdinal } from "@shale/model";
import { describe, expect, test } from "vitest";
import { envOver } from "../../test/log-chain.ts";
import { putTail, shop } from "../../test/tail.ts";
import { retireInCatalog } from "../collect/retired-writers.ts";
import { addTombstones, retireTombstones } from "../delete/tombstones.ts";
import { beginClaim } from "../manifest/begin-claim.ts";
import { commitClaim } from "../manifest/commit-claim.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { loadCatalog, openCatalog } from "../open-catalog.ts";
import { createProject } from "../projects.ts";
import { registerWriter } from "../writers.ts";
import { openPin } from "./open-pin.ts";
import { openPinPair, pairOf } from "./open-pin-pair.ts";
import type { Pin } from "./pin.ts";

const [A, B] = [specNameOf(0), specNameOf(1)];
const grow = {
  id: "grow",
  source: A,
  spec: B,
  strategy: "tee",
  state: "teeing",
  paused: false,
  startedMs: 1,
  horizonDay: null,
  rollbackMs: 0,
  finalizedMs: null,
  token: null,
  sourceMissed: false,
  throttle: { bytesPerSecond: null, concurrency: 1, window: null },
  lastError: null,
} as const;
const cut: CatalogCut = {
  generation: 1,
  operation: "grow",
  spec: B,
  positions: { "1": { n: 2, lastSeq: 20 } },
  infinite: [],
};

async function edit(env: Env, change: (catalog: CatalogDocument) => Partial<CatalogDocument>) {
  let isDone = false;
  await openCatalog(env, shop).commit((newest) => {
    if (isDone || newest === undefined) return undefined;
    isDone = true;
    return { ...newest, ...change(newest) };
  });
}

const begun: CatalogDocument["transitions"][number] = {
  ...{ number: 1, operation: "grow", verb: "begin", from: "steady", to: "teeing" },
  ...{ atMs: 1, by: "test", facts: {} },
};

/** A writer with three objects; spec B is fed, its cut is still pending. */
async function openPending() {
  const store = memoryStore();
  const env = envOver(store, 1);
  await createProject(env, { project: shop, shards: 3 });
  await registerWriter(env, shop);
  for (let n = 1; n <= 3; n++) await putTail(store, { writer: 1, n }, [n * 10]);
  await edit(env, ({ specs, fed }) => ({
    specs: [...specs, { ...specs[0]!, spec: B, shards: 5 }],
    fed: [...fed, B],
    cutPending: { operation: "grow" },
    operation: grow,
    transitions: [begun],
  }));
  return { store, env };
}

async function openTwoSpecs() {
  const opened = await openPending();
  await edit(opened.env, ({ cuts }) => ({ cuts: [...cuts, cut], cutPending: null }));
  return opened;
}

async function drainTo(env: Env, spec: typeof A, n: number): Promise<void> {
  const place = { project: shop, spec, group: 0 };
  const chain = openManifest(env, place);
  const first = { positions: spec === A ? {} : cut.positions, infinite: [] };
  const { claim } = await beginClaim(env, chain, { ...place, kind: "drain", inputs: [], first });
  const watermarks = { positions: { "1": { n, lastSeq: n * 10 } }, infinite: [] };
  await commitClaim(env, chain, claim.id, {
    ...{ added: [], removed: [], watermarks },
    balance: { in: [] },
  });
}

function tailOf(pin: Pin | undefined): string[] | undefined {
  return pin?.tail.map(({ writer, n }) => `${writer}/${n}`);
}

const newest = async (env: Env) => (await loadCatalog(env, shop))!;

describe("a spec whose cut is pending", () => {
  test("is refused, and read once the cut is taken", async () => {
    const { env } = await openPending();
    const refused = expect.objectContaining({ code: "OPTION_INVALID", path: "spec" });
    await expect(openPin(env, shop, { spec: B })).rejects.toEqual(refused);
    expect(tailOf(await openPin(env, shop))).toEqual(["1/1", "1/2", "1/3"]);
    await edit(env, ({ cuts }) => ({ cuts: [...cuts, cut], cutPending: null }));
    expect(tailOf(await openPin(env, shop, { spec: B }))).toEqual(["1/3"]);
  });
});

describe("a pair of pins (S4)", () => {
  test("stands at the later hi of both, each from its own watermarks", async () => {
    const { store, env } = await openTwoSpecs();
    const early = await openPin(env, shop, { spec: A });
    await putTail(store, { writer: 1, n: 4 }, [40]);
    await drainTo(env, B, 4);
    await putTail(store, { writer: 1, n: 5 }, [50]);
    const late = await openPin(env, shop, { spec: B });
    for (const [one, other] of [
      [early, late],
      [late, early],
    ] as const) {
      const pair = pairOf(one, other, await newest(env));
      expect([...(pair?.hi ?? [])]).toEqual([[1, { n: 5, lastSeq: 50 }]]);
      const [ofA, ofB] = one === early ? [pair?.first, pair?.second] : [pair?.second, pair?.first];
      expect(tailOf(ofA)).toEqual(["1/1", "1/2", "1/3", "1/4", "1/5"]);
      expect(tailOf(ofB)).toEqual(["1/5"]);
    }
    const fresh = await openPinPair(env, shop, { first: A, second: B });
    expect(tailOf(fresh.first)).toEqual(["1/1", "1/2", "1/3", "1/4", "1/5"]);
    expect(tailOf(fresh.second)).toEqual(["1/5"]);
  });

  test("reads a writer that registered between the pins from its first object", async () => {
    const { store, env } = await openTwoSpecs();
    const early = await openPin(env, shop, { spec: A });
    await registerWriter(env, shop);
    await putTail(store, { writer: 2, n: 1 }, [60]);
    const pair = pairOf(early, await openPin(env, shop, { spec: B }), await newest(env));
    expect(tailOf(pair?.first)).toEqual(["1/1", "1/2", "1/3", "2/1"]);
    expect(tailOf(pair?.second)).toEqual(["1/3", "2/1"]);
  });

  test("is taken again where a writer retired in between, whose end the first does not know", async () => {
    const { env } = await openTwoSpecs();
    const early = await openPin(env, shop, { spec: A });
    for (const spec of [A, B]) await drainTo(env, spec, 4);
    const retirement = { specs: [A, B], by: "test" };
    const { retired } = await retireInCatalog(env, shop, [writerOrdinal(1)], retirement);
    expect(retired).toEqual([1]);
    const late = await openPin(env, shop, { spec: B });
    expect(pairOf(early, late, await newest(env))).toBe(undefined);
    expect((await openPinPair(env, shop, { first: A, second: B })).hi.size).toBe(0);
  });

  test("is taken again where a tombstone retired since the first; hides by the newest catalog", async () => {
    const { env } = await openTwoSpecs();
    const early = await openPin(env, shop, { spec: A });
    const wish = { userHash: "0".repeat(32), seq: 30 };
    await addTombstones(env, shop, [wish], { by: "test" });
    const late = await openPin(env, shop, { spec: B });
    const pair = pairOf(early, late, await newest(env));
    expect(pair?.first.catalog.tombstones).toHaveLength(1);
    expect(pair?.second.catalog).toBe(pair?.catalog);
    await retireTombstones(env, shop, [1], { by: "test" });
    expect(pairOf(early, late, await newest(env))).toBe(undefined);
  });

  test("of a spec that was given up meanwhile is refused", async () => {
    const { env } = await openTwoSpecs();
    const pins = [await openPin(env, shop), await openPin(env, shop, { spec: B })] as const;
    const abort = { ...begun, number: 2, verb: "abort", from: "teeing", to: "aborting" } as const;
    await edit(env, ({ transitions }) => ({
      ...{ fed: [A], operation: { ...grow, state: "aborting" } },
      transitions: [...transitions, abort],
    }));
    const catalog = await newest(env);
    expect(() => pairOf(pins[0], pins[1], catalog)).toThrow("Cannot read spec B");
  });
});
