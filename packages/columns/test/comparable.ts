/** The value with every typed array as its kind and bytes in hex: compared hundreds of times faster. */
export function comparable(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    const kind = value instanceof Uint8Array ? "Uint8Array" : value.constructor.name;
    return `${kind} ${bytes.toString("hex")}`;
  }
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, comparable(one)]));
}
