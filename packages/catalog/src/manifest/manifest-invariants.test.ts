import { memoryStore } from "@shale/env";
import type { ManifestClaim, ManifestDocument } from "@shale/format";
import { encodeManifest } from "@shale/format";
import { chainVersion, InvariantError, projectId, specNameOf, writerOrdinal } from "@shale/model";
import { expect, test } from "vitest";
import { balanceOf, dayAt, fileOf, first, group, vectorAt } from "../../test/groups.ts";
import { envOver } from "../../test/log-chain.ts";
import { manifestKey } from "../object-keys.ts";
import { beginClaim } from "./begin-claim.ts";
import { commitClaim } from "./commit-claim.ts";
import { foldManifest } from "./fold-manifest.ts";
import { manifestInvariants } from "./manifest-invariants.ts";
import { manifestRules } from "./manifest-rules.ts";
import { openManifest } from "./open-manifest.ts";

const nonceOf = (n: number) => String(n).padStart(32, "0");
const [drainId, copyId, foldId, expireId] = [91, 92, 93, 95].map((n) => nonceOf(n)) as [
  string,
  string,
  string,
  string,
];
const infinite = [{ from: writerOrdinal(1), to: writerOrdinal(1) }];

function claimOf(id: string, kind: ManifestClaim["kind"], inputs: readonly string[] = []) {
  return { id, kind, owner: { host: "h", pid: 1, started: "" }, startedMs: 1, inputs };
}

/** A group with three files in a page, one of them removed, two added, and a claim of each kind. */
async function fullGroup() {
  const env = envOver(memoryStore(), 1);
  const chain = openManifest(env, group);
  const drain = { ...group, kind: "drain", inputs: [], first, id: nonceOf(80) } as const;
  await beginClaim(env, chain, drain);
  const paged = [0, 1, 2].map((n) => fileOf(drain.id, n, { day: 5 }));
  await commitClaim(env, chain, drain.id, {
    added: paged,
    removed: [],
    watermarks: { ...vectorAt({ 2: 4, 3: 0 }), infinite },
    balance: balanceOf(paged),
  });
  await foldManifest(env, chain);
  const merge = { ...drain, kind: "merge", inputs: paged.slice(0, 1), id: nonceOf(81) } as const;
  await beginClaim(env, chain, merge);
  const files = [fileOf(merge.id, 0, { rows: 4, day: 5 }), fileOf(merge.id, 1, { rows: 6 })];
  await commitClaim(env, chain, merge.id, {
    added: files,
    removed: [paged[0]!.id],
    balance: { in: paged[0]!.generations },
  });
  const copyOf = (shard: number) => ({ shard, day: dayAt(5), vector: vectorAt({ 2: 3 }) });
  await beginClaim(env, chain, { ...drain, kind: "copy", id: nonceOf(82) });
  await commitClaim(env, chain, nonceOf(82), {
    added: [],
    removed: [],
    copied: [copyOf(1), copyOf(2)].map((copy) => ({ ...copy, from: null })),
    balance: { in: [] },
  });
  for (const [kind, id, inputs] of [
    ["drain", drainId, []],
    ["copy", copyId, []],
    ["fold", foldId, []],
    ["expire", expireId, [files[0]!, paged[1]!]],
  ] as const) {
    await beginClaim(env, chain, { ...drain, kind, id, inputs });
  }
  const manifest = (await chain.loadNewest())!;
  expect(manifest).toMatchObject({ added: files, removed: [paged[0]!.id] });
  return { env, chain, manifest };
}

type Fields = Partial<ManifestDocument>;
type Violation = (now: ManifestDocument) => Fields;

/** Ends a claim as a commit does, and does something else beside it. */
function committing(id: string, beside: Violation): Violation {
  return (now) => ({
    claims: now.claims.filter((claim) => claim.id !== id),
    committed: [...now.committed, id],
    ...beside(now),
  });
}
const own = (claim: string) => fileOf(claim, 0);

