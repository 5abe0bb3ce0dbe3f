export type { SeqRange } from "./append-queue.ts";
export { openWriter } from "./open-writer.ts";
export type { Writer, WriterAppendOptions } from "./writer.ts";
export type { WriterOptions, WriterSettings } from "./writer-options.ts";
export { writerDefaults } from "./writer-options.ts";
