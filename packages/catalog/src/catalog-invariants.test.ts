import { memoryStore } from "@shale/env";
import type {
  CatalogDocument,
  CatalogOperation,
  CatalogTransition,
  CatalogWriter,
} from "@shale/format";
import { encodeCatalog } from "@shale/format";
import {
  chainVersion,
  dayOf,
  InvariantError,
  projectId,
  specNameOf,
  writerOrdinal,
} from "@shale/model";
import { expect, test } from "vitest";
import { envOver } from "../test/log-chain.ts";
import { catalogInvariants } from "./catalog-invariants.ts";
import { catalogRules } from "./catalog-rules.ts";
import { catalogKey } from "./object-keys.ts";
import { loadCatalog, openCatalog } from "./open-catalog.ts";
import { createProject } from "./projects.ts";

const shop = projectId("shop");
const [A, B, C] = [specNameOf(0), specNameOf(1), specNameOf(2)];
const nonceOf = (n: number) => String(n).padStart(32, "0");
const tombstone = { number: 1, userHash: nonceOf(7), seq: 5, atMs: 1 };
const load = { id: "l1", ordinal: writerOrdinal(4), shards: 8, adoptedMs: 1 };
const audit = { atMs: 1, what: "something", by: "ann" };
const transition: CatalogTransition = {
  ...{ number: 1, operation: "grow", verb: "begin", from: "steady", to: "teeing" },
  ...{ atMs: 1, by: "ann", facts: { spec: "B" } },
};
const operation: CatalogOperation = {
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
};

function writer(ordinal: number): CatalogWriter {
  return {
    ordinal: writerOrdinal(ordinal),
    nonce: nonceOf(ordinal),
    process: { host: "h", pid: 1, started: "" },
    registeredMs: 1,
    forgotten: null,
  };
}

/** A project with a bit of everything: two specs in a reshard, a cut pending, writers, a load. */
function fullCatalog(first: CatalogDocument): CatalogDocument {
  const [spec] = first.specs;
  return {
    ...first,
    specs: [spec!, { ...spec!, spec: B, shards: 32 }, { ...spec!, spec: C, closedMs: 9 }],
    fed: [A, B],
    behind: [{ spec: B, sinceMs: 1, catchUp: null }],
    operation,
    transitions: [transition],
    cutPending: { operation: "grow" },
    writers: [writer(2), { ...writer(3), forgotten: { lastSeq: 0, atMs: 1 } }],
    nextOrdinal: 5,
    retired: [{ from: writerOrdinal(1), to: writerOrdinal(1) }],
    tombstones: [tombstone],
    nextTombstone: 2,
    loads: [load],
    retention: { keepMs: null, firstDay: dayOf(100 * 86_400_000) },
    audit: [audit],
  };
}

type Fields = Partial<CatalogDocument>;
type Violation = (now: CatalogDocument) => Fields;

const positions = { "2": { n: 4, lastSeq: 40 }, "3": { n: 0, lastSeq: 0 } };
const infinite = [
  { from: writerOrdinal(1), to: writerOrdinal(1) },
  { from: load.ordinal, to: load.ordinal },
];
const cut = { generation: 1, operation: "grow", spec: B, positions, infinite };

