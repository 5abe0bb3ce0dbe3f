import { expect, test } from "vitest";
import { joinProject, overtaken, startProject } from "../../test/simulated-project.ts";

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
