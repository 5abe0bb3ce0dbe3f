// Bugs that resharding may have: each is one rule of the protocol switched off, in one module. A
// run of `scripts/run-seeded-bugs.js` builds each of them into a copy and looks for a seed of the
// model test that finds it. `text` must stand exactly once in the module.
const copyJob = "packages/reshard/src/copy/run-copy-job.ts";
const commitClaim = "packages/catalog/src/manifest/commit-claim.ts";
const readEnds = "packages/catalog/src/cut/read-ends.ts";
const completeCut = "packages/catalog/src/cut/complete-cut.ts";
const behind = "packages/catalog/src/cut/behind.ts";
const drain = "packages/compaction/src/run/drain/run-drain.ts";
const positions = "packages/compaction/src/run/group-positions.ts";
const catchUp = "packages/reshard/src/copy/catch-up.ts";
const backfill = "packages/reshard/src/copy/run-backfill.ts";
const sourceDays = "packages/reshard/src/copy/source-days.ts";
const copyTask = "packages/reshard/src/task/copy-task.ts";
const planSlices = "packages/reshard/src/slice/plan-slices.ts";
const proving = "packages/reshard/src/edits/proving.ts";
const ending = "packages/reshard/src/edits/ending.ts";
const copying = "packages/reshard/src/edits/copying.ts";
const endReshard = "packages/reshard/src/commands/end-reshard.ts";
const validate = "packages/reshard/src/commands/validate-reshard.ts";
const retired = "packages/catalog/src/collect/retired-writers.ts";
const floors = "packages/catalog/src/collect/tail-floors.ts";
const endJobs = "packages/catalog/src/collect/end-jobs.ts";

const copies = "packages/reshard/src/copy/schedules.test.ts";
const slices = "packages/reshard/src/slice/slices.test.ts";
const cuts = "packages/catalog/src/cut/complete-cut.test.ts";
const compactions = "packages/compaction/src/schedules.test.ts";

/** `test`: file and name of a scripted test that finds it; without one the model test has to. */
function bug(rule, what, file, text, by, test, also) {
  return { rule, what, file, text, by, test, also };
}

/** A rule that a second module keeps as well. */
const collectionCloses = {
  file: "packages/catalog/src/collect/run-collection.ts",
  text: "for (const spec of specs) await closeGroups(env, project, spec, { signal });",
  by: "void closeGroups;",
};
const commitChecksToken = {
  file: proving,
  text: "if (operation.token !== token) throw validationRequired(before, token);",
  by: "",
};