/** One edit, or more, for each invariant; each breaks it. */
const violations: Readonly<Record<string, readonly Violation[]>> = {
  CAT1_nonceRingIsWhole: [
    ({ nonces }) => ({ nonces: nonces.slice(1) }),
    ({ nonces }) => ({ nonces: nonces.map(() => nonceOf(1)) }),
  ],
  CAT2_ordinalsAreOnce: [
    ({ writers }) => ({ writers: [...writers, { ...writer(2), nonce: nonceOf(8) }] }),
    ({ writers }) => ({ writers: [...writers, writer(5)] }),
    ({ writers }) => ({ writers: [...writers, writer(4)] }),
    () => ({ retired: [{ from: writerOrdinal(1), to: writerOrdinal(2) }] }),
    ({ retired }) => ({ retired: [...retired, ...retired] }),
  ],
  CAT3_lettersAreInOrder: [
    ({ specs }) => ({ specs: [...specs, { ...specs[0]!, spec: specNameOf(4) }] }),
    () => ({ specs: [] }),
  ],
  CAT4_liveSpecIsFed: [
    () => ({ live: C }),
    () => ({ fed: [B] }),
    () => ({ fed: [A, C] }),
    () => ({ fed: [A, A] }),
    () => ({ fed: [A, specNameOf(9)] }),
  ],
  CAT5_behindSpecIsNotLive: [
    () => ({ behind: [{ spec: A, sinceMs: 1, catchUp: null }] }),
    () => ({ behind: [{ spec: C, sinceMs: 1, catchUp: null }] }),
    ({ behind }) => ({ behind: [...behind, ...behind] }),
  ],
  CAT6_cutsAreWhole: [
    () => ({ cutPending: null, cuts: [{ ...cut, generation: 2 }] }),
    () => ({ cutPending: null, cuts: [{ ...cut, spec: specNameOf(9) }] }),
    () => ({ cuts: [{ ...cut, positions: { ...positions, "1": { n: 1, lastSeq: 1 } } }] }),
    () => ({ cuts: [{ ...cut, positions: { ...positions, "5": { n: 1, lastSeq: 1 } } }] }),
    () => ({ cuts: [{ ...cut, positions: { ...positions, "3": { n: 0, lastSeq: 1 } } }] }),
    () => ({ cuts: [{ ...cut, infinite: [...infinite, ...infinite] }] }),
  ],
  CAT7_operationIsListed: [
    () => ({ operation: null }),
    () => ({ cutPending: { operation: "other" } }),
    () => ({ operation: { ...operation, spec: specNameOf(9) } }),
    () => ({ operation: { ...operation, spec: A } }),
  ],
  CAT8_tombstonesRise: [
    ({ tombstones }) => ({ tombstones: [...tombstones, tombstone] }),
    ({ tombstones }) => ({ tombstones: [...tombstones, { ...tombstone, number: 2 }] }),
  ],
  CAT9_loadsAreOnce: [
    ({ loads }) => ({ nextOrdinal: 6, loads: [...loads, { ...load, ordinal: writerOrdinal(5) }] }),
  ],
  CAT10_registrationsAreOnce: [
    ({ writers }) => ({
      nextOrdinal: 6,
      writers: [...writers, { ...writer(5), nonce: nonceOf(2) }],
    }),
  ],
  CAT11_versionFollows: [
    ({ version }) => ({ version: chainVersion(version + 1) }),
    ({ version }) => ({ version: chainVersion(version - 1) }),
  ],
  CAT12_nonceRingTurns: [
    ({ nonces }) => ({ nonces: nonces.with(0, nonceOf(5)) }),
    ({ nonces }) => ({ nonces: nonces.with(-1, nonces[0]!) }),
  ],
  CAT13_projectStays: [
    () => ({ project: projectId("other") }),
    () => ({ createdMs: 1 }),
    () => ({ tombstoneKey: nonceOf(0) }),
  ],
  CAT14_ordinalsRise: [
    () => ({ nextOrdinal: 4, loads: [] }),
    () => ({ retired: [], writers: [writer(1)] }),
  ],
  CAT15_writersStayOrRetire: [
    ({ writers }) => ({ writers: writers.slice(1) }),
    () => ({ retired: [] }),
    ({ writers }) => ({ writers: writers.with(0, { ...writer(2), nonce: nonceOf(6) }) }),
  ],
  CAT16_forgottenStays: [
    ({ writers }) => ({ writers: writers.with(1, writer(3)) }),
    ({ writers }) => ({
      writers: writers.with(1, { ...writer(3), forgotten: { lastSeq: 1, atMs: 1 } }),
    }),
  ],
  CAT17_specsAppend: [
    ({ specs }) => ({ specs: specs.slice(0, 2) }),
    ({ specs }) => ({ specs: specs.with(1, { ...specs[1]!, shards: 33 }) }),
    ({ specs }) => ({ specs: specs.with(2, { ...specs[2]!, closedMs: null }) }),
  ],
  CAT18_cutsAppend: [
    () => ({ cutPending: null, cuts: [{ ...cut, operation: "other" }] }),
    () => ({ cutPending: null, cuts: [cut, { ...cut, generation: 2 }] }),
  ],
  CAT19_cutsNameEveryWriter: [
    () => ({ cutPending: null, cuts: [{ ...cut, positions: {} }] }),
    () => ({ cutPending: null, cuts: [{ ...cut, infinite: infinite.slice(0, 1) }] }),
    () => ({ cutPending: null, cuts: [{ ...cut, infinite: infinite.slice(1) }] }),
  ],
  CAT20_tombstonesAreNotReused: [
    () => ({ tombstones: [], nextTombstone: 1 }),
    () => ({ tombstones: [{ ...tombstone, seq: 4 }] }),
  ],
  CAT21_loadsAppend: [() => ({ loads: [] }), () => ({ loads: [{ ...load, shards: 9 }] })],
  CAT22_firstDayRises: [
    () => ({ retention: { keepMs: null, firstDay: null } }),
    () => ({ retention: { keepMs: null, firstDay: dayOf(99 * 86_400_000) } }),
  ],
  CAT23_auditAppends: [() => ({ audit: [] }), () => ({ audit: [{ ...audit, by: "bob" }] })],
  CAT24_transitionsAppend: [
    () => ({ transitions: [] }),
    () => ({ transitions: [{ ...transition, by: "bob" }] }),
    () => ({ transitions: [transition, { ...transition, from: "teeing" }] }),
    () => ({ transitions: [transition, { ...transition, number: 2 }] }),
    () => ({ operation: { ...operation, state: "backfilling" } }),
  ],
};

