import { expect, test } from "vitest";
import { atEveryStop, joinProject, overtaken, startProject } from "../../test/simulated-project.ts";

// The files of a spec that is given up may go while they are listed: nothing is damaged.
test("a finalize that an abort overtakes is refused for its state, not for lost files", async () => {
  const first = await startProject();
  const other = await joinProject(first.env.startProcess());
  const { reshard } = first.project;
  await reshard.begin({ shards: 3 });
  await reshard.backfill();
  await reshard.validate();
  const end = await overtaken(
    first,
    { what: "list", keyIncludes: "/spec=B/shard=" },
    {
      work: () => reshard.finalize(),
      async meanwhile() {
        const graceMs = 0;
        await other.project.reshard.abort({ graceMs });
        await other.project.collect({ graceMs });
        const { entries } = await other.env.store.list("p/spec=B/shard=");
        expect(entries).toEqual([]);
      },
    },
  );
  expect(end).toMatchObject({ status: "rejected", reason: { code: "RESHARD_STATE" } });
  first.env.endSimulation();
});

test("a validation that an abort overtakes is refused for its state, not for its spec", async () => {
  const stops = { what: "list", keyIncludes: "p/catalog/" } as const;
  const stopCount = await atEveryStop(stops, async (stop) => {
    const first = await startProject();
    const other = await joinProject(first.env.startProcess());
    const { reshard } = first.project;
    await reshard.begin({ shards: 3 });
    await reshard.backfill();
    const end = await overtaken(first, stop, {
      work: () => reshard.validate({ full: true }),
      meanwhile: () => other.project.reshard.abort({ graceMs: 0 }),
    });
    const refused = { status: "rejected", reason: { code: "RESHARD_STATE" } };
    if (end !== undefined) expect(end).toMatchObject(refused);
    first.env.endSimulation();
    return end;
  });
  expect(stopCount).toBeGreaterThan(3);
});
