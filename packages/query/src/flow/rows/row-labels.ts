import type { ScanBatch, TextCodes } from "@shale/scan";
import type { KeyCells } from "../../segmentation/key-cells.ts";
import { createKeyCells, SET_CELLS } from "../../segmentation/key-cells.ts";
import { createPairTable } from "../../segmentation/pair-table.ts";

/** Labels by code, each text once. */
export interface FlowLabels {
  readonly texts: readonly string[];
  readonly byteCount: number;
  codeOf(text: string): number;
}

export function createFlowLabels(): FlowLabels {
  const codes = new Map<string, number>();
  const texts: string[] = [];
  let byteCount = 0;
  return {
    texts,
    get byteCount() {
      return byteCount;
    },
    codeOf(text) {
      let code = codes.get(text);
      if (code === undefined) {
        code = texts.push(text) - 1;
        codes.set(text, code);
        byteCount += LABEL_BYTES + 2 * text.length;
      }
      return code;
    },
  };
}

/** What a text takes beside its letters: two places in tables, and its own head. */
const LABEL_BYTES = 64;

/** Codes of the labels of rows: the event, or "event = value". */
export interface RowLabels {
  /** Codes of the rows in the mask (undefined: all); those of other rows mean nothing. */
  of(batch: ScanBatch, mask: Uint8Array | undefined): Uint32Array;
  readonly byteCount: number;
}

export function createRowLabels(groupBy: string | undefined, labels: FlowLabels): RowLabels {
  const events = createKeyCells({ property: "$event", buckets: undefined });
  const values =
    groupBy === undefined ? undefined : createKeyCells({ property: groupBy, buckets: undefined });
  const pairs = createPairTable();
  /** By pair of an event and a value: 1 + the code of its label. */
  const codes: number[] = [];
  function codeOf(event: number, cell: number): number {
    const pair = pairs.indexOf(event, cell);
    const known = codes[pair];
    if (known !== undefined) return known;
    const name = String(events.valueOf(event));
    const value = values === undefined ? undefined : textOf(values, cell);
    const code = labels.codeOf(value === undefined ? name : `${name} = ${value}`);
    codes[pair] = code;
    return code;
  }
  const ofEvents = createEventLabels(labels);
  return {
    of(batch, mask) {
      if (values === undefined) return ofEvents(batch);
      const found = new Uint32Array(batch.rowCount);
      const eventCells = events.cellsOf(batch, mask);
      const valueCells = values.cellsOf(batch, mask);
      for (let row = 0; row < found.length; row++) {
        if (mask !== undefined && mask[row] === 0) continue;
        found[row] = codeOf(eventCells[row] ?? 0, valueCells[row] ?? 0);
      }
      return found;
    },
    get byteCount() {
      const cells = events.byteCount + (values?.byteCount ?? 0);
      return cells + pairs.byteCount + 8 * codes.length;
    },
  };
}

/** The labels of rows by their events alone: one table of the events' codes. */
function createEventLabels(labels: FlowLabels): (batch: ScanBatch) => Uint32Array {
  let events: TextCodes | undefined;
  let table = new Uint32Array(0);
  return (batch) => {
    const { events: texts, eventCodes } = batch;
    if (events !== texts) [events, table] = [texts, new Uint32Array(0)];
    const known = table.length;
    if (texts.count > known) {
      const grown = new Uint32Array(texts.count);
      grown.set(table);
      for (let code = known; code < grown.length; code++) {
        grown[code] = labels.codeOf(texts.textAt(code));
      }
      table = grown;
    }
    const found = new Uint32Array(eventCodes.length);
    for (let row = 0; row < found.length; row++) found[row] = table[eventCodes[row] ?? 0] ?? 0;
    return found;
  };
}

/** A value as a label has it: the elements of a list with commas between; undefined when absent. */
function textOf(values: KeyCells, cell: number): string | undefined {
  if (cell < SET_CELLS) {
    const value = values.valueOf(cell);
    return value === null ? undefined : String(value);
  }
  const elements = Array.from(values.membersOf(cell), (member) => values.valueOf(member));
  return elements.filter((element) => element !== null).join(", ");
}
