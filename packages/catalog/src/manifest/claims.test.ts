import { memoryStore } from "@shale/env";
import { InvariantError } from "@shale/model";
import { describe, expect, test } from "vitest";
import { balanceOf, fileOf, first, group, vectorAt } from "../../test/groups.ts";
import { envOver } from "../../test/log-chain.ts";
import { beginClaim } from "./begin-claim.ts";
import { commitClaim } from "./commit-claim.ts";
import { closeManifest, dropClaim, mayTakeOver, retireWriters } from "./end-claims.ts";
import { foldManifest } from "./fold-manifest.ts";
import { loadEntries } from "./load-entries.ts";
import { loadManifests } from "./load-manifests.ts";
import { openManifest } from "./open-manifest.ts";

function newGroup() {
  const env = envOver(memoryStore(), 1);
  return { env, chain: openManifest(env, group) };
}
const drain = { ...group, kind: "drain", inputs: [], first } as const;

/** A group with `count` files of one drain. */
async function drainedGroup(count = 2) {
  const { env, chain } = newGroup();
  const { claim } = await beginClaim(env, chain, drain);
  const files = Array.from({ length: count }, (_, n) => fileOf(claim.id, n, { day: 20_000 + n }));
  const change = { added: files, removed: [], watermarks: vectorAt({ 1: 3 }) };
  const manifest = await commitClaim(env, chain, claim.id, {
    ...change,
    balance: balanceOf(files),
  });
  return { env, chain, files, claim, manifest };
}

