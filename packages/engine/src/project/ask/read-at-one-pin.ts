import type { Pin } from "@shale/scan";
import { missingKeyOf } from "@shale/scan";
import { throwIfAborted } from "../../close-errors.ts";
import { holdWorkPin } from "../hold-work-pin.ts";
import type { ProjectParts } from "../project-parts.ts";
import type { PinRequest } from "./take-pin.ts";
import { pinsOf } from "./take-pin.ts";

/** Pins taken anew, as long as nothing was given out, before the loss of an object is an error. */
const PINS_MAX = 4;

/**
 * What `read` gives out at one pin, and at a fresh one when an object of the pin has gone before
 * anything was given out. The pin is held until the end: however long the caller takes, no
 * collector removes what it stands on (R5). Breaking out of the loop releases it.
 *
 * @throws {ShaleError} CANCELLED, SNAPSHOT_EXPIRED, and what `read` throws
 */
export async function* readAtOnePin<T>(
  parts: ProjectParts,
  request: PinRequest,
  read: (pin: Pin) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const { signal } = request;
  try {
    const held = await holdWorkPin(parts, { what: "events", signal });
    try {
      yield* atAnyPin(pinsOf(parts, request), read);
    } finally {
      await held.release();
    }
  } catch (error) {
    throwIfAborted(signal, "read events");
    throw error;
  }
}

async function* atAnyPin<T>(
  nextPin: () => Promise<Pin>,
  read: (pin: Pin) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  for (let attempt = 1; ; attempt++) {
    const pin = await nextPin();
    let isUntouched = true;
    try {
      for await (const one of read(pin)) {
        isUntouched = false;
        yield one;
      }
      return;
    } catch (error) {
      // What was given out belongs to one cut: only an untouched reader may move to another.
      if (missingKeyOf(error) === undefined || !isUntouched || attempt === PINS_MAX) throw error;
    }
  }
}
