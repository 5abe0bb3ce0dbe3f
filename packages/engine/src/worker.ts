import { compactionTasks } from "@shale/compaction";
import { serveTasks } from "@shale/env";

// The one file that worker threads start from (architecture, section 6).
serveTasks(compactionTasks);