describe("claims", () => {
  test("of a drain make the first version at the spec's cut, and commit files and watermark at once", async () => {
    const { env, chain } = newGroup();
    const { claim, manifest } = await beginClaim(env, chain, drain);
    expect(manifest).toMatchObject({ version: 1, watermarks: first, claims: [claim], added: [] });
    expect(claim).toMatchObject({ kind: "drain", inputs: [], owner: env.processes.self });
    const file = fileOf(claim.id, 0);
    const after = await commitClaim(env, chain, claim.id, {
      added: [file],
      removed: [],
      watermarks: vectorAt({ 1: 3, 2: 1 }),
      balance: balanceOf([file]),
    });
    expect(after).toMatchObject({
      version: 2,
      watermarks: vectorAt({ 1: 3, 2: 1 }),
      claims: [],
      committed: [claim.id],
      added: [file],
      written: { drainedRows: 10, drainedBytes: 1_000, rewrittenRows: 0, commits: 1 },
    });
    expect(await openManifest(env, group).loadNewest()).toEqual(after);
    expect(await loadEntries(env, after, "all")).toEqual([file]);
  });

  test("of a purge mark files, in a page or not, without writing them again", async () => {
    const { env, chain, files } = await drainedGroup(2);
    await foldManifest(env, chain);
    const { claim: more } = await beginClaim(env, chain, drain);
    const late = fileOf(more.id, 0, { day: 20_005 });
    await commitClaim(env, chain, more.id, {
      ...{ added: [late], removed: [], balance: balanceOf([late]) },
    });
    const inputs = [files[0]!, late];
    const { claim } = await beginClaim(env, chain, { ...drain, kind: "purge", inputs });
    const marked = inputs.map((entry) => ({ ...entry, tombstone: 3 }));
    const change = { added: [], removed: [], marked, balance: { in: [] } };
    const after = await commitClaim(env, chain, claim.id, change);
    const expected = [marked[0], files[1], marked[1]];
    expect(await loadEntries(env, after, "all")).toEqual(expected);
    expect(after.added.length).toBe(2);
    const folded = await foldManifest(env, chain);
    expect(folded).toMatchObject({ added: [], removed: [] });
    expect(await loadEntries(env, folded!, "all")).toEqual(expected);
    const merge = { ...drain, kind: "merge", inputs: [marked[0]!] } as const;
    const { claim: next } = await beginClaim(env, chain, merge);
    const other = fileOf(next.id, 0, { day: 20_000 });
    const balance = balanceOf([marked[0]!]);
    const merged = await commitClaim(env, chain, next.id, {
      ...{ added: [other], removed: [marked[0]!.id], balance },
    });
    expect(await loadEntries(env, merged, "all")).toEqual([other, files[1], marked[1]]);
  });

  test("of a purge change nothing but the mark, and no other job marks", async () => {
    const { env, chain, files } = await drainedGroup(1);
    const marked = [{ ...files[0]!, tombstone: 3 }];
    const change = { added: [], removed: [], balance: { in: [] } };
    const { claim } = await beginClaim(env, chain, { ...drain, kind: "purge", inputs: files });
    const wrong = [{ ...marked[0]!, rows: 1 }];
    await expect(commitClaim(env, chain, claim.id, { ...change, marked: wrong })).rejects.toThrow(
      InvariantError,
    );
    await dropClaim(env, chain, claim.id);
    const { claim: merge } = await beginClaim(env, chain, {
      ...drain,
      kind: "merge",
      inputs: files,
    });
    await expect(commitClaim(env, chain, merge.id, { ...change, marked })).rejects.toThrow(
      InvariantError,
    );
  });

  test("that are dropped after a file was marked leave it marked, and take it whole", async () => {
    const { env, chain, files } = await drainedGroup(1);
    await foldManifest(env, chain);
    const purge = { ...drain, kind: "purge", inputs: files } as const;
    const { claim } = await beginClaim(env, chain, purge);
    const marked = [{ ...files[0]!, tombstone: 3 }];
    const change = { added: [], removed: [], marked, balance: { in: [] } };
    await commitClaim(env, chain, claim.id, change);
    const { claim: expire } = await beginClaim(env, chain, { ...purge, kind: "expire" });
    const balance = { in: files[0]!.generations, expired: files[0]!.generations };
    const after = await commitClaim(env, chain, expire.id, {
      ...{ added: [], removed: [files[0]!.id], balance },
    });
    expect(await loadEntries(env, after, "all")).toEqual([]);
    expect(await foldManifest(env, chain)).toMatchObject({ pages: [], added: [], removed: [] });
  });

  test("of a merge replace their inputs", async () => {
    const { env, chain, files } = await drainedGroup(3);
    const inputs = files.slice(0, 2);
    const { claim } = await beginClaim(env, chain, { ...drain, kind: "merge", inputs });
    const merged = fileOf(claim.id, 0, { rows: 18, bytes: 1_500 });
    const [duplicate] = fileOf(claim.id, 1, { rows: 2 }).generations;
    const after = await commitClaim(env, chain, claim.id, {
      added: [merged],
      removed: inputs.map(({ id }) => id),
      balance: { ...balanceOf(inputs), duplicates: [duplicate!] },
    });
    expect(after.added).toEqual([files[2], merged]);
    expect(after.written).toMatchObject({ drainedRows: 30, rewrittenRows: 18 });
  });

  test("are refused where a file is claimed or gone, or a drain stands", async () => {
    const { env, chain, files } = await drainedGroup(3);
    const merge = { ...drain, kind: "merge", inputs: files.slice(0, 2) } as const;
    const { claim } = await beginClaim(env, chain, merge);
    const refused = { code: "CLAIM_REFUSED" };
    await expect(beginClaim(env, chain, merge)).rejects.toMatchObject(refused);
    const overlapping = { ...merge, kind: "purge", inputs: files.slice(1) } as const;
    await expect(beginClaim(env, chain, overlapping)).rejects.toMatchObject(refused);
    await commitClaim(env, chain, claim.id, {
      added: [],
      removed: [files[0]!.id],
      balance: { in: files[0]!.generations, deleted: files[0]!.generations },
    });
    await expect(beginClaim(env, chain, merge)).rejects.toMatchObject(refused);
    await beginClaim(env, chain, overlapping);
    await beginClaim(env, chain, drain);
    await expect(beginClaim(env, chain, drain)).rejects.toMatchObject(refused);
    const unknown = { ...merge, inputs: [fileOf("0".repeat(32), 0)] };
    await expect(beginClaim(newGroup().env, newGroup().chain, unknown)).rejects.toMatchObject(
      refused,
    );
  });

  test("with the same id are one claim", async () => {
    const { env, chain } = newGroup();
    const request = { ...drain, id: "0".repeat(32) };
    const one = await beginClaim(env, chain, request);
    expect(await beginClaim(env, chain, request)).toEqual(one);
  });

  test("that were taken over cannot be committed, and those that were committed can", async () => {
    const { env, chain, claim, manifest } = await drainedGroup();
    const change = { added: [], removed: [], balance: { in: [] } };
    expect(await commitClaim(env, chain, claim.id, change)).toEqual(manifest);
    const { claim: second } = await beginClaim(env, chain, drain);
    const dropped = await dropClaim(env, chain, second.id);
    expect(dropped?.claims).toEqual([]);
    expect(await dropClaim(env, chain, second.id)).toEqual(dropped);
    const late = commitClaim(env, chain, second.id, change);
    await expect(late).rejects.toMatchObject({ code: "CLAIM_LOST", kind: "conflict" });
    expect(await chain.loadNewest()).toEqual(dropped);
    const nothing = newGroup();
    expect(await dropClaim(nothing.env, nothing.chain, second.id)).toBeUndefined();
  });

  test("are for the taking when their process is dead or began long ago", async () => {
    const { env, chain } = newGroup();
    const { claim } = await beginClaim(env, chain, drain);
    const processes = (state: "alive" | "dead" | "unknown") => ({
      self: env.processes.self,
      stateOf: () => state,
    });
    const { startedMs } = claim;
    expect(mayTakeOver(claim, processes("dead"), startedMs)).toBe(true);
    expect(mayTakeOver(claim, processes("alive"), startedMs + 60_000)).toBe(false);
    expect(mayTakeOver(claim, processes("unknown"), startedMs + 60_000)).toBe(false);
    expect(mayTakeOver(claim, processes("unknown"), startedMs + 86_400_000)).toBe(true);
  });
});

