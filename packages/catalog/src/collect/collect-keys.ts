import type { ProjectId } from "@shale/model";

const NONCE = /^[0-9a-f]{32}$/;
const BEAT = "-beat";

export function workPinPrefix(project: ProjectId): string {
  return `${project}/pins/`;
}

export function workPinKey(project: ProjectId, nonce: string): string {
  return workPinPrefix(project) + nonce;
}

/** What a work pin renews; beside it, and older than it. */
export function workPinBeatKey(project: ProjectId, nonce: string): string {
  return workPinKey(project, nonce) + BEAT;
}

/** undefined for a key that is neither a pin nor its beat. */
export function workPinOfKey(
  project: ProjectId,
  key: string,
): { readonly nonce: string; readonly isBeat: boolean } | undefined {
  const name = nameBehind(workPinPrefix(project), key);
  const isBeat = name.endsWith(BEAT);
  const nonce = isBeat ? name.slice(0, -BEAT.length) : name;
  return NONCE.test(nonce) ? { nonce, isBeat } : undefined;
}

export function condemnedPrefix(project: ProjectId): string {
  return `${project}/condemned/`;
}

export function firstLookPrefix(project: ProjectId): string {
  return `${project}/looks/`;
}

/** What validations of a reshard have found; kept for ever, as the log that names them. */
export function validationPrefix(project: ProjectId): string {
  return `${project}/validations/`;
}

export function validationKey(project: ProjectId, nonce: string): string {
  return validationPrefix(project) + nonce;
}

/** Whether `key` is `prefix` and the nonce of one object. */
export function isNonceKey(prefix: string, key: string): boolean {
  return NONCE.test(nameBehind(prefix, key));
}

/** Written anew by every collection, to ask the store for its time. */
export function storeClockKey(project: ProjectId): string {
  return `${project}/collect/clock`;
}

function nameBehind(prefix: string, key: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : "";
}
