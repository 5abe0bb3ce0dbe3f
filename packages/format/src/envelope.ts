import { crc32 } from "node:zlib";
import { ShaleError } from "@shale/model";

/** Documents people may read: one header line, then JSON. See docs/formats/catalog.md. */
export type DocumentKind =
  | "catalog"
  | "heartbeat"
  | "manifest"
  | "pin"
  | "condemned"
  | "look"
  | "validation";

const HEADER = /^shale-([a-z]+) ([1-9][0-9]{0,8}) ([0-9a-f]{8}) (0|[1-9][0-9]{0,14})$/;
/** Longest header line in bytes, line feed left out: a search for its end stops here. */
const HEADER_BYTES_MAX = 64;
const LINE_FEED = 0x0a;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export interface Envelope {
  readonly kind: DocumentKind;
  readonly formatVersion: number;
  /** A JSON value. */
  readonly body: unknown;
}

export interface EnvelopeOpening {
  /** Named in errors. */
  readonly key: string;
  readonly kind: DocumentKind;
  /** The newest format version this code can read. */
  readonly formatVersionMax: number;
}

/** `shale-<kind> <formatVersion> <crc32> <byteLength>`, a line feed, and the body as indented JSON. */
export function encodeEnvelope({ kind, formatVersion, body }: Envelope): Uint8Array {
  return envelopeOf(kind, formatVersion, JSON.stringify(body, null, 1));
}

/** As `encodeEnvelope`, with each field on a line and each item of its lists on one of its own. */
export function encodeRowsEnvelope({
  kind,
  formatVersion,
  body,
}: Envelope & { readonly body: object }): Uint8Array {
  const fields = Object.entries(body).map(([name, value]: [string, unknown]) => {
    const isList = Array.isArray(value) && value.length > 0;
    const text = isList
      ? `[\n${value.map((item) => `  ${JSON.stringify(item)}`).join(",\n")}\n ]`
      : JSON.stringify(value);
    return ` ${JSON.stringify(name)}: ${text}`;
  });
  return envelopeOf(kind, formatVersion, `{\n${fields.join(",\n")}\n}`);
}

function envelopeOf(kind: DocumentKind, formatVersion: number, json: string): Uint8Array {
  const bodyBytes = encoder.encode(`${json}\n`);
  const crc = envelopeCrcOf(kind, String(formatVersion), bodyBytes);
  const header = encoder.encode(`shale-${kind} ${formatVersion} ${crc} ${bodyBytes.length}\n`);
  const bytes = new Uint8Array(header.length + bodyBytes.length);
  bytes.set(header);
  bytes.set(bodyBytes, header.length);
  return bytes;
}

/**
 * Opens a document: its format version and its body, not yet checked for shape.
 *
 * @throws {ShaleError} OBJECT_CORRUPT, FORMAT_UNKNOWN; both name the key
 */
export function decodeEnvelope(bytes: Uint8Array, opening: EnvelopeOpening): Envelope {
  const { key, kind, formatVersionMax } = opening;
  const headerEnd = bytes.subarray(0, HEADER_BYTES_MAX + 1).indexOf(LINE_FEED);
  if (headerEnd < 0) throw corrupt(key, "it has no header line");
  const match = HEADER.exec(String.fromCharCode(...bytes.subarray(0, headerEnd)));
  if (match === null) throw corrupt(key, "its header line is not a document's");
  const [, storedKind = "", versionText = "", crc = "", lengthText = ""] = match;
  const body = bytes.subarray(headerEnd + 1);
  if (body.length !== Number(lengthText)) {
    throw corrupt(key, `its body has ${body.length} bytes, the header says ${lengthText}`);
  }
  // The checksum covers kind and version too, so that a flipped bit is never taken for a newer format.
  if (envelopeCrcOf(storedKind, versionText, body) !== crc) {
    throw corrupt(key, `its checksum is not ${crc}`);
  }
  if (storedKind !== kind) throw corrupt(key, `it holds a ${storedKind}, not a ${kind}`);
  const formatVersion = Number(versionText);
  if (formatVersion > formatVersionMax) {
    throw new ShaleError(
      "FORMAT_UNKNOWN",
      `Cannot read ${key}: its ${kind} format is ${formatVersion}, known up to ${formatVersionMax}`,
      { details: { key, formatVersion, formatVersionMax } },
    );
  }
  return { kind, formatVersion, body: parseBody(body, key) };
}

function envelopeCrcOf(kind: string, formatVersion: string, body: Uint8Array): string {
  const named = encoder.encode(`shale-${kind} ${formatVersion} ${body.length}\n`);
  return crc32(body, crc32(named)).toString(16).padStart(8, "0");
}

function parseBody(body: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch (error) {
    throw corrupt(key, "its body is not JSON", error);
  }
}

function corrupt(key: string, why: string, cause?: unknown): ShaleError {
  return new ShaleError("OBJECT_CORRUPT", `Cannot read ${key}: ${why}`, {
    cause,
    details: { key },
  });
}
