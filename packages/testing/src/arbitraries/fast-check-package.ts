import { createRequire } from "node:module";
import { ShaleError } from "@shale/model";
import type * as FastCheck from "fast-check";

/**
 * fast-check, looked up when an arbitrary is asked for: the rest of this package works without it.
 * Arbitraries made by this copy run under any other copy, whichever way it was imported.
 */
export function loadFastCheck(): typeof FastCheck {
  try {
    return createRequire(import.meta.url)("fast-check") as typeof FastCheck;
  } catch (cause) {
    throw new ShaleError(
      "PACKAGE_MISSING",
      'Cannot make an arbitrary: the package "fast-check" is not installed',
      { cause },
    );
  }
}
