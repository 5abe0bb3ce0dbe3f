import type { StoredRow } from "./stored-rows.ts";

/**
 * The digest of docs/formats/digest.md over whole numbers without an end, sharing no code with what
 * is tested.
 */
export function slowDigest(rows: readonly StoredRow[]): string {
  const sum = rows.reduce((all, row) => all + slowRowDigest(row), 0n);
  return (sum % 2n ** 128n).toString(16).padStart(32, "0");
}

function slowRowDigest(row: StoredRow): bigint {
  const terms = [
    term(0, "user_id", Buffer.from(row.user_id)),
    term(0, "event", Buffer.from(row.event)),
    term(0, "time", doubleBytes(row.timeMs)),
    term(0, "seq", doubleBytes(row.seq)),
    term(0, "writer", doubleBytes(row.writer)),
  ];
  if (row.insert_id !== undefined) terms.push(term(0, "insert_id", Buffer.from(row.insert_id)));
  for (const [name, value] of Object.entries(row.properties)) {
    if (typeof value === "string") terms.push(term(1, name, Buffer.from(value)));
    else if (Array.isArray(value)) terms.push(term(2, name, Buffer.from(JSON.stringify(value))));
    else if (typeof value === "number") terms.push(term(3, name, doubleBytes(value)));
    else terms.push(term(4, name, Buffer.of(value === true ? 1 : 0)));
  }
  const lanes = [0, 1, 2, 3].map((lane) => terms.reduce((sum, one) => sum + one[lane]!, 0n) % WORD);
  const bytes = Buffer.alloc(16);
  lanes.forEach((lane, index) => void bytes.writeUInt32LE(Number(lane), 4 * index));
  return slowHash(slowHash(ORIGIN, Buffer.of(0xff)), bytes).reduce(
    (number, lane) => number * WORD + lane,
    0n,
  );
}

function term(tag: number, name: string, value: Uint8Array): bigint[] {
  const label = Buffer.concat([Buffer.of(tag), Buffer.from(name)]);
  return slowHash(slowHash(ORIGIN, label), value);
}

function doubleBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

const WORD = 2n ** 32n;
const ORIGIN = [0x7368616cn, 0x65206469n, 0x67657374n, 0x20303031n];
const FACTORS = [0x239b961bn, 0xab0e9789n, 0x38b34ae5n, 0xa1e38b93n];
const BITS = [15n, 16n, 17n, 18n];
const STEPS = [
  [19n, 0x561ccd1bn],
  [17n, 0x0bcaa747n],
  [15n, 0x96cd1c35n],
  [13n, 0x32ac3b17n],
] as const;

/** MurmurHash3_x86_128, its four lanes beginning as `key`. */
export function slowHash(key: readonly bigint[], bytes: Uint8Array): bigint[] {
  const lanes = [...key];
  const blockCount = Math.floor(bytes.length / 16);
  const padded = Buffer.alloc(16 * (blockCount + 1));
  padded.set(bytes);
  for (let block = 0; block <= blockCount; block++) {
    for (let lane = 0; lane < 4; lane++) {
      let word = BigInt(padded.readUInt32LE(16 * block + 4 * lane));
      word = rotated((word * FACTORS[lane]!) % WORD, BITS[lane]!) * FACTORS[(lane + 1) % 4]!;
      lanes[lane]! ^= word % WORD;
      if (block === blockCount) continue; // The rest of the bytes, zeros behind it.
      const [bits, constant] = STEPS[lane]!;
      const mixed = rotated(lanes[lane]!, bits) + lanes[(lane + 1) % 4]!;
      lanes[lane] = (mixed * 5n + constant) % WORD;
    }
  }
  const first = lanes.map((lane) => lane ^ BigInt(bytes.length));
  return spread(spread(first).map(finalMix));
}

function spread(lanes: readonly bigint[]): bigint[] {
  const sum = lanes.reduce((all, lane) => all + lane, 0n) % WORD;
  return [sum, ...lanes.slice(1).map((lane) => (lane + sum) % WORD)];
}

function finalMix(lane: bigint): bigint {
  let value = ((lane ^ (lane >> 16n)) * 0x85ebca6bn) % WORD;
  value = ((value ^ (value >> 13n)) * 0xc2b2ae35n) % WORD;
  return value ^ (value >> 16n);
}

function rotated(lane: bigint, bits: bigint): bigint {
  return ((lane << bits) | (lane >> (32n - bits))) % WORD;
}
