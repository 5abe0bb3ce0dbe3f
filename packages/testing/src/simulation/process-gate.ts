/** How a simulated process ends: alone, or with its machine. */
export type EndCause = "kill" | "power";

/** Every call of a simulated process passes here on its way out and on its way back. */
export interface ProcessGate {
  /** Waits while the process is stopped; never settles once it has ended. */
  pass(): Promise<void>;
  pause(): void;
  resume(): void;
  end(cause: EndCause): void;
  readonly isEnded: boolean;
  /** Resolves when the process ends. */
  readonly ended: Promise<void>;
}

/** What a call of a dead process returns: it does not come back. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

export function processGate(onEnd?: (cause: EndCause) => void): ProcessGate {
  let isEnded = false;
  let waiting: (() => void)[] | undefined; // Undefined while the process runs.
  let tellEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve;
  });
  return {
    async pass() {
      while (waiting !== undefined && !isEnded) {
        const queue = waiting;
        await new Promise<void>((resolve) => queue.push(resolve));
      }
      if (isEnded) await never();
    },
    pause() {
      waiting ??= [];
    },
    resume() {
      const queue = waiting ?? [];
      waiting = undefined;
      for (const wake of queue) wake();
    },
    end(cause) {
      if (isEnded) return;
      isEnded = true;
      tellEnded();
      onEnd?.(cause);
    },
    get isEnded() {
      return isEnded;
    },
    ended,
  };
}
