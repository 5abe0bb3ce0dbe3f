/** Memory that a task and its caller share while the task runs: what each tells the other. */
export interface ThreadBoard {
  readonly flags: SharedArrayBuffer;
  readonly rows: SharedArrayBuffer;
}

const [STOP, BEATS] = [0, 1];

export function createThreadBoard(): ThreadBoard {
  return { flags: new SharedArrayBuffer(8), rows: new SharedArrayBuffer(16) };
}

export interface ThreadBoardView {
  /** Tells the task to stop at its next breath. */
  stop(): void;
  isStopped(): boolean;
  /** Tells the caller that the task is alive. */
  beat(): void;
  /** 0: the task has not begun. */
  beats(): number;
  noteRows(done: number, total: number): void;
  rows(): { readonly done: number; readonly total: number };
}

export function viewThreadBoard(board: ThreadBoard): ThreadBoardView {
  const flags = new Int32Array(board.flags);
  const rows = new Float64Array(board.rows);
  return {
    stop: () => void Atomics.store(flags, STOP, 1),
    isStopped: () => Atomics.load(flags, STOP) === 1,
    beat: () => void Atomics.add(flags, BEATS, 1),
    beats: () => Atomics.load(flags, BEATS),
    noteRows(done, total) {
      [rows[0], rows[1]] = [done, total];
    },
    rows: () => ({ done: rows[0] ?? 0, total: rows[1] ?? 0 }),
  };
}