/** One edit, or more, for each invariant; each breaks it. */
const violations: Readonly<Record<string, readonly Violation[]>> = {
  MAN1_nonceRingIsWhole: [
    ({ nonces }) => ({ nonces: nonces.slice(1) }),
    ({ nonces }) => ({ nonces: nonces.map(() => nonceOf(1)) }),
  ],
  MAN2_closedHasNoClaim: [() => ({ closedMs: 1 })],
  MAN3_vectorsAreWhole: [
    ({ watermarks }) => ({ watermarks: { ...watermarks, infinite: [...infinite, ...infinite] } }),
    ({ watermarks }) => ({
      watermarks: { ...watermarks, positions: { "1": { n: 1, lastSeq: 1 } } },
    }),
    () => ({ base: { positions: { "7": { n: 0, lastSeq: 1 } }, infinite: [] } }),
    ({ copied }) => ({ copied: [{ ...copied[0]!, vector: { positions: {}, infinite: twice } }] }),
  ],
  MAN4_filesAreOnce: [
    ({ added }) => ({ added: [...added, added[0]!] }),
    ({ removed }) => ({ removed: [...removed, removed[0]!] }),
    ({ added }) => ({ added: [...added, fileOf(drainId, 0, { shard: 64 })] }),
  ],
  MAN5_claimsAreApart: [
    ({ claims }) => ({ claims: [...claims, claims[0]!] }),
    ({ claims }) => ({ claims: [...claims, claimOf(nonceOf(1), "drain")] }),
    ({ claims }) => ({ claims: [...claims, claimOf(nonceOf(1), "fold")] }),
    ({ claims, added }) => ({
      claims: [...claims, claimOf(nonceOf(1), "merge", [added[0]!.id])],
    }),
    ({ claims, removed }) => ({ claims: [...claims, claimOf(nonceOf(1), "merge", removed)] }),
    ({ claims, added }) => ({
      claims: [...claims, claimOf(nonceOf(1), "copy", [added[1]!.id])],
    }),
    ({ claims }) => ({ claims: [...claims, claimOf(nonceOf(1), "merge")] }),
    ({ claims, committed }) => ({ claims: [...claims, claimOf(committed[0]!, "copy")] }),
  ],
  MAN6_pagesAreInOrder: [
    ({ pages }) => ({ pages: [...pages, ...pages] }),
    ({ pages }) => ({ pages: [{ ...pages[0]!, lastDay: dayAt(4) }] }),
    ({ pages }) => ({
      pages: [...pages, { ...pages[0]!, id: `${foldId}-1`, firstDay: dayAt(4) }],
    }),
    ({ pages }) => ({ pages: [{ ...pages[0]!, entryCount: 0 }] }),
  ],
  MAN7_copiesAreOnce: [({ copied }) => ({ copied: [...copied, copied[0]!] })],
  MAN8_versionFollows: [
    ({ version }) => ({ version: chainVersion(version + 1) }),
    ({ version }) => ({ version: chainVersion(version - 1) }),
  ],
  MAN9_nonceRingTurns: [
    ({ nonces }) => ({ nonces: nonces.with(0, nonceOf(5)) }),
    ({ nonces }) => ({ nonces: nonces.with(-1, nonces[0]!) }),
  ],
  MAN10_placeStays: [
    () => ({ project: projectId("other") }),
    () => ({ spec: specNameOf(1) }),
    () => ({ group: 1, added: [] }),
  ],
  MAN12_watermarksRise: [
    committing(drainId, ({ watermarks }) => ({ watermarks: { ...watermarks, positions: {} } })),
    committing(drainId, () => ({ watermarks: vectorAt({ 1: 9, 2: 4, 3: 0 }) })),
    committing(drainId, () => ({ watermarks: { ...vectorAt({ 2: 3, 3: 0 }), infinite } })),
    committing(drainId, () => ({
      watermarks: {
        positions: { "2": { n: 4, lastSeq: 39 }, "3": { n: 0, lastSeq: 0 } },
        infinite,
      },
    })),
  ],
  MAN13_drainsMoveWatermarks: [
    () => ({ watermarks: { ...vectorAt({ 2: 5, 3: 0 }), infinite } }),
    () => ({ watermarks: { ...vectorAt({ 2: 4, 3: 0, 4: 0 }), infinite } }),
    committing(copyId, () => ({ watermarks: { ...vectorAt({ 2: 5, 3: 0 }), infinite } })),
    committing(foldId, () => ({ watermarks: { ...vectorAt({ 2: 5, 3: 0 }), infinite } })),
    committing(expireId, () => ({ watermarks: { ...vectorAt({ 2: 5, 3: 0 }), infinite } })),
    ({ claims }) => ({
      claims: claims.slice(1), // A takeover is no commit.
      watermarks: { ...vectorAt({ 2: 5, 3: 0 }), infinite },
    }),
  ],
  MAN14_filesComeByTheirClaim: [
    ({ added }) => ({ added: [...added, own(drainId)] }),
    ({ added }) => ({ added: [...added, own(nonceOf(1))] }),
    ({ added, claims }) => ({ claims: claims.slice(1), added: [...added, own(drainId)] }),
    committing(copyId, ({ added }) => ({ added: [...added, own(drainId)] })),
    committing(expireId, ({ added }) => ({ added: [...added, own(expireId)] })),
    ({ added }) => ({ added: [{ ...added[0]!, rows: 1 }, added[1]!] }),
    ({ added }) => ({ added: [{ ...added[0]!, tombstone: 9 }, added[1]!] }),
    ({ added, removed }) => ({ removed: [...removed, added[0]!.id] }),
  ],
  MAN15_filesGoByTheirClaim: [
    ({ added }) => ({ added: added.slice(1) }),
    ({ removed }) => ({ removed: [...removed, `${nonceOf(80)}-2`] }),
    committing(drainId, ({ added }) => ({ added: added.slice(1) })),
    committing(expireId, ({ added }) => ({ added: added.slice(0, 1) })),
    ({ claims, added }) => ({ claims: claims.slice(0, 3), added: added.slice(1) }),
    () => ({ removed: [] }),
  ],
  MAN16_claimsEndOnce: [
    ({ committed }) => ({ committed: committed.slice(1) }),
    ({ committed }) => ({ committed: [...committed, nonceOf(1)] }),
    committing(drainId, ({ committed, claims }) => ({
      claims: claims.slice(2),
      committed: [...committed, drainId, copyId],
    })),
    ({ claims }) => ({ claims: [{ ...claims[0]!, startedMs: 2 }, ...claims.slice(1)] }),
    ({ claims, added }) => ({ claims: claims.with(3, { ...claims[3]!, inputs: [added[1]!.id] }) }),
  ],
  MAN17_foldsKeepFiles: [
    () => ({ pages: [], removed: [] }),
    ({ pages }) => ({ pages: [{ ...pages[0]!, id: `${foldId}-0` }] }),
    committing(drainId, ({ pages }) => ({ pages: [{ ...pages[0]!, id: `${drainId}-0` }] })),
    committing(foldId, ({ pages }) => ({ pages: [{ ...pages[0]!, id: `${drainId}-0` }] })),
    committing(foldId, () => ({ added: [] })),
    committing(foldId, () => ({ removed: [] })),
    committing(foldId, ({ added, pages }) => ({
      pages: [{ ...pages[0]!, id: `${foldId}-0`, entryCount: 2 }],
      added: [...added, own(foldId)],
    })),
  ],
  MAN18_copiesRise: [
    ({ copied }) => ({ copied: copied.slice(1) }),
    ({ copied }) => ({ copied: [...copied, { ...copied[0]!, shard: 9 }] }),
    committing(copyId, ({ copied }) => ({ copied: copied.slice(1) })),
    committing(copyId, ({ copied }) => ({
      copied: copied.with(0, { ...copied[0]!, vector: vectorAt({ 2: 2 }) }),
    })),
    committing(drainId, ({ copied }) => ({
      copied: copied.with(0, { ...copied[0]!, vector: vectorAt({ 2: 4 }) }),
    })),
  ],
  MAN19_baseIsFrozen: [
    ({ watermarks }) => ({ base: watermarks }),
    () => ({ claims: [], base: vectorAt({ 2: 3 }) }),
  ],
  MAN20_writtenGrows: [
    ({ written }) => ({ written: { ...written, commits: 0 } }),
    ({ written }) => ({ written: { ...written, drainedRows: written.drainedRows - 1 } }),
  ],
};
const twice = [...infinite, ...infinite];

