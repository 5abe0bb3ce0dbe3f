/** A column of numbers that rows are added to. */
export interface GrowingColumn<Numbers extends Uint32Array | Float64Array> {
  /** Room for more than the rows: those from `length` on mean nothing. */
  readonly numbers: Numbers;
  readonly length: number;
  readonly byteCount: number;
  push(value: number): void;
  /**
   * Room for `count` more numbers behind `length`: they are written to the array that is given back,
   * and `advance` says how many there are.
   */
  reserve(count: number): Numbers;
  advance(count: number): void;
  clear(): void;
}

const LENGTH_AT_FIRST = 256;

export function growingU32(): GrowingColumn<Uint32Array> {
  return growing((length) => new Uint32Array(length));
}

export function growingF64(): GrowingColumn<Float64Array> {
  return growing((length) => new Float64Array(length));
}

function growing<Numbers extends Uint32Array | Float64Array>(
  create: (length: number) => Numbers,
): GrowingColumn<Numbers> {
  let numbers = create(LENGTH_AT_FIRST);
  let length = 0;
  function grow(least: number): void {
    const grown = create(Math.max(least, 2 * numbers.length));
    grown.set(numbers);
    numbers = grown;
  }
  return {
    get numbers() {
      return numbers;
    },
    get length() {
      return length;
    },
    get byteCount() {
      return numbers.byteLength;
    },
    push(value) {
      if (length === numbers.length) grow(length + 1);
      numbers[length++] = value;
    },
    reserve(count) {
      if (length + count > numbers.length) grow(length + count);
      return numbers;
    },
    advance(count) {
      length += count;
    },
    clear() {
      length = 0;
    },
  };
}
