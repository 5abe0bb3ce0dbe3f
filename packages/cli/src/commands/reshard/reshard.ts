import type { AddCommand } from "../../command-context.ts";
import { addBackfillCommand } from "./backfill.ts";
import { addBeginCommand } from "./begin.ts";
import { addAbortCommand, addCollectOldCommand } from "./end.ts";
import { addFinalizeCommand, addRollbackCommand } from "./finalize.ts";
import { addReshardLogCommand } from "./log.ts";
import { addPlanCommand } from "./plan.ts";
import { addReshardStatusCommand } from "./status.ts";
import { addValidateCommand } from "./validate.ts";

/** `shale reshard …`: one command for each step of docs/resharding.md. */
export const addReshardCommand: AddCommand = (program, run) => {
  const reshard = program
    .command("reshard")
    .summary("change the number of shards of a live project")
    .description(
      "Changes the number of shards while the project is in use (docs/resharding.md): plan, begin, backfill, validate, finalize, and collect when no way back is needed any more. Each step may run in any process, and a rerun goes on.",
    )
    .addHelpText(
      "after",
      `
Examples:
  shale reshard plan --num-data-shards=32
  shale reshard begin --num-data-shards=32
  shale reshard backfill --new-sharding-spec=B --throttle=50MB/s
  shale reshard validate --new-sharding-spec=B
  shale reshard finalize --new-sharding-spec=B
  shale reshard status --watch`,
    );
  for (const add of [
    addPlanCommand,
    addBeginCommand,
    addBackfillCommand,
    addValidateCommand,
    addFinalizeCommand,
    addRollbackCommand,
    addAbortCommand,
    addReshardStatusCommand,
    addCollectOldCommand,
    addReshardLogCommand,
  ]) {
    add(reshard, run);
  }
};
