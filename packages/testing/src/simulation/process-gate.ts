/** How a simulated process ends: alone, or with its machine. */
export type EndCause = "kill" | "power";

/** Every call of a simulated process passes here on its way out and on its way back. */
export interface ProcessGate {
  /** Waits while the process is stopped; never settles once it has ended. */
  pass(): Promise<void>;
  pause(): void;
  resume(): void;
  end(cause: EndCause): void;
  readonly isPaused: boolean;
  /** Resolves when the process is stopped or ends; at once when it is or has. */
  stopped(): Promise<void>;
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
  let listeners: (() => void)[] = [];
  let tellEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve;
  });
  function tellStopped(): void {
    const told = listeners;
    listeners = [];
    for (const tell of told) tell();
  }
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
      tellStopped();
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
      tellStopped();
      onEnd?.(cause);
    },
    get isPaused() {
      return waiting !== undefined;
    },
    async stopped() {
      if (waiting !== undefined || isEnded) return;
      await new Promise<void>((resolve) => listeners.push(resolve));
    },
    get isEnded() {
      return isEnded;
    },
    ended,
  };
}
