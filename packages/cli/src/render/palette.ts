import { styleText } from "node:util";

/** The few styles of the output; each leaves the text as it is where colour is off. */
export interface Palette {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly bar: (text: string) => string;
  /** Areas beside each other in one chart, in order. */
  readonly areas: readonly ((text: string) => string)[];
  readonly warning: (text: string) => string;
  readonly failure: (text: string) => string;
}

type Format = Parameters<typeof styleText>[0];

function painter(format: Format, colour: boolean): (text: string) => string {
  // The caller has looked at its own stream: the process's stdout is not asked again.
  // Blanks stay bare: codes around them would keep them from being cut off at the end of a line.
  return colour
    ? (text) => (text.trim() === "" ? text : styleText(format, text, { validateStream: false }))
    : (text) => text;
}

export function paletteOf({ colour }: { readonly colour: boolean }): Palette {
  return {
    strong: painter("bold", colour),
    faint: painter("dim", colour),
    bar: painter("cyan", colour),
    areas: (["cyan", "blue", "green", "yellow"] as const).map((one) => painter(one, colour)),
    warning: painter("yellow", colour),
    failure: painter(["bold", "red"], colour),
  };
}
