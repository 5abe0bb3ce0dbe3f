import { compactionTasks } from "@shale/compaction";
import { serveTasks } from "@shale/env";
import { createQueryTasks } from "@shale/query";
import { reshardTasks } from "@shale/reshard";
import { threadEnvironmentOf } from "./environment.ts";

// The one file that worker threads start from (architecture, section 6).
serveTasks({
  ...compactionTasks,
  ...reshardTasks,
  ...createQueryTasks(threadEnvironmentOf),
});
