import stringWidth from "string-width";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
// C0 and C1 controls, line and paragraph separators, and the marks that turn the direction of text:
// event names come from anywhere, and must not move the cursor or reorder a line.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Cells that the text takes on a terminal: 2 for wide characters, 0 for combining ones. */
export function widthOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

/** The text on one line, with control characters written as JSON writes them. */
export function visibleText(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const short = JSON.stringify(character).slice(1, -1);
    return short === character
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
      : short;
  });
}

/** At most `width` cells of the text; what was cut shows as `…`. */
export function cutText(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let room = width - 1;
  for (const { segment } of segmenter.segment(text)) {
    room -= widthOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** Exactly `width` cells, cut or filled with blanks. */
export function fitText(text: string, width: number, align: "left" | "right"): string {
  const cut = cutText(text, width);
  const blanks = " ".repeat(Math.max(0, width - widthOf(cut)));
  return align === "left" ? cut + blanks : blanks + cut;
}

/** Lines of at most `width` cells, broken at blanks; a longer word stands alone. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 1 + widthOf(word) <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** As `wrapText`, and longer words are broken: nothing is lost, as a key is when it is cut. */
export function breakText(text: string, width: number): string[] {
  return wrapText(visibleText(text), width).flatMap((line) => {
    const lines: string[] = [""];
    for (const { segment } of segmenter.segment(line)) {
      const last = lines.at(-1) ?? "";
      if (widthOf(last) + widthOf(segment) <= width) lines[lines.length - 1] = last + segment;
      else lines.push(segment);
    }
    return lines;
  });
}
