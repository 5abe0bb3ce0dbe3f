import type { Env, WorkerResult, WorkerTasks } from "@shale/env";
import type { TailCache } from "@shale/scan";
import { createTailCache } from "@shale/scan";
import type { QueryGuard } from "../query-guard.ts";
import { createQueryGuard } from "../query-guard.ts";
import { buffersOf } from "./buffers-of.ts";
import type { ShardReply, ShardRequest } from "./shard-executor.ts";
import { inlineExecutor } from "./shard-executor.ts";
import type { ThreadBoard, ThreadBoardView } from "./thread-board.ts";
import { viewThreadBoard } from "./thread-board.ts";

/** What the tasks of a thread share while it lives. */
export interface ThreadPlace {
  /** The store's folder. */
  readonly root: string;
  /** Bytes of decoded columns that the thread may keep. */
  readonly cacheBytesMax: number;
}

export interface ThreadInput {
  readonly place: ThreadPlace;
  readonly request: ShardRequest;
  readonly board: ThreadBoard;
}

/** Between two signs of life while a task waits for the store. */
const BEAT_MS = 500;

/** The tasks of a worker entry. `openEnv` opens the folder of a store: called once for each. */
export function createQueryTasks(openEnv: (root: string) => Env) {
  const places = new Map<string, { readonly env: Env; readonly cache: TailCache }>();
  function placeOf({ root, cacheBytesMax }: ThreadPlace) {
    let place = places.get(root);
    if (place === undefined) {
      place = { env: openEnv(root), cache: createTailCache({ bytesMax: cacheBytesMax }) };
      places.set(root, place);
    }
    return place;
  }
  return {
    "query.shards": async (input: ThreadInput): Promise<WorkerResult<ShardReply>> => {
      const { env, cache } = placeOf(input.place);
      const board = guardOfBoard(env, viewThreadBoard(input.board));
      try {
        const output = await inlineExecutor(env, cache).run(input.request, board);
        return { output, transfer: buffersOf(output) };
      } finally {
        board.close();
      }
    },
  } satisfies WorkerTasks;
}

/** The guard of a task on its thread: told to stop by the board, and heard there. */
function guardOfBoard(env: Env, view: ThreadBoardView) {
  const stop = new AbortController();
  const ended = new AbortController();
  const own = createQueryGuard(env, { signal: stop.signal });
  function beat(): void {
    view.beat();
    if (view.isStopped()) stop.abort();
  }
  async function beatWhileWaiting(): Promise<void> {
    while (!ended.signal.aborted) {
      beat();
      await env.clock.sleep(BEAT_MS, { signal: ended.signal }).catch(() => undefined);
    }
  }
  void beatWhileWaiting();
  const guard: QueryGuard = {
    signal: own.signal,
    close: own.close,
    async breathe() {
      beat();
      await own.breathe();
    },
  };
  return {
    guard,
    onRows: (_phase: string, done: number, total: number) => view.noteRows(done, total),
    close(): void {
      ended.abort();
      own.close();
    },
  };
}