/** The next version as the chain would make it, before the violation. */
function nextOf(manifest: ManifestDocument): ManifestDocument {
  const nonces = [...manifest.nonces, nonceOf(9)];
  return { ...manifest, version: chainVersion(manifest.version + 1), nonces };
}

test("there is a violation for every invariant", () => {
  const names = Object.keys(manifestInvariants).filter((name) => !name.startsWith("MAN11_"));
  expect(Object.keys(violations)).toEqual(names);
});

for (const [name, edits] of Object.entries(violations)) {
  test(`${name} bites`, async () => {
    const { chain, manifest } = await fullGroup();
    for (const violate of edits) {
      const next = nextOf(manifest);
      const fields = violate(name.startsWith("MAN1_") ? next : { ...next });
      const problem = manifestInvariants[name]?.(manifest, { ...next, ...fields });
      expect(problem, JSON.stringify(fields)).toBeTypeOf("string");
      // Number and ring are the chain's own: an edit cannot break them.
      if (/^MAN(1|8|9)_/.test(name)) continue;
      const commit = chain.commit((newest) => ({ ...newest!, ...violate(newest!) }));
      await expect(commit).rejects.toThrow(InvariantError);
    }
    expect(await chain.loadNewest()).toEqual(manifest);
  });
}

test("MAN11_closedStaysClosed bites", async () => {
  const { chain } = await fullGroup();
  const closed = await chain.commit((now) => ({ ...now!, closedMs: 1, claims: [] }));
  for (const fields of [{ closedMs: null }, { closedMs: 2 }, {}]) {
    const commit = chain.commit((now) => ({ ...now!, ...fields }));
    await expect(commit).rejects.toThrow("MAN11_closedStaysClosed");
  }
  expect(await chain.loadNewest()).toEqual(closed);
});

