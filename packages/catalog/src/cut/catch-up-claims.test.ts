import { simulatedEnv } from "@shale/testing";
import { beforeEach, expect, test } from "vitest";
import { balanceOf, fileOf, first, group, vectorAt } from "../../test/groups.ts";
import { startShop } from "../../test/jobs.ts";
import { beginClaim } from "../manifest/begin-claim.ts";
import { commitClaim } from "../manifest/commit-claim.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { freezeGroup } from "./behind.ts";

const env = simulatedEnv({ seed: 1 });
const chain = openManifest(env, group);
const [one, other] = ["1".repeat(32), "2".repeat(32)] as const;

/** A copy that has read the group's base, and what it will commit. */
async function beginCatchUpJob(id: string, target: number) {
  const { manifest } = await beginClaim(env, chain, {
    ...{ ...group, kind: "copy", inputs: [], first, id },
  });
  const files = [fileOf(id, 0, { generation: 1 })];
  const sums = balanceOf(files).in;
  const change = { added: files, removed: [], watermarks: vectorAt({ 1: target }) };
  const base = manifest.base ?? undefined;
  return async () => await commitClaim(env, chain, id, { ...change, base, balance: { in: sums } });
}

beforeEach(async () => {
  if ((await chain.loadNewest()) === undefined) await startShop(env);
  await freezeGroup(chain, group, first);
});

test("of two processes that let a group catch up, one copies its rows", async () => {
  const [commit, commitOther] = [await beginCatchUpJob(one, 3), await beginCatchUpJob(other, 3)];
  const done = await commit();
  expect([done.base, done.watermarks]).toEqual([null, vectorAt({ 1: 3 })]);
  await expect(commitOther()).rejects.toMatchObject({ code: "CLAIM_LOST" });
  expect((await chain.loadNewest())?.added).toEqual(done.added);
});

test("a copy from before the group fell behind again does not count beside the next one", async () => {
  const [early, late] = ["3".repeat(32), "4".repeat(32)] as const;
  const commitEarly = await beginCatchUpJob(early, 5);
  const commitLate = await beginCatchUpJob(late, 7);
  await commitEarly();
  // Frozen again, where the first copy ended: the second one began further down.
  await freezeGroup(chain, group, first);
  await expect(commitLate()).rejects.toMatchObject({ code: "CLAIM_LOST" });
});
