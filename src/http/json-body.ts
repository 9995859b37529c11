import { type Problem, ValidationFailed } from './problem.js';

/** Real requests nest four levels deep. class-transformer overflows the stack at some thousands. */
const MAX_DEPTH = 32;

/**
 * Parses a JSON body.
 * @returns the value, undefined for an empty body
 * @throws VALIDATION_FAILED for anything that is not UTF-8 JSON or nests too deep
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decodeUtf8(bytes);
  if (depthOf(text) > MAX_DEPTH) throw notJson(`nests deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(text);
  } catch {
    throw notJson('is not valid JSON');
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notJson('is not UTF-8 text');
  }
}

/** Counts brackets outside of strings, because building a deep value can overflow the stack. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth--;
  }
  return deepest;
}

function notJson(why: string): Problem {
  return new ValidationFailed([{ field: 'body', message: `the body ${why}` }]);
}