test("a first version has number 1 and no files", async () => {
  const { manifest } = await fullGroup();
  const wrong = [manifest, { ...manifest, version: chainVersion(1), nonces: [nonceOf(1)] }];
  for (const one of wrong) {
    const problems = Object.values(manifestInvariants).map((check) => check(undefined, one));
    expect(problems.some((problem) => problem !== undefined)).toBe(true);
  }
});

// S7: a group that is frozen takes no drain; the last copy of the catch-up moves the watermarks.
test("a frozen group moves its watermarks with a copy, and then drains again", async () => {
  const { env, chain } = await fullGroup();
  const frozen = await chain.commit((now) => ({ ...now!, claims: [], base: now!.watermarks }));
  const moved = chain.commit((now) => ({ ...now!, base: vectorAt({ 2: 5 }) }));
  await expect(moved).rejects.toThrow("MAN19_baseIsFrozen");
  const request = { ...group, kind: "copy", inputs: [], first } as const;
  const { claim } = await beginClaim(env, chain, request);
  const after = await commitClaim(env, chain, claim.id, {
    added: [],
    removed: [],
    watermarks: vectorAt({ 2: 6 }),
    base: frozen.base ?? undefined,
    balance: { in: [] },
  });
  expect(after.watermarks).toEqual({ ...vectorAt({ 2: 6, 3: 0 }), infinite });
  expect([after.base, frozen.base !== null]).toEqual([null, true]);
});

test("a manifest that breaks a rule, or is of another place, is refused when it is read", async () => {
  const { env, chain, manifest } = await fullGroup();
  const next = nextOf(manifest);
  const key = manifestKey(group.project, group.spec, group.group, next.version);
  const refused = { code: "OBJECT_CORRUPT" };
  const rules = Object.entries(violations).filter(([name]) => name in manifestRules);
  const broken = rules.flatMap(([, edits]) => edits.map((violate) => violate(next)));
  const readable = broken.filter(({ pages }) => pages?.[0]?.entryCount !== 0);
  expect(readable.length).toBe(broken.length - 1);
  const others: Fields[] = [
    { project: projectId("other") },
    { spec: specNameOf(1) },
    { group: 1, added: [] },
  ];
  for (const fields of [...readable, ...others]) {
    await env.store.put(key, encodeManifest({ ...next, ...fields }), { always: true });
    await expect(chain.loadNewest(), JSON.stringify(fields)).rejects.toMatchObject(refused);
  }
});
