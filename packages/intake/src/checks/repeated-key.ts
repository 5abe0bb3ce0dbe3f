const QUOTE = 34;
const COLON = 58;
const SPACE = 32;

/**
 * At least the number of keys in a JSON text: counts each colon after a quote or white space. Equal
 * to it unless a string holds such a colon, so that most texts need no closer look.
 */
export function keyCountBound(json: string): number {
  let count = 0;
  for (let at = json.indexOf(":"); at > 0; at = json.indexOf(":", at + 1)) {
    if (json.charCodeAt(at - 1) <= QUOTE) count++; // White space lies below the quote.
  }
  return count;
}

/** The first key that an object in the text has twice, escapes resolved. The text is valid JSON. */
export function repeatedKeyOf(json: string): string | undefined {
  const keysOfOpenObjects: Set<string>[] = [];
  let at = 0;
  while (at < json.length) {
    const unit = json[at];
    if (unit === "{") keysOfOpenObjects.push(new Set());
    else if (unit === "}") keysOfOpenObjects.pop();
    else if (unit === '"') {
      const end = stringEndOf(json, at);
      if (isFollowedByColon(json, end)) {
        const keys = keysOfOpenObjects.at(-1);
        const key = String(JSON.parse(json.slice(at, end)));
        if (keys?.has(key) === true) return key;
        keys?.add(key);
      }
      at = end;
      continue;
    }
    at++;
  }
  return undefined;
}

/** Just behind the closing quote of the string that opens at `start`. */
function stringEndOf(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isFollowedByColon(json: string, end: number): boolean {
  let at = end;
  while (json.charCodeAt(at) <= SPACE) at++;
  return json.charCodeAt(at) === COLON;
}
