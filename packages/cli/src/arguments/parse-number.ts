import { ShaleError } from "@shale/model";

/**
 * A whole number of at least `least`, as an argument parser for the option `name`.
 *
 * @throws {ShaleError} USAGE
 */
export function wholeNumberOf(name: string, least: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least) return value;
    throw new ShaleError(
      "USAGE",
      `Cannot use ${JSON.stringify(text)} for ${name}: it takes a whole number from ${least} up`,
    );
  };
}

/** Gathers the values of an option that may be given more than once. */
export function collected(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
