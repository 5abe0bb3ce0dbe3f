import type { DayFileEntry, DayFileGeneration, ManifestClaimKind } from "@shale/format";

/**
 * What a job took in and left out, by generation (protocol C3): digests are sums mod 2^128 of the
 * rows' digests. What it put out stands in the entries that it adds. A list may have a generation
 * more than once, and need not name one without rows.
 */
export interface ManifestBalance {
  /**
   * drain: the group's rows of the tail range; merge, purge, expire: the files that go; copy: what
   * the source gave.
   */
  readonly in: readonly DayFileGeneration[];
  /** Duplicates that lost (R3). */
  readonly duplicates?: readonly DayFileGeneration[] | undefined;
  /** Rows under tombstones (D1). */
  readonly deleted?: readonly DayFileGeneration[] | undefined;
  /** Rows of days before the first kept one (C6). */
  readonly expired?: readonly DayFileGeneration[] | undefined;
}

type Reason = "duplicates" | "deleted" | "expired";

/** Why a job of each kind may leave rows out. */
const reasonsByKind: Readonly<Record<ManifestClaimKind, readonly Reason[]>> = {
  drain: ["deleted", "expired"],
  merge: ["duplicates", "deleted", "expired"],
  purge: ["duplicates", "deleted", "expired"],
  expire: ["expired"],
  copy: ["deleted", "expired"],
  fold: [],
};

/** What does not add up; undefined when in = out + what may be left out, for each generation. */
export function imbalanceOf(
  kind: ManifestClaimKind,
  added: readonly DayFileEntry[],
  balance: ManifestBalance,
): string | undefined {
  const reasons: readonly Reason[] = ["duplicates", "deleted", "expired"];
  const refused = reasons.find(
    (reason) => !reasonsByKind[kind].includes(reason) && hasRows(balance[reason]),
  );
  if (refused !== undefined) return `a ${kind} leaves out no ${refused}`;
  const source = sumByGeneration(balance.in);
  const target = sumByGeneration([
    ...added.flatMap(({ generations }) => generations),
    ...reasons.flatMap((reason) => balance[reason] ?? []),
  ]);
  for (const generation of new Set([...source.keys(), ...target.keys()])) {
    const [a, b] = [source.get(generation) ?? NOTHING, target.get(generation) ?? NOTHING];
    if (a.rows !== b.rows || a.digest !== b.digest) {
      const [was, is] = [a, b].map(({ rows, digest }) => `${rows} rows of digest ${digest}`);
      return `generation ${generation}: ${was} became ${is}`;
    }
  }
  return undefined;
}

function hasRows(sums: readonly DayFileGeneration[] | undefined): boolean {
  return sums?.some(({ rows }) => rows > 0) ?? false;
}

const NOTHING = { rows: 0, digest: "0".repeat(32) };

function sumByGeneration(
  sums: readonly DayFileGeneration[],
): ReadonlyMap<number, { readonly rows: number; readonly digest: string }> {
  const totals = new Map<number, { rows: number; digest: string }>();
  for (const { generation, rows, digest } of sums) {
    const so = totals.get(generation) ?? NOTHING;
    totals.set(generation, { rows: so.rows + rows, digest: addDigestTexts(so.digest, digest) });
  }
  return totals;
}

/** The sum mod 2^128 of two numbers of 32 hex digits. */
export function addDigestTexts(a: string, b: string): string {
  let digits = "";
  let carry = 0;
  for (let at = 24; at >= 0; at -= 8) {
    const word = (text: string): number => Number.parseInt(text.slice(at, at + 8), 16);
    const sum = word(a) + word(b) + carry;
    carry = sum > 0xffff_ffff ? 1 : 0;
    digits = (sum % 0x1_0000_0000).toString(16).padStart(8, "0") + digits;
  }
  return digits;
}
