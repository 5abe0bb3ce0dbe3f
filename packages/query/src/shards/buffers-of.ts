/** The buffers of all typed arrays in plain data, so that they move and are not copied. */
export function buffersOf(data: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const seen = new Set<object>();
  const open: unknown[] = [data];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      // A part of a larger buffer is not ours to move.
      const { buffer, byteLength } = value;
      if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) found.add(buffer);
    } else if (Array.isArray(value)) {
      // Numbers and texts have none, and they are many.
      if (typeof value[0] === "object") for (const one of value) open.push(one);
    } else open.push(...Object.values(value));
  }
  return [...found];
}
