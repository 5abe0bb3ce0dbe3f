// Timing for scenarios: engines in turn within one run, medians with minimum and maximum.

/** Seconds that `work` takes; its result is returned too, so that the caller can check it. */
export async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { seconds: (performance.now() - start) / 1000, result };
}

export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/**
 * Runs each engine once a round, in turn, so that a drift of the machine's speed meets them all.
 * `engines`: name -> async (round) => { seconds, rows, answer, figures?, peakMb? }. Answers must
 * agree. Figures are other numbers by their name; their medians are told.
 */
export async function inTurn(engines, rounds) {
  const samples = new Map(Object.keys(engines).map((name) => [name, []]));
  let expected;
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(engines)) {
      globalThis.gc?.();
      const sample = await run(round);
      const answer = JSON.stringify(sample.answer);
      expected ??= answer;
      if (answer !== expected) {
        const at = [...answer].findIndex((one, i) => one !== expected[i]);
        const [found, first] = [answer, expected].map((text) =>
          text.slice(Math.max(0, at - 60), at + 60),
        );
        throw new Error(`${name} answers …${found}…, the first engine …${first}…`);
      }
      samples.get(name).push(sample);
    }
  }
  return [...samples].map(([engine, list]) => ({
    engine,
    rows: list[0].rows,
    seconds: spread(list.map((sample) => sample.seconds)),
    rowsPerSecond: spread(list.map((sample) => sample.rows / sample.seconds)),
    perRound: list.map((sample) => sample.seconds),
    figures: mediansOf(list.map((sample) => sample.figures ?? {})),
    peakMb: list[0].peakMb === undefined ? undefined : Math.max(...list.map((one) => one.peakMb)),
    answer: expected,
  }));
}

function mediansOf(figures) {
  const names = Object.keys(figures[0]);
  return Object.fromEntries(
    names.map((name) => [name, rounded(spread(figures.map((one) => one[name])).median)]),
  );
}

function rounded(value) {
  return Number(value.toPrecision(4));
}

/** Ratios of speed to the named engine, round by round: 2 means twice as fast. */
export function ratiosTo(results, engine) {
  const floor = results.find((result) => result.engine === engine);
  return new Map(
    results.map((result) => [
      result.engine,
      spread(result.perRound.map((seconds, round) => floor.perRound[round] / seconds)),
    ]),
  );
}
