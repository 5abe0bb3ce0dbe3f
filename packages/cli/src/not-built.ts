/** Commands of the contract that this version does not have. */
export const notBuiltCommands = ["load", "cache", "replay"] as const;

export function isNotBuilt(name: string | undefined): boolean {
  return notBuiltCommands.some((command) => command === name);
}
