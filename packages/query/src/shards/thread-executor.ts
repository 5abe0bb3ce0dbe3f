import type { Clock, Workers } from "@shale/env";
import { ShaleError } from "@shale/model";
import type { ThreadInput, ThreadPlace } from "./query-tasks.ts";
import type { ShardExecutor, ShardReply, ShardWatch } from "./shard-executor.ts";
import type { ThreadBoardView } from "./thread-board.ts";
import { createThreadBoard, viewThreadBoard } from "./thread-board.ts";

export interface ThreadExecutorOptions {
  readonly clock: Clock;
  /** One thread, which knows `createQueryTasks`. */
  readonly thread: Workers;
  readonly place: ThreadPlace;
  /** A thread of which nothing is heard for so long is ended; default 30 s. */
  readonly silenceMsMax?: number | undefined;
}

const SILENCE_MS_MAX = 30_000;
/** A thread that was told to stop and goes on for so long is ended. */
const STOP_MS_MAX = 2_000;
/** Between two looks at the board. */
const LOOK_MS = 100;

/** Runs tasks on one thread, which opens the store for itself and keeps what it decoded. */
export function threadExecutor(options: ThreadExecutorOptions): ShardExecutor {
  const { clock, thread, place, silenceMsMax = SILENCE_MS_MAX } = options;
  return {
    async run(request, watch) {
      watch.guard.signal.throwIfAborted();
      const board = createThreadBoard();
      const view = viewThreadBoard(board);
      const ended = new AbortController();
      const killed = new AbortController();
      const watching = watchThread({ clock, watch, view, silenceMsMax }, ended.signal, killed);
      try {
        const input: ThreadInput = { place, request, board };
        const { signal } = killed;
        return await thread.run<ShardReply>({ name: "query.shards", input }, { signal });
      } finally {
        ended.abort();
        await watching;
      }
    },
  };
}

interface Watching {
  readonly clock: Clock;
  readonly watch: ShardWatch;
  readonly view: ThreadBoardView;
  readonly silenceMsMax: number;
}

/** Carries the caller's wish to stop to the thread, and ends one that does not answer. */
async function watchThread(
  { clock, watch, view, silenceMsMax }: Watching,
  ended: AbortSignal,
  killed: AbortController,
): Promise<void> {
  const { signal } = watch.guard;
  const toldToStop = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true, signal: ended });
  });
  let beats = 0;
  let heardMs = clock.monotonicMs();
  let stoppedMs: number | undefined;
  while (!ended.aborted) {
    const looking = clock.sleep(LOOK_MS, { signal: ended }).catch(() => undefined);
    await (signal.aborted ? looking : Promise.race([looking, toldToStop]));
    const nowMs = clock.monotonicMs();
    if (signal.aborted) {
      view.stop();
      stoppedMs ??= nowMs;
      // A task that waits for its turn is taken off.
      if (view.beats() === 0 || nowMs - stoppedMs >= STOP_MS_MAX) killed.abort(signal.reason);
    }
    const { done, total } = view.rows();
    if (total > 0) watch.onRows("scan", done, total);
    const isHeard = view.beats() !== beats || beats === 0;
    if (isHeard) [beats, heardMs] = [view.beats(), nowMs];
    else if (nowMs - heardMs >= silenceMsMax) killed.abort(silentError(silenceMsMax));
  }
}

function silentError(silenceMsMax: number): ShaleError {
  return new ShaleError(
    "WORKER_FAILED",
    `Cannot finish a task of a query: nothing was heard of its thread for ${silenceMsMax} ms`,
  );
}
