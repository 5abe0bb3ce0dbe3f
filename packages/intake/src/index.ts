export { eventLimits } from "./checks/event-limits.ts";
export { parseIsoTime } from "./checks/parse-time.ts";
export type { DuplicateCounter } from "./duplicate-counter.ts";
export { createDuplicateCounter } from "./duplicate-counter.ts";
export type { ParsedEvents } from "./event-collector.ts";
export type { Intake, IntakeOptions, ParseOptions } from "./intake.ts";
export { createIntake } from "./intake.ts";
export type { NdjsonReader, NdjsonReaderOptions } from "./ndjson-reader.ts";
export { createNdjsonReader, ndjsonReaderDefaults } from "./ndjson-reader.ts";
