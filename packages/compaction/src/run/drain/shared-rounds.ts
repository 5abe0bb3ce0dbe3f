/**
 * Lets several callers do together what each of them asks for by itself.
 *
 * A round begins when everybody who is in has asked, and each is given its own result. Whoever has
 * to wait for something else, or has finished, leaves meanwhile, so that nobody waits for it.
 */
export interface SharedRounds<Request, Result> {
  ask(request: Request): Promise<Result>;
  leave(): void;
  enter(): void;
}

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** What came of one request. */
export type Settled<Result> = { readonly result: Result } | { readonly error: unknown };

/**
 * @param memberCount Those who are in at first.
 * @param work Gives a result for each request, in their order.
 */
export function createSharedRounds<Request, Result>(
  memberCount: number,
  work: (requests: readonly Request[]) => Promise<readonly Settled<Result>[]>,
): SharedRounds<Request, Result> {
  let memberCountIn = memberCount;
  let waiting: Waiting<Request, Result>[] = [];

  async function runRound(round: readonly Waiting<Request, Result>[]): Promise<void> {
    try {
      const settled = await work(round.map(({ request }) => request));
      round.forEach(({ resolve, reject }, index) => {
        const own = settled[index];
        if (own !== undefined && "result" in own) resolve(own.result);
        else reject(own?.error);
      });
    } catch (error) {
      for (const { reject } of round) reject(error);
    }
  }
  function beginIfAllAsked(): void {
    if (waiting.length === 0 || waiting.length < memberCountIn) return;
    const round = waiting;
    waiting = [];
    void runRound(round); // Never rejects: every request is answered.
  }
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        beginIfAllAsked();
      }),
    leave() {
      memberCountIn--;
      beginIfAllAsked();
    },
    enter() {
      memberCountIn++;
    },
  };
}
