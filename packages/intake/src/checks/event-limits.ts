/** Bounds of one event. Lengths are bytes of UTF-8. Users read them in docs/events.md. */
export const eventLimits = {
  eventNameBytesMax: 255,
  propertyNameBytesMax: 255,
  /** Of user_id and of insert_id: room for a URL, not for a document. */
  idBytesMax: 1024,
  /** The event as JSON text: the line as sent, or what JSON.stringify would print. */
  eventBytesMax: 1_048_576,
  /** Lists and objects inside one another, within one property. */
  nestingDepthMax: 64,
  /** 1971-01-01T00:00:00Z. */
  timeMsMin: 31_536_000_000,
  /** How far a time may lie ahead of the clock: room for clocks that disagree. */
  timeAheadMsMax: 3_600_000,
  /** Numbers of this magnitude and more are whole numbers that a double cannot tell apart. */
  numberLimit: 2 ** 53,
} as const;