describe("commits", () => {
  test("must balance, generation by generation, and by kind", async () => {
    const { env, chain, files } = await drainedGroup();
    const { claim } = await beginClaim(env, chain, drain);
    const file = fileOf(claim.id, 0, { rows: 4 });
    const [row] = fileOf(claim.id, 1, { rows: 1 }).generations;
    const imbalances = [
      { in: [] },
      { in: [...file.generations, row!] },
      { in: [{ ...file.generations[0]!, generation: 1 }] },
      { in: [{ ...file.generations[0]!, digest: "1".repeat(32) }] },
      { in: [...file.generations, row!], duplicates: [row!] }, // A drain keeps duplicates.
    ];
    for (const balance of imbalances) {
      const commit = commitClaim(env, chain, claim.id, { added: [file], removed: [], balance });
      await expect(commit).rejects.toThrow(InvariantError);
    }
    const balance = { in: [...file.generations, row!], expired: [row!] };
    await commitClaim(env, chain, claim.id, { added: [file], removed: [], balance });
    expect((await chain.loadNewest())?.added).toEqual([...files, file]);
  });

  test("add only files of their claim and drop only its inputs", async () => {
    const { env, chain, files } = await drainedGroup();
    const inputs = files.slice(0, 1);
    const { claim } = await beginClaim(env, chain, { ...drain, kind: "merge", inputs });
    const foreign = fileOf("0".repeat(32), 0);
    const changes = [
      { added: [foreign], removed: [], balance: balanceOf([foreign]) },
      {
        added: [],
        removed: [files[1]!.id],
        balance: { ...balanceOf(inputs), deleted: inputs[0]!.generations },
      },
      { added: [], removed: [], watermarks: vectorAt({ 1: 9 }), balance: { in: [] } },
    ];
    for (const change of changes) {
      await expect(commitClaim(env, chain, claim.id, change)).rejects.toThrow(InvariantError);
    }
  });
});

describe("retireWriters()", () => {
  test("moves writers to infinity, where a drain that began before leaves them", async () => {
    const { env, chain } = newGroup();
    const { claim } = await beginClaim(env, chain, { ...drain, first: vectorAt({ 1: 2, 2: 5 }) });
    const ranges = [{ from: 1, to: 1 }] as never;
    const retired = await retireWriters(chain, ranges);
    expect(retired?.watermarks).toEqual({ ...vectorAt({ 2: 5 }), infinite: ranges });
    expect(await retireWriters(chain, ranges)).toEqual(retired);
    const after = await commitClaim(env, chain, claim.id, {
      added: [],
      removed: [],
      watermarks: vectorAt({ 1: 2, 2: 7 }),
      balance: { in: [] },
    });
    expect(after.watermarks).toEqual({ ...vectorAt({ 2: 7 }), infinite: ranges });
    expect(await retireWriters(newGroup().chain, ranges)).toBeUndefined();
  });
});

describe("closeManifest()", () => {
  test("ends every claim for ever, also of a group that had no manifest (schedule 15)", async () => {
    for (const { env, chain } of [newGroup(), await drainedGroup()]) {
      const { claim } = await beginClaim(env, chain, drain);
      const closed = await closeManifest(env, chain, group);
      expect(closed).toMatchObject({ claims: [], closedMs: env.clock.nowMs() });
      expect(await closeManifest(env, chain, group)).toEqual(closed);
      const refused = { code: "MANIFEST_CLOSED", kind: "conflict" };
      const change = { added: [], removed: [], balance: { in: [] } };
      await expect(commitClaim(env, chain, claim.id, change)).rejects.toMatchObject(refused);
      await expect(beginClaim(env, chain, drain)).rejects.toMatchObject(refused);
      await retireWriters(chain, [{ from: 1, to: 1 }] as never);
      await dropClaim(env, chain, claim.id);
      expect(await chain.loadNewest()).toEqual(closed);
    }
    const { env, chain } = newGroup();
    expect(await closeManifest(env, chain, group)).toMatchObject({ version: 1, added: [] });
    await expect(beginClaim(env, chain, drain)).rejects.toMatchObject({ code: "MANIFEST_CLOSED" });
  });
});

describe("loadManifests()", () => {
  test("gives the newest manifest of each group, and undefined where there never was one", async () => {
    const env = envOver(memoryStore(), 1);
    const { project, spec } = group;
    const chain = openManifest(env, { ...group, group: 2 });
    await beginClaim(env, chain, { ...drain, group: 2 });
    const newest = await retireWriters(chain, [{ from: 1, to: 1 }] as never);
    const all = await loadManifests(env, project, spec, 200);
    expect([...all]).toEqual([
      [0, undefined],
      [1, undefined],
      [2, newest],
      [3, undefined],
    ]);
    const asked: number[] = [];
    const some = await loadManifests(env, project, spec, 200, {
      groups: [2],
      chainOf: (number) => {
        asked.push(number);
        return chain;
      },
    });
    expect([...some, asked]).toEqual([[2, newest], [2]]);
  });
});
