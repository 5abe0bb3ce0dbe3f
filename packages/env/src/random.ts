export interface Random {
  /** A uniform integer, 0 <= n < 2^32. */
  nextU32(): number;
}

/** 128 random bits as 32 hex digits: names one attempt to commit, one flush, one lock. */
export function nonceOf(random: Random): string {
  let text = "";
  for (let i = 0; i < 4; i++) text += random.nextU32().toString(16).padStart(8, "0");
  return text;
}
