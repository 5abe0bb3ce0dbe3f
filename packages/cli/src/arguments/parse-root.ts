import { ShaleError } from "@shale/model";

export const DEFAULT_ROOT = "./shale-data";

/**
 * The folder of `--root`.
 *
 * @throws {ShaleError} STORE_NOT_BUILT for the address of a bucket, USAGE for nothing.
 */
export function parseRoot(text: string): string {
  if (text.trim() === "")
    throw new ShaleError("USAGE", "Cannot use an empty --root: name a folder");
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new ShaleError(
      "STORE_NOT_BUILT",
      `Cannot open ${JSON.stringify(text)}: this version keeps its data in folders only`,
    );
  }
  return text;
}