/** @type {readonly { rule: string, what: string, file: string, text: string, by: string, test?: [string, string], also?: { file: string, text: string, by: string } }[]} */
export const seededBugs = [
  bug(
    "S2",
    "a copy is not capped by the cut",
    sourceDays,
    "cut === undefined ? watermarks : cappedBy(watermarks, cut)",
    "watermarks",
  ),
  bug(
    "S2",
    "a copy commits whatever the old vector is",
    commitClaim,
    "if (!isDeepStrictEqual(standing, from)) {",
    "if (false) {",
    [copies, "schedule 6"],
  ),
  bug(
    "S2, A4",
    "a copy begins from nothing each time",
    "packages/reshard/src/copy/copy-units.ts",
    "const { after, upTo } = unit;",
    "const { after, upTo } = { ...unit, after: null };",
    [copies, "of a day that was copied"],
  ),
  bug(
    "S2, T3",
    "units are listed before the old spec has drained to the cut",
    backfill,
    "await drainToCut(run);",
    "",
  ),
  bug(
    "S2, T13",
    "the vector is written without the files",
    copyJob,
    "...{ added, removed: [] },",
    "...{ added: [], removed: [] },",
  ),
  bug(
    "S2, T19",
    "only one source shard feeds a group",
    "packages/reshard/src/copy/plan-units.ts",
    "if (least <= last) groups.push(first / SHARDS_PER_GROUP);",
    "if (least === shard) groups.push(first / SHARDS_PER_GROUP);",
  ),
  bug(
    "S2, T6",
    "a late row on a copied day is left out",
    "packages/reshard/src/copy/plan-units.ts",
    "const isDone = after !== null && (!isLeft || covers(after, source.upTo));",
    "const isDone = after !== null;",
  ),
  bug(
    "S1, schedule 5",
    "retired writers are not below the cut",
    readEnds,
    "infinite: [...catalog.retired, ...ended]",
    "infinite: [...ended]",
    [cuts, "a retired writer stands at infinity"],
  ),
  bug(
    "S1",
    "the cut does not name a writer that registered meanwhile",
    completeCut,
    "const cut = withLaterWriters(ends, before);",
    "const cut = ends;",
    [cuts, "who registers while the heads are read"],
  ),
  bug(
    "S1, schedule 4",
    "whoever reads heads completes any cut",
    completeCut,
    "cutPending?.operation !== operationId",
    "cutPending === null",
    [cuts, "schedule 4"],
  ),
  bug(
    "S1, T1",
    "the cut is taken from watermarks without the heads",
    readEnds,
    "laterOf(heads.get(ordinal)?.head ?? NO_POSITION, first.get(ordinal) ?? NO_POSITION)",
    "first.get(ordinal) ?? NO_POSITION",
  ),
  bug(
    "S1, C1",
    "drains run while a cut is pending",
    drain,
    "cutPending === null && fed",
    "(cutPending, true) && fed",
    [compactions, "a drain stops while a cut is pending"],
  ),
  bug(
    "S1, R1",
    "a new spec begins at 0 and not at its cut",
    positions,
    "return { positions: cut?.positions ?? {}, infinite: cut?.infinite ?? [] };",
    "return { positions: (cut, {}), infinite: [] };",
  ),
  bug(
    "S1, T9",
    "the row at the cut is of the new generation",
    "packages/compaction/src/task/generation-at.ts",
    "if (lastSeq < seq) count++;",
    "if (lastSeq <= seq) count++;",
  ),
  bug(
    "S3",
    "the cut of a chunked change does not feed the new spec",
    copying,
    "fed: [...before.fed, operation.spec],",
    "",
  ),
  bug(
    "S5, T7",
    "finalize stops feeding the old spec",
    proving,
    "    live: spec,\n",
    "    live: spec,\n    fed: [spec],\n",
  ),
  bug(
    "S5, I8",
    "finalize takes any token",
    "packages/reshard/src/commands/finalize-reshard.ts",
    "if (token === null || token !== operation.token) throw",
    "if (token === null) throw",
    undefined,
    commitChecksToken,
  ),
  bug(
    "S5, I8",
    "finalize needs no copied rows",
    validate,
    "if (left === 0 && isDrained && !isBehind) return;",
    "return;",
    [copies, "a change that is not wholly copied"],
  ),
  bug(
    "S5, T8",
    "a second rollback takes the first one for its own",
    proving,
    'verb === "rollback" && operation === id && number > finalize,',
    'verb === "rollback" && operation === id && number > 0,',
  ),
  bug("S5", "rollback leaves the new spec live", proving, "    live: source,\n  };", "  };"),
  bug(
    "S6, schedule 15",
    "an abort closes no group",
    endReshard,
    "await closeAll(context, aborting, spec, signal);",
    "",
    [copies, "schedule 15"],
    collectionCloses,
  ),
  bug(
    "S6, T28",
    "an abort goes on feeding the new spec",
    ending,
    "fed: before.fed.filter((spec) => spec !== name),",
    "",
  ),
  bug(
    "S6, I17",
    "a closed window leaves the groups of the old spec open",
    endReshard,
    "await closeAll(context, catalog, operation.source, signal);",
    "",
    undefined,
    collectionCloses,
  ),
  bug(
    "S7",
    "two jobs let one group catch up",
    commitClaim,
    "if (isCatchUp && (",
    "if (false && (",
    [copies, "schedule 8"],
  ),
  bug(
    "S7",
    "drains of a spec that is behind go on",
    drain,
    "behind.every((one) => one.spec !== spec)",
    "(behind, true)",
    [compactions, "a drain stops while a cut is pending"],
  ),
  bug(
    "S7, schedule 8",
    "catching up begins at the cut and not where the group stood",
    catchUp,
    "const base = movedTo(firstVector(catalog, group.spec), manifest.base);",
    "const base = firstVector(catalog, group.spec);",
    [copies, "schedule 8"],
  ),
  bug(
    "S7",
    "a group that caught up stays frozen",
    commitClaim,
    "base: isCatchUp ? null : before.base,",
    "base: before.base,",
    [copies, "a spec that falls behind twice"],
  ),
  bug(
    "S7, W7",
    "writers go to infinity in a spec that is behind",
    endJobs,
    "|| isBehind(spec)) continue;",
    "|| (isBehind, false)) continue;",
    [copies, "a writer that retires"],
  ),
  bug(
    "C5",
    "the tail is kept for the live spec only",
    retired,
    "return fed.filter((name) => !behind",
    "return fed.slice(0, 1).filter((name) => !behind",
    [copies, "the tail is kept"],
  ),
  bug(
    "C5",
    "a group without a manifest has drained everything",
    floors,
    "watermarkOf(manifest, ordinal) ?? first)",
    "watermarkOf(manifest, ordinal) ?? (first, Infinity))",
  ),
  bug(
    "D2, T15",
    "a copy says that it applied deletions that it did not",
    copyTask,
    "const hidden = hiddenRows(batch, filter.limitsOf(batch.users.ids));",
    "const hidden = hiddenRows(batch, filter.limitsOf(batch.users.ids)) && undefined;",
  ),
  bug(
    "I3",
    "a copy puts a user into the wrong shard",
    copyTask,
    "const shard = shardOf(users.hashHigh[user] ?? 0, users.hashLow[user] ?? 0, shards);",
    "const shard = shardOf(users.hashLow[user] ?? 0, users.hashHigh[user] ?? 0, shards);",
  ),
  bug(
    "S9, S2",
    "a slice takes rows above the cut",
    planSlices,
    "return min > low && max <= seqIn(upTo, writer);",
    "return min > low;",
    [slices, "a row group with a row that is not copied now"],
  ),
  bug(
    "S9, I3",
    "a row group with users of two new shards is sliced",
    planSlices,
    "target.isOwn &&= first === last;",
    "",
    [slices, "slices and what is decoded beside them"],
  ),
  bug(
    "S9, D2",
    "a slice brings a deleted user back",
    "packages/reshard/src/task/slice-task.ts",
    "if (isDeleted) return copyRows(input, hasher);",
    "",
    [slices, "a user that was deleted since"],
  ),
  bug(
    "S7, schedule 8",
    "the target is read before the tail is kept again",
    behind,
    `  const kept = await chain.commit(
    (newest) => withCatchUp(existing(newest, project), spec, operation),
    { signal },
  );
  if (catchUpOf(kept, spec)?.target !== null) return kept;
  const ends = await readEnds(patientEnv(env), kept, kept.live, { signal });
`,
    `  const seen = existing(await chain.loadNewest({ signal }), project);
  const ends = await readEnds(patientEnv(env), seen, seen.live, { signal });
  const kept = await chain.commit(
    (newest) => withCatchUp(existing(newest, project), spec, operation),
    { signal },
  );
  if (catchUpOf(kept, spec)?.target !== null) return kept;
`,
    [copies, "schedule 8"],
  ),
];
