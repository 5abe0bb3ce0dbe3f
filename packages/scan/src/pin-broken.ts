import { ShaleError } from "@shale/model";

/**
 * A tail object that a pin names is not there. Ordinary queries publish no pin, so it may have been
 * drained and collected meanwhile: the caller pins again (R5).
 */
export function pinBroken(missingKey: string): ShaleError {
  return new ShaleError(
    "PIN_UNSTABLE",
    `Cannot read ${JSON.stringify(missingKey)}: the object has gone since the store was pinned`,
    { details: { missingKey } },
  );
}

/** The object whose absence ended a scan; undefined for every other error. */
export function missingKeyOf(error: unknown): string | undefined {
  if (!(error instanceof ShaleError) || error.code !== "PIN_UNSTABLE") return undefined;
  const key = error.details?.["missingKey"];
  return typeof key === "string" ? key : undefined;
}

const PIN_COUNT_MAX = 4;

/**
 * Runs a scan on a pin, and again on a fresh one when an object of the pin has gone. An object that
 * is missing under two pins in a row is no race but damage (R5).
 *
 * @throws {ShaleError} OBJECT_MISSING, or PIN_UNSTABLE after four pins, or what `run` throws
 */
export async function runWithPin<Pin, Result>(
  openPin: () => Promise<Pin>,
  run: (pin: Pin) => Promise<Result>,
): Promise<Result> {
  let missingBefore: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const pin = await openPin();
    try {
      return await run(pin);
    } catch (error) {
      const missing = missingKeyOf(error);
      if (missing === undefined || attempt === PIN_COUNT_MAX) throw error;
      if (missing === missingBefore) {
        throw new ShaleError(
          "OBJECT_MISSING",
          `Cannot read ${JSON.stringify(missing)}: the newest pin names it, and it is not there`,
          { cause: error },
        );
      }
      missingBefore = missing;
    }
  }
}
