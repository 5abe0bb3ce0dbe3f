/**
 * Files beside the objects. A key segment neither starts with a dot nor holds a tilde, so none of
 * these is ever an object, and no other program's hidden file is taken for one of them.
 */
const TEMPORARY = /^\.tmp~[0-9a-f]{32}$/;
const SUCCESSOR = /^(\.lock~[A-Za-z0-9_=.-]+)~[0-9a-f]{32}$/;

/** When the last sweep began, as the file's time; in the root. */
export const SWEEP_MARK = ".swept";

export function temporaryNameOf(nonce: string): string {
  return `.tmp~${nonce}`;
}

export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** The lock of the object `name` of the same folder. */
export function lockNameOf(name: string): string {
  return `.lock~${name}`;
}

/** Who follows the dead holder with that nonce. */
export function successorNameOf(lockName: string, nonce: string): string {
  return `${lockName}~${nonce}`;
}

/** The lock that a successor's name belongs to; undefined for any other name. */
export function lockOfSuccessor(name: string): string | undefined {
  return SUCCESSOR.exec(name)?.[1];
}