async function fullShop() {
  const env = envOver(memoryStore(), 1);
  await createProject(env, { project: shop, shards: 8 });
  const catalog = await openCatalog(env, shop).commit((newest) => fullCatalog(newest!));
  return { env, catalog };
}

/** The next version as the chain would make it, before the violation. */
function nextOf(catalog: CatalogDocument): CatalogDocument {
  const nonces = [...catalog.nonces, nonceOf(9)];
  return { ...catalog, version: chainVersion(catalog.version + 1), nonces };
}

test("there is a violation for every invariant", () => {
  expect(Object.keys(violations)).toEqual(Object.keys(catalogInvariants));
});

test("an edit that breaks nothing passes them all", async () => {
  const { env, catalog } = await fullShop();
  const next = nextOf(catalog);
  for (const check of Object.values(catalogInvariants)) {
    expect(check(catalog, next)).toBeUndefined();
  }
  const after = await openCatalog(env, shop).commit((newest) => ({
    ...newest!,
    cutPending: null,
    cuts: [
      {
        ...cut,
        positions: { "3": { n: 0, lastSeq: 0 }, "5": { n: 0, lastSeq: 0 } },
        infinite: [
          { from: writerOrdinal(1), to: writerOrdinal(2) },
          { from: load.ordinal, to: load.ordinal },
        ],
      },
    ],
    writers: [...newest!.writers.slice(1), writer(5)],
    retired: [{ from: writerOrdinal(1), to: writerOrdinal(2) }],
    nextOrdinal: 6,
    tombstones: [],
    audit: [...newest!.audit, audit],
  }));
  expect(after.version).toBe(catalog.version + 1);
  expect(await loadCatalog(env, shop)).toEqual(after);
});

for (const [name, edits] of Object.entries(violations)) {
  test(`${name} bites`, async () => {
    const { env, catalog } = await fullShop();
    for (const violate of edits) {
      const next = nextOf(catalog);
      const wrong = { ...next, ...violate(next) };
      expect(catalogInvariants[name]?.(catalog, wrong), JSON.stringify(violate(next))).toBeTypeOf(
        "string",
      );
      // Number and ring are the chain's own: an edit cannot break them.
      if (/^CAT(1|11|12)_/.test(name)) continue;
      const commit = openCatalog(env, shop).commit((newest) => ({
        ...newest!,
        ...violate(newest!),
      }));
      await expect(commit).rejects.toThrow(InvariantError);
    }
    expect(await loadCatalog(env, shop)).toEqual(catalog);
  });
}

test("a catalog that breaks a rule is refused when it is read", async () => {
  const { env, catalog } = await fullShop();
  for (const [name, edits] of Object.entries(violations)) {
    if (!(name in catalogRules)) continue;
    for (const violate of edits) {
      const next = nextOf(catalog);
      const key = catalogKey(shop, next.version);
      await env.store.put(key, encodeCatalog({ ...next, ...violate(next) }), { always: true });
      await expect(loadCatalog(env, shop)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    }
  }
});

test("the catalog of another project, or under another number, is refused", async () => {
  const { env, catalog } = await fullShop();
  const wrong = [
    { ...nextOf(catalog), project: projectId("other") },
    { ...nextOf(nextOf(catalog)), nonces: [...catalog.nonces, nonceOf(8), nonceOf(9)] },
  ];
  for (const one of wrong) {
    const key = catalogKey(shop, chainVersion(catalog.version + 1));
    await env.store.put(key, encodeCatalog(one), { always: true });
    await expect(loadCatalog(env, shop)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
  }
});
