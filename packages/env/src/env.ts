import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Logger } from "./logger.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Processes } from "./processes.ts";
import type { Random } from "./random.ts";
import type { Workers } from "./workers.ts";

/** Everything outside the engine. Passed first to every function that does I/O. */
export interface Env {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly processes: Processes;
  readonly store: ObjectStore;
  /** Where logs live; undefined on a bucket without a `walDirectory`. */
  readonly disk: Disk | undefined;
  readonly workers: Workers;
}
