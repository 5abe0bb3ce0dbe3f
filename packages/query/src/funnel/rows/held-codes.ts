import type { ScanBatch } from "@shale/scan";
import { createKeyCells, isUndefined } from "../../segmentation/key-cells.ts";
import { createPairTable } from "../../segmentation/pair-table.ts";

/** Nothing holds with an event that lacks one of the properties. */
export const HOLDS_NOTHING = 0;

/** Numbers what rows hold constant: HOLDS_NOTHING, or the same above it for the same values. */
export interface HeldCodes {
  of(batch: ScanBatch): Uint32Array;
  readonly byteCount: number;
}

export function createHeldCodes(properties: readonly string[]): HeldCodes {
  const keys = properties.map((property) => createKeyCells({ property, buckets: undefined }));
  const pairs = createPairTable();
  return {
    of(batch) {
      const codes = new Uint32Array(batch.rowCount).fill(1);
      for (const key of keys) {
        const cells = key.cellsOf(batch, undefined);
        for (let row = 0; row < codes.length; row++) {
          const cell = cells[row] ?? 0;
          const held = codes[row] ?? HOLDS_NOTHING;
          const holds = held !== HOLDS_NOTHING && !isUndefined(key, cell);
          codes[row] = holds ? pairs.indexOf(held, cell) + 2 : HOLDS_NOTHING;
        }
      }
      return codes;
    },
    get byteCount() {
      return keys.reduce((sum, { byteCount }) => sum + byteCount, pairs.byteCount);
    },
  };
}
