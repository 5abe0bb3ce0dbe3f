import type { DayFileEntry } from "./manifest-document.ts";

const ID = /^[0-9a-f]{32}-(?:0|[1-9][0-9]{0,8})$/;
const CLAIM = /^[0-9a-f]{32}$/;
const CLAIM_LENGTH = 32;

/** Whether `text` names an output of a job: `<claim id, 32 hex digits>-<number below 10^9>`. */
export function isOutputId(text: string): boolean {
  return ID.test(text);
}

export function isClaimId(text: string): boolean {
  return CLAIM.test(text);
}

/** The claim that an output is named after. */
export function claimOfOutput(id: string): string {
  return id.slice(0, CLAIM_LENGTH);
}

/** The number in an output's id. */
export function numberOfOutput(id: string): number {
  return Number(id.slice(CLAIM_LENGTH + 1));
}

export function outputId(claim: string, number: number): string {
  return `${claim}-${number}`;
}

/** The order of entries in pages: by day, shard, claim id and number. */
export function compareEntries(a: EntryPlace, b: EntryPlace): number {
  return a.day - b.day || a.shard - b.shard || compareOutputIds(a.id, b.id);
}
type EntryPlace = Pick<DayFileEntry, "day" | "shard" | "id">;

function compareOutputIds(a: string, b: string): number {
  if (a === b) return 0;
  const [claimA, claimB] = [claimOfOutput(a), claimOfOutput(b)];
  if (claimA !== claimB) return claimA < claimB ? -1 : 1;
  // Numbers have no leading zeros: the shorter is the smaller.
  return a.length - b.length || (a < b ? -1 : 1);
}
