import { countLimit } from './limit-metrics.js';
import { type Problem, ValidationFailed } from './problem.js';

/** Real requests nest four levels deep. class-transformer overflows the stack at some thousands. */
export const MAX_DEPTH = 32;
/** Three times the fields of the largest request. class-transformer takes time by the square of their number. */
export const MAX_MEMBERS = 64;
/** The messages of a batch, and the operators of an inbox. */
export const MAX_ITEMS = 1_000;
/** A batch of 1,000 messages with all fields, and as much again. */
export const MAX_VALUES = 32_000;

/**
 * Parses a JSON body.
 * @returns the value, undefined for an empty body
 * @throws VALIDATION_FAILED for anything that is not UTF-8 JSON, nests too deep or has too many values
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decodeUtf8(bytes);
  checkShape(text);
  try {
    return JSON.parse(text);
  } catch {
    throw refused('is not valid JSON');
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused('is not UTF-8 text');
  }
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts values outside of strings and stops at the first one too many. Building them is what costs: a deep value
 * overflows the stack, a wide one takes seconds to check. Text that is not JSON passes, because JSON.parse refuses it.
 */
function checkShape(json: string): void {
  // By level: the commas so far, and how many values the object or list may have.
  const commas = new Uint32Array(MAX_DEPTH + 1);
  const most = new Uint32Array(MAX_DEPTH + 1).fill(MAX_ITEMS);
  let level = 0;
  let values = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json.charCodeAt(i);
    if (inString) {
      if (char === BACKSLASH) i++;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) inString = true;
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      if (level === MAX_DEPTH) throw tooMuch(`nests deeper than ${MAX_DEPTH} levels`);
      level++;
      values++;
      commas[level] = 0;
      most[level] = char === OPEN_BRACE ? MAX_MEMBERS : MAX_ITEMS;
    } else if ((char === CLOSE_BRACE || char === CLOSE_BRACKET) && level > 0) level--;
    else if (char === COMMA) {
      values++;
      commas[level] = (commas[level] ?? 0) + 1;
      if (commas[level] === most[level]) throw tooMany(most[level]);
    }
    if (values > MAX_VALUES) throw tooMuch(`has more than ${MAX_VALUES.toLocaleString('en')} values`);
  }
}

function tooMany(most: number | undefined): Problem {
  return tooMuch(
    most === MAX_MEMBERS
      ? `has an object of more than ${MAX_MEMBERS} fields`
      : `has a list of more than ${MAX_ITEMS.toLocaleString('en')} items`,
  );
}

function tooMuch(why: string): Problem {
  countLimit('body shape');
  return refused(why);
}

function refused(why: string): Problem {
  return new ValidationFailed([{ field: 'body', message: `the body ${why}` }]);
}
