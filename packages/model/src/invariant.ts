/** Thrown when the code itself is wrong. Only a top-level caller may catch it. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

export function invariant(holds: boolean, fact: string): asserts holds {
  if (!holds) throw new InvariantError(`Invariant broken: ${fact}`);
}

/** Ends an exhaustive switch: a new member of the union stops the build at the call. */
export function unreachable(value: never): never {
  throw new InvariantError(`Unreachable: ${JSON.stringify(value)}`);
}
