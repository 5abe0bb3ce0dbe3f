import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export type Arrow = typeof import("apache-arrow");

let loaded: Arrow | undefined;

/**
 * Apache Arrow, at its first use: importing it takes longer than everything else of Shale together.
 * By `require` of the very file that `import` would take, so that both give the same classes.
 */
export function loadArrow(): Arrow {
  const file = fileURLToPath(import.meta.resolve("apache-arrow"));
  loaded ??= createRequire(import.meta.url)(file) as Arrow;
  return loaded;
}
