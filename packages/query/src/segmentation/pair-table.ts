/** Numbers pairs of codes from 0 in order of first appearance. */
export interface PairTable {
  readonly count: number;
  readonly byteCount: number;
  /** The number of a pair, added when new. Both codes are unsigned 32-bit numbers. */
  indexOf(first: number, second: number): number;
  firstOf(index: number): number;
  secondOf(index: number): number;
}

const CAPACITY_AT_FIRST = 64;

export function createPairTable(): PairTable {
  let firsts = new Uint32Array(CAPACITY_AT_FIRST);
  let seconds = new Uint32Array(CAPACITY_AT_FIRST);
  /** 1 + the number of a pair, 0 = free; at most half are taken. */
  let slots = new Uint32Array(2 * CAPACITY_AT_FIRST);
  let count = 0;

  function grow(): void {
    firsts = grown(firsts);
    seconds = grown(seconds);
    slots = new Uint32Array(4 * count);
    const mask = slots.length - 1;
    for (let index = 0; index < count; index++) {
      let slot = hashOf(firsts[index] ?? 0, seconds[index] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
  }
  return {
    get count() {
      return count;
    },
    get byteCount() {
      return firsts.byteLength + seconds.byteLength + slots.byteLength;
    },
    indexOf(first, second) {
      const mask = slots.length - 1;
      let slot = hashOf(first, second) & mask;
      for (let taken = slots[slot] ?? 0; taken !== 0; taken = slots[slot] ?? 0) {
        if (firsts[taken - 1] === first && seconds[taken - 1] === second) return taken - 1;
        slot = (slot + 1) & mask;
      }
      if (count === firsts.length) {
        grow();
        return this.indexOf(first, second);
      }
      firsts[count] = first;
      seconds[count] = second;
      slots[slot] = ++count;
      return count - 1;
    },
    firstOf: (index) => firsts[index] ?? 0,
    secondOf: (index) => seconds[index] ?? 0,
  };
}

function grown(source: Uint32Array): Uint32Array<ArrayBuffer> {
  const target = new Uint32Array(source.length * 2);
  target.set(source);
  return target;
}

function hashOf(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second ^ (second >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
